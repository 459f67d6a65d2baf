"""From values to gross: the pool, the fee, the split among players and inside clusters.

A **player** is one attribution cluster of a locked valuation run. A **line** is
one contributor's part in one player. `pool = fee + sum of gross`, exactly.
Integers and exact decimals only; nothing here rounds but `allocate` and half-up rates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from ledger.core.allocation import (
    DIGITS_MAX,
    EXPONENT_MAX,
    allocate,
    basis_points,
    integer_weights,
    parse_value,
    ratio,
    round_half_up,
)
from ledger.core.policy import Policy
from ledger.core.reasons import Reason, reason

# 97.5th percentile of the normal distribution, for two-sided 95 % intervals.
NORMAL_95 = Decimal("1.96")
# Enough for exact sums of any two stored values: both exponent ranges and all digits.
PRECISION = 2 * EXPONENT_MAX + 2 * DIGITS_MAX

# Why a run stops in needs_decision, and the sentence for it.
DECISIONS = {
    "no_players": "The valuation has no players, so there is nobody to pay.",
    "no_surplus": "The whole data set scores no better than the constant predictor: "
    "v(N) is not above v(empty), so there is no surplus to share.",
    "no_positive_value": "Every value is 0 or below, so there is nothing to split the pool by.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One contributor of a cluster: public code, accepted rows, when the first was accepted.

    `weight` is its part by rows as the intake credits them (a copied row counts once).
    """

    contributor_id: str
    code: str
    row_count: int
    first_accepted_at: str  # ISO 8601, UTC, so that text order is time order
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """One player's stored value; `value` and `standard_error` are decimal text."""

    key: str
    value: str
    standard_error: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """One contributor's part in one player, from value to gross; amounts in minor units.

    quota         the exact share before rounding, as a fraction in text
    held_minor    part of gross that the interval does not support
    debit_minor   what a negative value owes under the debit rule
    carried_value what later values are reduced by under the carry rule (decimal text, <= 0)
    """

    player_key: str
    contributor_id: str
    code: str
    value: str
    standard_error: str
    weight: str
    quota: str
    gross_minor: int
    held_minor: int
    debit_minor: int
    carried_value: str
    reason: Reason | None
    held_reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSplit:
    """A pool divided: fee + sum of gross = pool, or `decision` says why it could not be."""

    pool_minor: int
    fee_minor: int
    lines: tuple[LineDraft, ...]
    decision: str  # a key of DECISIONS, or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    player: Player
    value: Decimal
    effective: Decimal
    memo: Decimal


def split_pool(
    *,
    pool_minor: int,
    policy: Policy,
    players: Sequence[Player],
    empty: str,
    grand: str,
    memos: Mapping[str, str] | None = None,
    accept_no_surplus: bool = False,
) -> PoolSplit:
    """Divide a pool among the members of the players.

    Parameters
    ----------
    pool_minor : int, > 0
    players : any order; each key once
    empty, grand : v(empty) and v(N) as decimal text
    memos : what earlier negative values left, per player key (decimal text, <= 0)
    accept_no_surplus : a reviewer decided to go on although v(N) <= v(empty)

    Examples
    --------
    >>> ann = Member(contributor_id="1", code="ann", row_count=9, first_accepted_at="2013-01-01",
    ...              weight=9)
    >>> player = Player(key="ann", value="0.2", standard_error="0", members=(ann,))
    >>> split = split_pool(pool_minor=1000, policy=Policy(fee_bp=1000), players=[player],
    ...                    empty="-0.5", grand="-0.3")
    >>> split.fee_minor, split.lines[0].gross_minor
    (100, 900)
    """
    assert pool_minor > 0
    fee_minor = basis_points(pool_minor, policy.fee_bp)
    weighed = _weigh(players, policy, memos or {})
    decision = _decision(weighed, empty, grand, accept_no_surplus)
    if decision:
        return PoolSplit(pool_minor=pool_minor, fee_minor=fee_minor, lines=(), decision=decision)
    weights = integer_weights([each.effective for each in weighed])
    ranks = [_rank(each.player.members, each.player.key, policy) for each in weighed]
    shares = _allocated(pool_minor - fee_minor, weights, ranks)
    total = sum(weights)
    positive = sum((ratio(each.value) for each in weighed if each.value > 0), Fraction(0))
    lines = []
    for each, weight, share in zip(weighed, weights, shares, strict=True):
        quota = Fraction((pool_minor - fee_minor) * weight, total)
        debit = _debit(each, positive, pool_minor - fee_minor, policy)
        lines += _member_lines(each, share, quota, debit, policy)
    split = PoolSplit(pool_minor=pool_minor, fee_minor=fee_minor, lines=tuple(lines), decision="")
    assert fee_minor + sum(line.gross_minor for line in lines) == pool_minor
    return split


def supported_minor(gross_minor: int, value: Decimal, standard_error: Decimal) -> int:
    """Return the part of gross that the lower end of the 95 % interval supports, rounded down."""
    if gross_minor == 0 or standard_error == 0:
        return gross_minor
    lower = ratio(value) - ratio(NORMAL_95) * ratio(standard_error)
    if lower <= 0:
        return 0
    return int(gross_minor * lower / ratio(value))


