"""From gross to net: one contributor's statement, in the order of the deductions.

Adjustment, dispute, holdback, recoupment, clawback, threshold, withholding, net.
A **movement** is what happened to the payable balance since the last statement.
A **balance** here is what is owed to the contributor: positive, in minor units.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ledger.core.allocation import basis_points
from ledger.core.money import amount_text
from ledger.core.policy import Policy
from ledger.core.reasons import Reason, rate_text, reason
from ledger.core.royalties import LineDraft

# Which column of a statement a movement of the payable balance belongs to.
MOVEMENTS = {
    "paid": "paid",
    "payment_returned": "paid",
    "adjustment": "adjustment",
    "disputed": "disputed",
    "dispute_closed": "disputed",
    "holdback_released": "released",
    "unclaimed": "adjustment",
}


# Lines below the closing balance: what is done with it.
PAYMENT_KINDS = ("carried", "withholding", "net")


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A change of the payable balance since the last statement; `reference` is its entry."""

    kind: str  # a key of MOVEMENTS
    amount_minor: int  # signed: positive raises what is owed
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Where a contributor stood before the run, from the journal.

    balance_minor   closing balance of the last statement
    movements       what happened since
    advance_minor   advance still to be recouped
    clawback_minor  overpayment still to be netted
    withholding_bp  rate of the tax profile in force
    leaving         nothing of its data is left: no threshold
    hold            code of the reason that stops a payment, or empty
    """

    balance_minor: int = 0
    movements: tuple[Movement, ...] = ()
    advance_minor: int = 0
    clawback_minor: int = 0
    withholding_bp: int = 0
    leaving: bool = False
    hold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLineDraft:
    """One line: `amount_minor` is signed, positive raises what is owed or paid."""

    kind: str
    amount_minor: int
    reason: Reason | None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDraft:
    """A statement before it has a number; minor units of one currency.

    closing = opening - paid + gross + adjustment - disputed - held - holdback + released
              - recouped - clawback
    closing = due + carried, due = withholding + net
    """

    contributor_id: str
    code: str
    opening_minor: int
    paid_minor: int
    gross_minor: int
    debit_minor: int
    adjustment_minor: int
    disputed_minor: int
    held_minor: int
    holdback_minor: int
    released_minor: int
    recouped_minor: int
    clawback_minor: int
    closing_minor: int
    carried_minor: int
    due_minor: int
    withholding_minor: int
    net_minor: int
    advance_left_minor: int
    clawback_left_minor: int
    lines: tuple[StatementLineDraft, ...] = field(default=())


def statement_adds_up(draft: StatementDraft) -> bool:
    """Return whether opening, movements, deductions and closing agree to the minor unit."""
    closing = (
        draft.opening_minor
        - draft.paid_minor
        + draft.gross_minor
        + draft.adjustment_minor
        - draft.disputed_minor
        - draft.held_minor
        - draft.holdback_minor
        + draft.released_minor
        - draft.recouped_minor
        - draft.clawback_minor
    )
    return (
        draft.closing_minor == closing == draft.carried_minor + draft.due_minor
        and draft.due_minor == draft.withholding_minor + draft.net_minor
        and min(draft.closing_minor, draft.carried_minor, draft.due_minor, draft.net_minor) >= 0
    )


def draft_statement(
    *,
    contributor_id: str,
    code: str,
    lines: Sequence[LineDraft],
    opening: Opening,
    policy: Policy,
    currency: str,
) -> StatementDraft:
    """Return what one contributor is owed after a run, and why.

    Parameters
    ----------
    lines : the contributor's lines of the run; may be empty
    opening : where the contributor stood, with every movement since the last statement
    currency : ISO 4217, for the sentences alone

    Notes
    -----
    Held and holdback are taken from the period's gross. Recoupment takes its rate of what is
    left of that gross, at most the advance. A clawback takes the whole balance, at most the
    overpayment. The threshold compares the balance after both, before tax, and `>=` is paid.
    """
    moved = _movement_totals(opening.movements)
    gross = sum(line.gross_minor for line in lines)
    debit = sum(line.debit_minor for line in lines)
    held = sum(line.held_minor for line in lines)
    holdback = basis_points(gross - held, policy.holdback_bp)
    earned = gross - held - holdback
    recouped = min(basis_points(earned, policy.recoupment_bp), earned, opening.advance_minor)
    before = opening.balance_minor + sum(each.amount_minor for each in opening.movements)
    available = before + earned - recouped
    owed_back = opening.clawback_minor + debit
    clawback = max(min(available, owed_back), 0)
    closing = available - clawback
    assert closing >= 0, "a payable balance is never negative"
    carried = _carried(closing, opening, policy)
    withholding = basis_points(closing - carried, opening.withholding_bp)
    draft = StatementDraft(
        contributor_id=contributor_id,
        code=code,
        opening_minor=opening.balance_minor,
        paid_minor=-moved["paid"],
        gross_minor=gross,
        debit_minor=debit,
        adjustment_minor=moved["adjustment"],
        disputed_minor=-moved["disputed"],
        held_minor=held,
        holdback_minor=holdback,
        released_minor=moved["released"],
        recouped_minor=recouped,
        clawback_minor=clawback,
        closing_minor=closing,
        carried_minor=carried,
        due_minor=closing - carried,
        withholding_minor=withholding,
        net_minor=closing - carried - withholding,
        advance_left_minor=opening.advance_minor - recouped,
        clawback_left_minor=owed_back - clawback,
    )
    assert statement_adds_up(draft)
    return _with_lines(draft, lines, opening, policy, currency)


def reissued_statement(
    *, stated: StatementDraft, opening: Opening, policy: Policy, currency: str
) -> StatementDraft:
    """Return the next version of a statement: what was stated, with what happened since.

    `opening` carries the movements since the first version and the tax in force; what the run
    itself took does not change.
    """
    moved = _movement_totals(opening.movements)
    closing = stated.closing_minor + sum(each.amount_minor for each in opening.movements)
    carried = _carried(closing, opening, policy)
    withholding = basis_points(closing - carried, opening.withholding_bp)
    draft = replace(
        stated,
        paid_minor=stated.paid_minor - moved["paid"],
        adjustment_minor=stated.adjustment_minor + moved["adjustment"],
        disputed_minor=stated.disputed_minor - moved["disputed"],
        released_minor=stated.released_minor + moved["released"],
        closing_minor=closing,
        carried_minor=carried,
        due_minor=closing - carried,
        withholding_minor=withholding,
        net_minor=closing - carried - withholding,
    )
    assert statement_adds_up(draft)
    kept = [line for line in stated.lines if line.kind not in PAYMENT_KINDS]
    lines = (
        *kept,
        *(_movement_line(movement) for movement in opening.movements),
        *_payment_lines(draft, opening, policy, currency),
    )
    return replace(draft, lines=lines)


def _movement_totals(movements: Iterable[Movement]) -> dict[str, int]:
    totals = dict.fromkeys(MOVEMENTS.values(), 0)
    for movement in movements:
        totals[MOVEMENTS[movement.kind]] += movement.amount_minor
    return totals


def _carried(closing_minor: int, opening: Opening, policy: Policy) -> int:
    if opening.leaving or closing_minor >= policy.threshold_minor:
        return 0
    return closing_minor


def _with_lines(
    draft: StatementDraft,
    lines: Sequence[LineDraft],
    opening: Opening,
    policy: Policy,
    currency: str,
) -> StatementDraft:
    return replace(
        draft,
        lines=(
            *_earning_lines(lines),
            *(_movement_line(movement) for movement in opening.movements),
            *_held_lines(lines),
            *_deduction_lines(draft, policy, currency),
            *_payment_lines(draft, opening, policy, currency),
        ),
    )


def _earning_lines(lines: Sequence[LineDraft]) -> list[StatementLineDraft]:
    if not lines:
        return [StatementLineDraft(kind="gross", amount_minor=0, reason=reason("not_in_run"))]
    return [
        StatementLineDraft(
            kind="gross",
            amount_minor=line.gross_minor,
            reason=line.reason,
            reference=line.player_key,
        )
        for line in lines
    ]


def _movement_line(movement: Movement) -> StatementLineDraft:
    return StatementLineDraft(
        kind=movement.kind,
        amount_minor=movement.amount_minor,
        reason=reason(movement.kind),
        reference=movement.reference,
    )


def _held_lines(lines: Sequence[LineDraft]) -> list[StatementLineDraft]:
    return [
        StatementLineDraft(
            kind="held",
            amount_minor=-line.held_minor,
            reason=line.held_reason,
            reference=line.player_key,
        )
        for line in lines
        if line.held_minor
    ]


def _deduction_lines(
    draft: StatementDraft, policy: Policy, currency: str
) -> list[StatementLineDraft]:
    holdback = reason(
        "holdback", rate=rate_text(policy.holdback_bp), periods=str(policy.holdback_periods)
    )
    recoupment = reason(
        "recoupment",
        rate=rate_text(policy.recoupment_bp),
        outstanding=amount_text(draft.advance_left_minor, currency),
    )
    clawback = reason("clawback", outstanding=amount_text(draft.clawback_left_minor, currency))
    deductions = (
        ("holdback", draft.holdback_minor, holdback),
        ("recoupment", draft.recouped_minor, recoupment),
        ("clawback", draft.clawback_minor, clawback),
    )
    return [
        StatementLineDraft(kind=kind, amount_minor=-amount_minor, reason=why)
        for kind, amount_minor, why in deductions
        if amount_minor
    ]


def _payment_lines(
    draft: StatementDraft, opening: Opening, policy: Policy, currency: str
) -> list[StatementLineDraft]:
    lines = []
    if draft.carried_minor:
        why = reason(
            "below_threshold",
            balance=amount_text(draft.carried_minor, currency),
            threshold=amount_text(policy.threshold_minor, currency),
        )
        lines.append(_line("carried", -draft.carried_minor, why))
    if draft.withholding_minor:
        why = reason("withholding", rate=rate_text(opening.withholding_bp))
        lines.append(_line("withholding", -draft.withholding_minor, why))
    lines.append(_line("net", draft.net_minor, _net_reason(draft, opening)))
    return lines


def _net_reason(draft: StatementDraft, opening: Opening) -> Reason | None:
    if draft.net_minor == 0:
        return reason("nothing_due")
    return reason(opening.hold) if opening.hold else None


def _line(kind: str, amount_minor: int, why: Reason | None) -> StatementLineDraft:
    return StatementLineDraft(kind=kind, amount_minor=amount_minor, reason=why)
