"""Rounds: what a method asks for next, from the memo where it is known, else in shards."""

from datetime import datetime, timedelta

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from contributors.errors import BatchErased
from contributors.selectors import programme_get
from valuation.core import FunctionGame, Plan, Result
from valuation.core.coalitions import Coalitions, coalitions_of, keys, shard_cut
from valuation.core.engine import shard_size
from valuation.models import CoalitionUtility, Shard, ShardState, ValuationRun
from valuation.services.games import PlayableGame, game_held, game_load
from valuation.services.players import coalition_digests, run_players

# SQLite takes at most 32,766 parameters in one statement.
DIGESTS_PER_QUERY = 5_000


def run_game(run: ValuationRun) -> PlayableGame:
    """The playable game of a run. One query if this process holds it."""
    players = run_players(run.pk)
    held = game_held(game_id=run.game_id, players=players)
    if held is not None:
        return held
    programme = programme_get(run.programme_id)
    return game_load(game=run.game, programme=programme, players=players)


def run_advance(run: ValuationRun, *, now: datetime) -> Coalitions | Result:
    """Replay the run's method against its stored shards: what it needs next, or its result."""
    return run_plan(run).advance(known_utilities(run), stop=is_out_of_time(run, now))


def run_plan(run: ValuationRun) -> Plan:
    """The run's specification as the core plays it."""
    return Plan.of(
        run_game(run),
        method=run.method_requested,
        budget=run.budget,
        seed=run.seed,
        tolerance=run.tolerance,
        stoppable=run.deadline_s is not None,
        given=given_coalitions(run),
    )


# Methods that look at rows beside the game; the others replay from stored utilities alone.
LOOKING_AT_ROWS = ("closed-form", "core-shap", "surrogate")


def run_plan_without_rows(run: ValuationRun) -> Plan:
    """The plan of a finished run of which rows were erased since.

    Raises
    ------
    BatchErased
        If its method looked at rows.
    """
    if run.method in LOOKING_AT_ROWS:
        raise BatchErased(f"Rows were erased, and the method {run.method} looks at rows.")
    return Plan.of(
        FunctionGame(run.n_players, _no_rows),
        method=run.method,
        budget=run.budget,
        seed=run.seed,
        controls=(),
        tolerance=run.tolerance,
        stoppable=run.deadline_s is not None,
        given=given_coalitions(run),
    )


def _no_rows(coalitions: Coalitions) -> np.ndarray:
    raise BatchErased()


def is_out_of_time(run: ValuationRun, now: datetime) -> bool:
    """Whether no further shard may begin."""
    if run.deadline_s is None or run.started_at is None:
        return False
    return now >= run.started_at + timedelta(seconds=run.deadline_s)


def known_utilities(run: ValuationRun) -> dict[bytes, float]:
    """Utility by coalition key, from the run's finished shards. One query."""
    known: dict[bytes, float] = {}
    for shard in _done(run):
        assert shard.utilities is not None, "the database says a finished shard has them"
        utilities = np.frombuffer(bytes(shard.utilities), dtype="<f8")
        known.update(zip(shard_keys(shard), utilities.tolist(), strict=True))
    return known


def given_coalitions(run: ValuationRun) -> Coalitions | None:
    """What the run that this one continues has evaluated of players who are still the same.

    A player is the same who has the same key and the same rows. The earlier run is
    finished, so this is a part of the specification of this one. Three queries.
    """
    if (earlier := run.continues) is None:
        return None
    names = [name for shard in _done(earlier) for name in shard_keys(shard)]
    members = coalitions_of(names, earlier.n_players)
    place = {identity: index for index, identity in enumerate(_identities(run))}
    places = np.array([place.get(identity, -1) for identity in _identities(earlier)])
    kept = members[~members[:, places < 0].any(axis=1)]
    given = np.zeros((len(kept), run.n_players), dtype=np.bool_)
    given[:, places[places >= 0]] = kept[:, places >= 0]
    return given


def _identities(run: ValuationRun) -> list[tuple[str, str]]:
    """(key, digest of the rows) of the players, in order."""
    return list(run.players.order_by("index").values_list("key", "data_digest"))


def _done(run: ValuationRun) -> QuerySet[Shard]:
    return run.shards.filter(state=ShardState.DONE).order_by("round", "index")


def shard_keys(shard: Shard) -> list[bytes]:
    """The keys of the shard's coalitions, in order."""
    packed = bytes(shard.coalitions)
    width = len(packed) // shard.coalition_count
    return [packed[at : at + width] for at in range(0, len(packed), width)]


def round_create(*, run: ValuationRun, requested: Coalitions, now: datetime) -> None:
    """The requested coalitions are stored: those the memo knows as one finished shard, the
    others cut into pending ones.

    Of two planners that come here with the same round, the second changes nothing.
    """
    utilities, untrainable = _remembered(run, requested)
    found = ~np.isnan(utilities)
    size = run.shard_size or shard_size(run_game(run))
    with transaction.atomic():
        locked = ValuationRun.objects.select_for_update().get(pk=run.pk)
        if locked.shards.exclude(state=ShardState.DONE).exists():
            return
        number = _next_round(locked)
        locked.shard_size, locked.plan_attempts = size, 0
        locked.save(update_fields=["shard_size", "plan_attempts"])
        shards = [
            _shard(locked, number, index, part)
            for index, part in enumerate(shard_cut(requested[~found], size), start=1)
        ]
        if found.any():
            shards.append(
                _finished(
                    _shard(locked, number, 0, requested[found]),
                    utilities[found],
                    untrainable[found],
                    now,
                )
            )
        Shard.objects.bulk_create(shards)


def _next_round(run: ValuationRun) -> int:
    last = run.shards.order_by("-round").values_list("round", flat=True).first()
    return 0 if last is None else last + 1


def _shard(run: ValuationRun, number: int, index: int, coalitions: Coalitions) -> Shard:
    return Shard(
        run=run,
        round=number,
        index=index,
        coalition_count=len(coalitions),
        coalitions=b"".join(keys(coalitions)),
    )


def _finished(shard: Shard, utilities: np.ndarray, untrainable: np.ndarray, now: datetime) -> Shard:
    shard.state, shard.from_memo, shard.done_at = ShardState.DONE, True, now
    shard.utilities = utilities.astype("<f8").tobytes()
    shard.untrainable = untrainable.astype(np.uint8).tobytes()
    return shard


def _remembered(run: ValuationRun, coalitions: Coalitions) -> tuple[np.ndarray, np.ndarray]:
    """Utilities (b,), NaN where unknown, and whether they could not train (b,)."""
    digests = coalition_digests(run, coalitions)
    place = {digest: row for row, digest in enumerate(digests)}
    utilities = np.full(len(digests), np.nan)
    untrainable = np.zeros(len(digests), dtype=bool)
    memo = CoalitionUtility.objects.filter(game_id=run.game_id)
    for at in range(0, len(digests), DIGESTS_PER_QUERY):
        rows = memo.filter(digest__in=digests[at : at + DIGESTS_PER_QUERY])
        for digest, utility, failed in rows.values_list("digest", "utility", "untrainable"):
            utilities[place[bytes(digest)]] = utility
            untrainable[place[bytes(digest)]] = failed
    return utilities, untrainable
