"""The frozen spec of a game, and the game itself as a worker holds it."""

import hashlib
import json
from collections import OrderedDict
from datetime import datetime
from importlib.metadata import version
from typing import Any, TypeAlias
from uuid import UUID

from contributors.errors import BatchErased
from contributors.selectors import (
    PlayerRecord,
    ProgrammeRecord,
    game_data,
    is_any_erased,
    text_data,
    validation_data,
    validation_digest,
)
from valuation.core import BigramGame, DataGame
from valuation.errors import UnknownWork
from valuation.models import Game

# Raise it when a change of ours alters a stored utility's last bit: old memos then stay apart.
ENGINE_VERSION = 1
# Their releases may alter last bits.
NUMERIC_LIBRARIES = ("numpy", "scipy", "scikit-learn")


def game_ensure(*, programme: ProgrammeRecord, purpose: str, work: str, now: datetime) -> Game:
    """The one row of this spec exists and is returned."""
    spec = game_spec(programme=programme, purpose=purpose, work=work)
    game, _ = Game.objects.get_or_create(
        digest=digest_of(spec),
        defaults={"programme_id": programme.id, "spec": spec, "created_at": now},
    )
    return game


def game_spec(*, programme: ProgrammeRecord, purpose: str, work: str) -> dict[str, Any]:
    """Everything that decides v(S) besides the rows of S."""
    return {
        "programme": programme.spec,
        "programme_digest": programme.spec_digest,
        "purpose": purpose,
        "validation_digest": validation_digest(
            programme_id=programme.id, sealed=purpose == "audit"
        ),
        "work": work,
        "engine": ENGINE_VERSION,
        "versions": {name: version(name) for name in NUMERIC_LIBRARIES},
    }


def digest_of(document: Any) -> str:
    """SHA-256 of the canonical JSON of a document.

    >>> digest_of({"b": 1, "a": 2}) == digest_of({"a": 2, "b": 1})
    True
    """
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


PlayableGame: TypeAlias = DataGame | BigramGame

# Games a worker process keeps: two, so that two runs taking turns do not read their data anew.
GAMES_HELD = 2
_held: OrderedDict[tuple[UUID, tuple[str, ...]], PlayableGame] = OrderedDict()


def games_let_go() -> None:
    """This process holds no game; it reads what it needs anew."""
    _held.clear()


def game_held(*, game_id: UUID, players: tuple[PlayerRecord, ...]) -> PlayableGame | None:
    """The game, if this process holds it and none of its data was erased meanwhile. One query."""
    refuse_erased(players)
    return _held.get(_key(game_id, players))


def game_load(
    *, game: Game, programme: ProgrammeRecord, players: tuple[PlayerRecord, ...]
) -> PlayableGame:
    """The playable game, its data read from storage unless this process holds it already.

    Data that was erased meanwhile, maybe by another process, is not held any longer.
    """
    found = game_held(game_id=game.id, players=players)
    if found is None:
        while len(_held) >= GAMES_HELD:
            _held.popitem(last=False)
        build = _bigram_game if programme.kind == "text" else _data_game
        found = _held[_key(game.id, players)] = build(game.spec, programme, players)
    return found


def _key(game_id: UUID, players: tuple[PlayerRecord, ...]) -> tuple[UUID, tuple[str, ...]]:
    return game_id, tuple(player.data_digest for player in players)


def refuse_erased(players: tuple[PlayerRecord, ...]) -> None:
    """Raise BatchErased if rows of these players are gone, and hold none of them. One query."""
    if is_any_erased(batch_ids=[b for player in players for b in player.batch_ids]):
        games_let_go()
        raise BatchErased()


def _data_game(
    spec: dict[str, Any], programme: ProgrammeRecord, players: tuple[PlayerRecord, ...]
) -> DataGame:
    data = game_data(programme_id=programme.id, players=players)
    x, y = validation_data(programme_id=programme.id, sealed=spec["purpose"] == "audit")
    return DataGame(
        data.x,
        data.y,
        data.owners,
        x,
        y,
        model=programme.model,
        utility=programme.utility,
        n_players=len(players),
        options=programme.model_options,
    )


def _bigram_game(
    spec: dict[str, Any], programme: ProgrammeRecord, players: tuple[PlayerRecord, ...]
) -> PlayableGame:
    data = text_data(programme_id=programme.id, players=players)
    works = dict(zip(data.work_keys, data.works, strict=True))
    if spec["work"] and spec["work"] not in works:
        raise UnknownWork()
    wanted = [works[spec["work"]]] if spec["work"] else list(works.values())
    return BigramGame(list(data.texts), data.owners, wanted, list(data.background))
