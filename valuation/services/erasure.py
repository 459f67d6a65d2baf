"""What values keep of data that is erased: the runs' own records, and nothing else."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from contributors.errors import BatchErased
from valuation.core.coalitions import coalitions_of
from valuation.models import Analysis, CoalitionUtility, Player, RunState, ShardState, ValuationRun
from valuation.services.games import games_let_go
from valuation.services.players import coalition_digests
from valuation.services.rounds import DIGESTS_PER_QUERY, shard_keys
from valuation.services.runs import valuation_run_fail


def batches_forget(*, batch_ids: Iterable[UUID], contributor_id: UUID, now: datetime) -> None:
    """No memo entry, analysis or held game rests on these batches; runs under way have failed.

    Finished runs keep values and shards, which are what their statements rest on.
    """
    gone = {str(batch_id) for batch_id in batch_ids}
    played = Player.objects.filter(members__contributor_id=contributor_id).select_related("run")
    places: dict[UUID, list[int]] = {}
    for player in played:
        if gone & set(player.batch_ids):
            places.setdefault(player.run_id, []).append(player.index)
    for run in ValuationRun.objects.filter(pk__in=places):
        if run.state in (RunState.QUEUED, RunState.RUNNING):
            valuation_run_fail(run_id=run.pk, refusal=BatchErased(), now=now)
        _memo_forget(run, places[run.pk])
    # Shares on the sealed set stay: a review rested on them, and they tell nothing of rows.
    of_runs = Q(run_id__in=places, kind__in=[Analysis.Kind.COMPRESSION, Analysis.Kind.METHODS])
    Analysis.objects.filter(Q(batch_id__in=gone) | of_runs).delete()
    games_let_go()


def _memo_forget(run: ValuationRun, places: list[int]) -> None:
    """Every memo entry of a coalition with one of these players is deleted."""
    memo = CoalitionUtility.objects.filter(game_id=run.game_id)
    for shard in run.shards.filter(state=ShardState.DONE):
        coalitions = coalitions_of(shard_keys(shard), run.n_players)
        digests = coalition_digests(run, coalitions[coalitions[:, places].any(axis=1)])
        for at in range(0, len(digests), DIGESTS_PER_QUERY):
            memo.filter(digest__in=digests[at : at + DIGESTS_PER_QUERY]).delete()


def names_forget(*, contributor_id: UUID) -> None:
    """Players are labelled by what their members are called now."""
    played = Player.objects.filter(members__contributor_id=contributor_id)
    for player in played.prefetch_related("members__contributor"):
        members = sorted(player.members.all(), key=lambda member: member.code)
        player.label = " + ".join(member.contributor.display_name for member in members)
        player.save(update_fields=["label"])
