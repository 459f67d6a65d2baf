"""The frozen players of a run as the contributors app knows them."""

from uuid import UUID

from contributors.selectors import PlayerMember as MemberRecord
from contributors.selectors import PlayerRecord
from valuation.models import Player, ValuationRun


def member_records(player: Player) -> tuple[MemberRecord, ...]:
    """The members of a player whose `members` are prefetched, ordered by code. No query."""
    return tuple(
        MemberRecord(
            contributor_id=member.contributor_id,
            code=member.code,
            row_count=member.row_count,
            first_accepted_at=member.first_accepted_at,
            weight=member.weight,
        )
        for member in sorted(player.members.all(), key=lambda member: member.code)
    )


def player_records(run: ValuationRun) -> tuple[PlayerRecord, ...]:
    """The players in index order. Two queries."""
    rows = run.players.order_by("index").prefetch_related("members")
    return tuple(
        PlayerRecord(
            key=row.key,
            label=row.label,
            members=member_records(row),
            batch_ids=tuple(UUID(batch_id) for batch_id in row.batch_ids),
            data_digest=row.data_digest,
            row_count=row.row_count,
            known_at=run.created_at,
        )
        for row in rows
    )
