"""Exact division of money: weights, quotas, largest remainder.

A **value** is decimal text as the valuation stored it. A **weight** is the
non-negative integer that stands for it here. An **allocation** is an exact
integer split of an amount by weights: it sums to the amount, always.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from ledger.errors import NoPositiveWeight, ValueUnreadable

# Covers every float64 (5e-324 to 1.8e308) with room; beyond it a text is an attack, not a value.
EXPONENT_MAX = 400
# 12 significant digits are stored; 40 leaves room for exact sums of them.
DIGITS_MAX = 40


def allocate(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an amount into integers in proportion to the weights.

    Parameters
    ----------
    amount_minor : int, >= 0, minor units of one currency
    weights : sequence of int, shape (n,), each >= 0, sum > 0

    Returns
    -------
    shares_minor : tuple of int, shape (n,), same order; sums to `amount_minor`

    Raises
    ------
    NoPositiveWeight
        If every weight is zero.

    Notes
    -----
    Largest remainder; equal remainders go to the lower index, so callers order
    by a stable key. Every share is within one minor unit of the exact quota.

    References
    ----------
    .. [1] docs/algorithms/allocation.md

    Examples
    --------
    >>> allocate(15, [20, 2, 3])
    (12, 1, 2)
    """
    assert amount_minor >= 0 and all(weight >= 0 for weight in weights)
    total = sum(weights)
    if total == 0:
        raise NoPositiveWeight
    shares, remainders = [], []
    for weight in weights:
        share, remainder = divmod(amount_minor * weight, total)
        shares.append(share)
        remainders.append(remainder)
    left = amount_minor - sum(shares)
    # A zero weight has remainder 0; more than `left` weights have a positive one, so it never wins.
    for index in sorted(range(len(shares)), key=lambda index: -remainders[index])[:left]:
        shares[index] += 1
    assert sum(shares) == amount_minor
    return tuple(shares)


def allocate_by_key(amount_minor: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split an amount among keys; ties go to the smaller key, whatever the mapping's order.

    >>> allocate_by_key(100, {"cleo": 1, "ann": 1, "bob": 1})
    {'ann': 34, 'bob': 33, 'cleo': 33}
    """
    keys = sorted(weights)
    shares = allocate(amount_minor, [weights[key] for key in keys])
    return dict(zip(keys, shares, strict=True))


def parse_value(text: str) -> Decimal:
    """Return the stored decimal text as an exact number.

    Raises ValueUnreadable for anything but a finite number of at most 40 digits
    between 1e-400 and 1e400.
    """
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise ValueUnreadable(value=text[:80]) from error
    if not value.is_finite() or len(value.as_tuple().digits) > DIGITS_MAX:
        raise ValueUnreadable(value=text[:80])
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # finite, see above
    if abs(exponent) > EXPONENT_MAX or abs(value.adjusted()) > EXPONENT_MAX:
        raise ValueUnreadable(value=text[:80])
    return value


def integer_weights(values: Sequence[Decimal]) -> tuple[int, ...]:
    """Return max(value, 0) of each value on one common integer scale, exactly.

    >>> integer_weights([Decimal("0.5"), Decimal("-3"), Decimal("2e-1")])
    (5, 0, 2)
    """
    positive = [value for value in values if value > 0]
    scale = min((_exponent(value) for value in positive), default=0)
    return tuple(_scaled(value, scale) if value > 0 else 0 for value in values)


def ratio(value: Decimal) -> Fraction:
    """Return the decimal as an exact fraction."""
    return Fraction(value)


def round_half_up(quantity: Fraction) -> int:
    """Round to the nearest integer, halves away from zero.

    >>> round_half_up(Fraction(5, 2)), round_half_up(Fraction(-5, 2)), round_half_up(Fraction(1, 3))
    (3, -3, 0)
    """
    magnitude = (2 * abs(quantity.numerator) + quantity.denominator) // (2 * quantity.denominator)
    return magnitude if quantity >= 0 else -magnitude


def basis_points(amount_minor: int, rate_bp: int) -> int:
    """Return the share of an amount at a rate in basis points (1/10,000), half-up.

    >>> basis_points(10_000_000, 1000), basis_points(5, 1000)
    (1000000, 1)
    """
    return round_half_up(Fraction(amount_minor * rate_bp, 10_000))


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _scaled(value: Decimal, scale: int) -> int:
    sign, digits, _ = value.as_tuple()
    assert sign == 0
    return int("".join(map(str, digits))) * int(10 ** (_exponent(value) - scale))
