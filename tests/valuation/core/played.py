"""Games for the tests of methods: with known answers, random, and counting their calls."""

import numpy as np
from hypothesis import strategies as st

from valuation.core import FunctionGame, TableGame, keys
from valuation.core.coalitions import enumerated


def random_table(n_players: int, seed: int = 0) -> TableGame:
    return TableGame(np.random.default_rng(seed).normal(size=1 << n_players))


def smooth_table(n_players: int, seed: int = 0) -> TableGame:
    """Utilities that grow with concave returns and interact a little, like a learning curve."""
    rng = np.random.default_rng(seed)
    members = enumerated(n_players)
    strength = members @ rng.uniform(0.5, 1.5, n_players)
    noise = 0.02 * rng.normal(size=len(members)) * (members.sum(axis=1) % n_players > 0)
    return TableGame(1 - np.exp(-0.5 * strength) + noise)


def airport(costs: list[float]) -> tuple[FunctionGame, np.ndarray]:
    """Everybody shares the runway that the largest aeroplane of a coalition needs."""
    order = np.argsort(costs, kind="stable")
    steps = np.diff(np.asarray(costs)[order], prepend=0.0)
    shares = np.cumsum(steps / np.arange(len(costs), 0, -1))
    values = np.empty(len(costs))
    values[order] = shares
    return FunctionGame(len(costs), lambda members: (members * costs).max(axis=1)), values


def gloves(left: int, right: int) -> FunctionGame:
    """Pairs of gloves are worth 1 each; the first `left` players have left ones."""

    def pairs(members):
        return np.minimum(members[:, :left].sum(axis=1), members[:, left:].sum(axis=1))

    return FunctionGame(left + right, pairs)


class Counting:
    """A game that remembers every coalition it was asked for."""

    cheap = True

    def __init__(self, game) -> None:
        self.n_players, self._game, self.asked = game.n_players, game, list[bytes]()

    def __call__(self, coalitions):
        self.asked += keys(coalitions)
        return self._game(coalitions)


@st.composite
def tables(draw, n_min: int = 2, n_max: int = 6) -> TableGame:
    """Any table of utilities between −10 and 10."""
    n_players = draw(st.integers(n_min, n_max))
    number = st.floats(-10, 10, allow_nan=False, width=32)
    return TableGame(draw(st.lists(number, min_size=1 << n_players, max_size=1 << n_players)))
