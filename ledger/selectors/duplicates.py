"""Contributors of a royalty run who may be one, and whom its values pay as several."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from contributors.selectors import alike_groups
from ledger.core.reasons import rate_text
from ledger.models import RoyaltyLine, RoyaltyRun
from valuation.selectors import valuation_run_get

# A cluster of more than one per cent of the pool stops the run: unresolved copies earn up to
# twice as much, and below that an adjustment later costs less than everybody's waiting.
UNRESOLVED_BP_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UnresolvedCluster:
    """Contributors under suspicion of being one, and what several players of them would get."""

    codes: tuple[str, ...]
    gross_minor: int
    pool_minor: int

    @property
    def share_bp(self) -> int:
        """Its share of the pool in basis points, rounded down, for display."""
        return self.gross_minor * 10_000 // self.pool_minor

    @property
    def blocks(self) -> bool:
        """Whether it holds so much of the pool that nobody is paid before it is resolved."""
        return self.gross_minor * 10_000 > self.pool_minor * UNRESOLVED_BP_MAX

    def as_error(self) -> dict[str, str]:
        """As one of the errors of a refusal."""
        detail = f"{' and '.join(self.codes)} may be one; {rate_text(self.share_bp)} of the pool."
        return {"pointer": "/lines", "code": "unresolved_cluster", "detail": detail}


def unresolved_clusters(run: RoyaltyRun) -> tuple[UnresolvedCluster, ...]:
    """Each group under open or confirmed suspicion that the run's values do not treat as one.

    A pair that was confirmed after the values were computed counts too: they must be computed
    again. The largest first. Six queries.
    """
    pool = run.pool
    if pool.programme_id is None:
        return ()
    values = valuation_run_get(run.valuation_run_id)
    groups = alike_groups(pool.programme_id, cutoff_at=values.cutoff_at)
    lines = _lines(run, groups)
    clusters = [
        UnresolvedCluster(
            codes=tuple(sorted({code for _, code, _, _ in own})),
            gross_minor=sum(gross_minor for *_, gross_minor in own),
            pool_minor=pool.amount_minor,
        )
        for group in groups
        if (own := [line for line in lines if line[0] in group])
        and len({player_key for _, _, player_key, _ in own}) > 1
    ]
    return tuple(sorted(clusters, key=lambda each: (-each.gross_minor, each.codes)))


def _lines(run: RoyaltyRun, groups: Iterable[frozenset[UUID]]) -> list[tuple[UUID, str, str, int]]:
    """Contributor, code, player and gross of every line of somebody under suspicion."""
    suspects = frozenset[UUID]().union(*groups)
    rows = RoyaltyLine.objects.filter(run=run, contributor_id__in=suspects)
    return list(rows.values_list("contributor_id", "code", "player_key", "gross_minor"))
