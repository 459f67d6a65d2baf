"""Controls: cheap games on the same players that help to value an expensive one.

A control variate is a quantity with a known expectation that moves with the unknown one. Here it is
a whole game c whose own Shapley values are known: where v(S) follows c(S), the budget is spent on
what c does not explain. It enters the surrogate linearly, with a coefficient that may drift with
size, and the evidence decides how much of it to use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload
from weakref import WeakKeyDictionary

import numpy as np

from valuation.core.coalitions import Coalitions, Floats, enumerated
from valuation.core.games.base import Game
from valuation.core.methods.controls_of_data import cheap_games
from valuation.core.problem import Problem
from valuation.errors import ShapeMismatch

TABLE_PLAYERS_MAX = 16  # 65,536 coalitions of some microseconds each
ROWS_AT_ONCE = 4096  # coalitions per call of a control


@dataclass(frozen=True)
class Control:
    """A game whose utilities are all known.

    Parameters
    ----------
    table : float64 (2**n,), the utility of coalition number b in the order of its bits
    """

    table: Floats

    @property
    def n_players(self) -> int:
        return len(self.table).bit_length() - 1

    @cached_property
    def _profile(self) -> tuple[Floats, Floats]:
        """Mean scaled utility by size and player, with and without the player, (n + 1, n) each."""
        n = self.n_players
        sizes = np.bitwise_count(np.arange(len(self.table), dtype=np.uint32)).astype(np.int64)
        scaled, members = self._scaled, enumerated(n)
        count = np.bincount(sizes, minlength=n + 1).astype(float)
        share = np.arange(n + 1) / n
        total = np.bincount(sizes, scaled, n + 1)
        inside = np.stack(
            [np.bincount(sizes[held], scaled[held], n + 1) for held in members.T], axis=1
        )
        outside = total[:, None] - inside
        return (
            inside / np.maximum(count * share, 1.0)[:, None],
            outside / np.maximum(count * (1 - share), 1.0)[:, None],
        )

    @cached_property
    def _scaled(self) -> Floats:
        return (self.table - self.table.mean()) / (float(self.table.std()) or 1.0)

    def scaled(self, members: Coalitions) -> Floats:
        """Its utilities, scaled to mean 0 and variance 1 over all coalitions."""
        return self._scaled[members @ (1 << np.arange(self.n_players))]

    def drifted(self, drift: Floats) -> Floats:
        """Shapley values of the games drift[s, |·|] c for every s, (n + 1, n)."""
        inside, outside = self._profile
        return (drift[:, 1:] @ inside[1:] - drift[:, :-1] @ outside[:-1]) / self.n_players

    def variances(self, drift: Floats) -> Floats:
        """Prior variances of the values, (n,); the coefficient of c has the covariance `drift`."""
        inside, outside = self._profile
        gain = np.concatenate([inside[1:], -outside[:-1]]) / self.n_players
        sizes = np.r_[1 : self.n_players + 1, 0 : self.n_players]
        return np.einsum("ai,ab,bi->i", gain, drift[np.ix_(sizes, sizes)], gain)


class Chosen(Sequence[Game]):
    """The controls a game chooses for itself, built when first looked at and kept with the game."""

    def __init__(self, game: Game) -> None:
        self._game = game

    def __len__(self) -> int:
        return len(self._games)

    @overload
    def __getitem__(self, at: int) -> Game: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Game]: ...
    def __getitem__(self, at: int | slice) -> Game | Sequence[Game]:
        return self._games[at]

    @property
    def _games(self) -> tuple[Game, ...]:
        if self._game not in _CHOSEN:
            _CHOSEN[self._game] = cheap_games(self._game)
        return _CHOSEN[self._game]


# What is computed once per game object lives as long as the object.
_CHOSEN: WeakKeyDictionary[Game, tuple[Game, ...]] = WeakKeyDictionary()
_TABLES: WeakKeyDictionary[Game, Control] = WeakKeyDictionary()


def usable(problem: Problem) -> tuple[Control, ...]:
    """The controls of a problem as tables; none beyond `TABLE_PLAYERS_MAX` players.

    Raises
    ------
    ShapeMismatch : a control has other players
    """
    if problem.n_players > TABLE_PLAYERS_MAX:
        return ()
    tables = [_tabled(game, problem.n_players) for game in problem.controls]
    return tuple(control for control in tables if np.ptp(control.table) > 0)


def _tabled(game: Game, n_players: int) -> Control:
    if game.n_players != n_players:
        raise ShapeMismatch(f"A control has {game.n_players} players, the game {n_players}.")
    if game not in _TABLES:
        parts = [
            game(enumerated(n_players, start, min(start + ROWS_AT_ONCE, 1 << n_players)))
            for start in range(0, 1 << n_players, ROWS_AT_ONCE)
        ]
        _TABLES[game] = Control(np.concatenate(parts))
    return _TABLES[game]
