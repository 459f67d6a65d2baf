"""A programme, its players and a game whose utilities are known: no model is trained here."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from valuation.core import TableGame

NOW = datetime(2013, 10, 1, tzinfo=UTC)


class CountingGame(TableGame):
    """A table that counts how many coalitions were asked of it."""

    def __init__(self, utilities: Any) -> None:
        super().__init__(utilities)
        self.asked = 0

    def __call__(self, coalitions: Any) -> Any:
        self.asked += len(coalitions)
        return super().__call__(coalitions)


@pytest.fixture
def programme(db: None) -> Any:
    from contributors.models import Licence, Programme

    licence = Licence.objects.create(
        identifier="CC0-1.0",
        title="CC0",
        text="No rights reserved.",
        text_sha256="0" * 64,
        created_at=NOW,
    )
    return Programme.objects.create(
        slug="delays",
        title="Delays",
        licence=licence,
        currency="USD",
        model="logistic-regression",
        utility="log-loss",
        status="open",
        created_at=NOW,
        opened_at=NOW,
        spec={"model": "logistic-regression", "utility": "log-loss", "transform": None},
        spec_digest="f" * 64,
    )


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, programme: Any) -> Callable[[Any], CountingGame]:
    """Return a function that makes a table of utilities the game of the programme."""
    from contributors.models import Contributor
    from contributors.selectors import PlayerMember, PlayerRecord
    from valuation.services import games, rounds, runs, shards

    def record(index: int) -> PlayerRecord:
        code = f"player-{index}"
        contributor, _ = Contributor.objects.get_or_create(
            code=code, defaults={"display_name": code, "created_at": NOW}
        )
        member = PlayerMember(
            contributor_id=contributor.id, code=code, row_count=10, first_accepted_at=NOW
        )
        return PlayerRecord(
            key=code,
            label=code,
            members=(member,),
            batch_ids=(),
            data_digest=f"{index:064x}",
            row_count=10,
        )

    def make(utilities: Any) -> CountingGame:
        game = CountingGame(np.asarray(utilities, dtype=float))
        players = tuple(record(index) for index in range(game.n_players))
        monkeypatch.setattr(runs, "players_at", lambda **_: players)
        monkeypatch.setattr(games, "validation_digest", lambda **_: "e" * 64)
        monkeypatch.setattr(rounds, "run_game", lambda run: game)
        monkeypatch.setattr(shards, "run_game", lambda run: game)
        return game

    return make


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    """Return a caller that does what a function leaves for after the commit."""

    def call(function: Callable[..., Any], **arguments: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return function(**arguments)

    return call


@pytest.fixture
def start(programme: Any, reviewer: Any, committed: Any) -> Callable[..., Any]:
    """Return a function that queues a run of the programme."""
    from valuation.actors import enqueue_valuation_run

    def begin(**request: Any) -> Any:
        request = {"cutoff_at": NOW, "now": NOW, "actor": reviewer, **request}
        return committed(enqueue_valuation_run, programme_id=programme.id, **request)

    return begin


@pytest.fixture
def utilities() -> Any:
    """Utilities of the 2**5 coalitions of a game without symmetries."""
    return np.cumsum(np.random.default_rng(7).random(32)) ** 0.5
