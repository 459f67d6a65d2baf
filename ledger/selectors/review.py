"""What a reviewer should look at before a royalty run is submitted."""

from ledger.selectors.royalties import RoyaltyLineRecord
from valuation.selectors import SealedShare

# A share this large is looked at twice: half of what there is to share.
LARGE_SHARE_BP = 5_000


def flags_of(line: RoyaltyLineRecord, sealed: SealedShare | None) -> tuple[str, ...]:
    """What stands out in a line, in words; `sealed` is how its player does on the sealed set."""
    value, error = float(line.value), float(line.standard_error)
    checks = (
        (value < 0, "negative value"),
        (error > 0 and abs(value) < 1.96 * error, "interval contains 0"),
        (line.held_minor > 0, "partly held"),
        (line.gross_minor == 0 and value > 0, "earns 0"),
        (line.share_bp >= LARGE_SHARE_BP, "half of the pool or more"),
        ("+" in line.player_key, "cluster"),
        (sealed is not None and sealed.flagged, "differs on the sealed set"),
        (
            sealed is not None and value > 0 and not sealed.above_zero,
            "not told from 0 by the rows that judge",
        ),
    )
    return tuple(sentence for holds, sentence in checks if holds)