def _weigh(
    players: Sequence[Player], policy: Policy, memos: Mapping[str, str]
) -> tuple[_Weighed, ...]:
    """Return the players by key with the value that counts; the carry rule adds the memo."""
    assert len({player.key for player in players}) == len(players)
    weighed = []
    for player in sorted(players, key=lambda player: player.key):
        value = parse_value(player.value)
        memo = Decimal(0)
        if policy.negative_rule == "carry":
            memo = parse_value(memos.get(player.key, "0"))
        assert memo <= 0
        with localcontext(prec=PRECISION):
            effective = value + memo
        weighed.append(_Weighed(player=player, value=value, effective=effective, memo=memo))
    return tuple(weighed)


def _decision(weighed: Sequence[_Weighed], empty: str, grand: str, accept_no_surplus: bool) -> str:
    if not weighed:
        return "no_players"
    if all(each.effective <= 0 for each in weighed):
        return "no_positive_value"
    if parse_value(grand) <= parse_value(empty) and not accept_no_surplus:
        return "no_surplus"
    return ""


def _debit(each: _Weighed, positive: Fraction, distributable_minor: int, policy: Policy) -> int:
    """Return what a negative value owes: its magnitude at the price that positive values earn.

    Never more than the whole distributable pool.
    """
    if policy.negative_rule != "debit" or each.value >= 0:
        return 0
    owed = round_half_up(distributable_minor * -ratio(each.value) / positive)
    return min(owed, distributable_minor)


def _member_lines(
    each: _Weighed, share_minor: int, quota: Fraction, debit_minor: int, policy: Policy
) -> list[LineDraft]:
    members = sorted(each.player.members, key=lambda member: member.code)
    parts = _member_weights(members, policy.duplicate_rule)
    ranks = [_rank([member], member.code, policy) for member in members]
    grosses = _allocated(share_minor, parts, ranks)
    debits = _allocated(debit_minor, parts, ranks)
    lines = []
    for member, part, gross, debit in zip(members, parts, grosses, debits, strict=True):
        held = _held_minor(each, gross, policy)
        lines.append(
            LineDraft(
                player_key=each.player.key,
                contributor_id=member.contributor_id,
                code=member.code,
                value=each.player.value,
                standard_error=each.player.standard_error,
                weight=str(max(each.effective, Decimal(0))),
                quota=str(quota * part / sum(parts)),
                gross_minor=gross,
                held_minor=held,
                debit_minor=debit,
                carried_value=_carried_text(each, policy),
                reason=_line_reason(each, part, gross, policy),
                held_reason=_held_reason(each) if held else None,
            )
        )
    return lines


def _rank(members: Sequence[Member], key: str, policy: Policy) -> tuple[str, str]:
    """Return who comes first in a tie, by the policy; the public key decides what is left."""
    if policy.tie_rule == "code":
        return "", key
    return min(_first_accepted_at(member) for member in members), key


def _first_accepted_at(member: Member) -> str:
    """Return the moment as text that sorts; whoever was never accepted comes last."""
    return member.first_accepted_at or "~"


def _allocated(
    amount_minor: int, weights: Sequence[int], ranks: Sequence[tuple[str, str]]
) -> list[int]:
    """Return the shares in the order of the weights, ties given by rank."""
    order = sorted(range(len(weights)), key=ranks.__getitem__)
    shares = allocate(amount_minor, [weights[index] for index in order])
    given = dict(zip(order, shares, strict=True))
    return [given[index] for index in range(len(weights))]


def _member_weights(members: Sequence[Member], duplicate_rule: str) -> list[int]:
    """Return how a cluster splits its earnings; without a single row all rules split equally."""
    if duplicate_rule == "rows" and any(member.weight for member in members):
        return [member.weight for member in members]
    if duplicate_rule == "earliest":
        first = min(members, key=lambda member: (member.first_accepted_at, member.code))
        return [int(member is first) for member in members]
    return [1] * len(members)


def _held_minor(each: _Weighed, gross_minor: int, policy: Policy) -> int:
    if policy.confidence_rule == "estimate" or gross_minor == 0:
        return 0
    error = parse_value(each.player.standard_error)
    return gross_minor - supported_minor(gross_minor, each.effective, error)


def _held_reason(each: _Weighed) -> Reason:
    lower = each.effective - NORMAL_95 * parse_value(each.player.standard_error)
    return reason("not_supported_by_interval", lower=f"{lower:.6g}")


def _carried_text(each: _Weighed, policy: Policy) -> str:
    if policy.negative_rule != "carry" or each.effective >= 0:
        return "0"
    return f"{each.effective:.12g}"  # rounded once, to what is stored, like every value


def _line_reason(each: _Weighed, part: int, gross_minor: int, policy: Policy) -> Reason | None:
    """Return why the line earns nothing or less than its value says, or None."""
    if gross_minor > 0:
        if each.memo < 0:
            return reason("carried_value_applied", carried=f"{-each.memo:.6g}")
        return None
    if each.value < 0:
        code = {
            "clip": "negative_value",
            "carry": "negative_value_carried",
            "debit": "negative_value_debited",
        }[policy.negative_rule]
        return reason(code, magnitude=f"{-each.value:.6g}", carried=f"{-each.effective:.6g}")
    if each.value == 0:
        return reason("zero_value")
    if each.effective <= 0:
        return reason("carried_value_applied", carried=f"{-each.memo:.6g}")
    if part == 0:
        return reason("later_copy")
    return reason("share_below_one_unit")
