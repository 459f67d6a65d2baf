"""What a reviewer is told to look at in a royalty run."""

from types import SimpleNamespace

from ledger.selectors.review import flags_of
from valuation.selectors import SealedShare

LINE = {
    "player_key": "ann", "value": "0.2", "standard_error": "0", "held_minor": 0,
    "gross_minor": 10, "share_bp": 1_000,
}  # fmt: skip


def flags(*, flagged=None, above_zero=True, **changed):
    sealed = None
    if flagged is not None:
        sealed = SealedShare(
            key="ann", share="0.1", sealed_share="0.3", standard_error="0.05",
            flagged=flagged, above_zero=above_zero,
        )  # fmt: skip
    return flags_of(SimpleNamespace(**{**LINE, **changed}), sealed)


def test_a_share_beyond_two_standard_errors_on_the_sealed_set_is_flagged():
    assert flags(flagged=True) == ("differs on the sealed set",)
    assert flags(flagged=False) == flags() == ()


def test_a_value_that_the_rows_that_judge_do_not_tell_from_0_is_flagged():
    assert flags(flagged=False, above_zero=False) == ("not told from 0 by the rows that judge",)


def test_what_else_stands_out_is_said_in_words():
    assert flags(value="-0.1", standard_error="0.1") == ("negative value", "interval contains 0")
    assert flags(share_bp=5_000, player_key="ann+bob") == ("half of the pool or more", "cluster")
