"""Controls: cheap games on the same players that help to value an expensive one.

A control variate is a quantity with a known expectation that moves with the unknown one. Here it is
a whole game c whose own Shapley values are known: where v(S) follows c(S), the budget is spent on
what c does not explain. It enters the surrogate linearly, with a coefficient that may drift with
size, and the evidence decides how much of it to use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from valuation.core.coalitions import Coalitions, Floats, enumerated
from valuation.core.problem import Problem

TABLE_PLAYERS_MAX = 16  # 65,536 coalitions of some microseconds each


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


def usable(problem: Problem) -> tuple[Control, ...]:
    """The controls of a problem as tables."""
    return ()
