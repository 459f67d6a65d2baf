"""Exact Shapley values of groups of rows under k nearest neighbours, without enumeration.

A validation row's score is a function g(found, right) of how many of the k places the coalition
fills and how many of those carry its label. Row by row, nearest first, g telescopes: row i of
owner c adds δ = g(t + 1, r + right_i) − g(t, r) if c ∈ S and t < k rows of S, r of them right, are
nearer. So each row is a game of its own, in which a player matters only by its **type** (w, r):
how many of its rows are nearer, and how many of those right. With q = k − 1 − (nearer rows of c),
players with w = 0 are null, w > q block, the rest are light. Subsets of light players are counted
by (size, t, r), W(s) = s! (m − s)! / (m + 1)! being the Shapley weight among the m + 1 that matter:

    owner       + Σ f[s, t, r] W(s) δ[t, r]
    blocker     − Σ f[s, t, r] W(s + 1) δ[t, r]
    light w, r' + Σ f_without_one[s, t, r] W(s + 1) (δ[t + w, r + r'] − δ[t, r]),  δ = 0 beyond q

For the utility `probability` δ does not depend on r, and types are weights alone: the soft-label
k-NN of Jia et al. 2019, "Efficient task-specific data valuation for nearest neighbor algorithms",
who give O(N^k) for groups. Here the cost is linear in the rows kept, k per player at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Floats

BLOCK_NUMBERS = 2**22  # types × (validation row, kept row) pairs held at once: 32 MB an array
CHUNK_ENTRIES = 2**13  # pairs per pass of the counting, so that its arrays stay in cache
EXACT_MAX = 2**53  # counts below it are exact in float64, so they may be divided

Subsets = dict[tuple[int, int, int], Floats]
Type = tuple[int, int]


def grouped_values(
    *,
    rows: NDArray,
    ranks: NDArray,
    right: NDArray,
    owners: NDArray,
    scores: Floats,
    labels: NDArray,
    n_players: int,
) -> Floats:
    """Shapley values float64 (n_players,), summed over validation rows.

    Parameters
    ----------
    rows : (m, depth), the kept rows by distance from each validation row, at most k of a player
    ranks : (m, depth), how many rows of the same player are nearer
    right : bool (m, depth), whether the row has the label in question
    owners : (all rows,)
    scores : (labels, k + 1, k + 1), g(found, right) for each label of a validation row
    labels : (m,), which of the scores is that of each validation row
    """
    k = scores.shape[1] - 1
    plan = _Plan(k, n_players, tracks_right=not _is_linear(scores))
    step = max(BLOCK_NUMBERS // max(rows.shape[1] * (len(plan.types) + 2), 1), 1)
    values = np.zeros(n_players)
    for start in range(0, len(rows), step):
        cut = slice(start, start + step)
        block = _Block(plan, owners[rows[cut]], ranks[cut].astype(np.int64), right[cut])
        values += block.values(scores, labels[cut])
    return values


def _is_linear(scores: Floats) -> bool:
    """Whether a right row always adds the same, and a wrong one too: then r does not matter."""
    k = scores.shape[1] - 1
    found, right = np.indices((k + 1, k + 1))
    possible = right <= found
    gain = scores[:, 1, 1] - scores[:, 1, 0]
    linear = scores[:, :1, :1] + (scores[:, 1, 0] - scores[:, 0, 0])[:, None, None] * found
    linear = linear + gain[:, None, None] * right
    return bool(np.allclose(linear[:, possible], scores[:, possible], rtol=0, atol=1e-14))


@dataclass(frozen=True)
class _Plan:
    """Types by number: 0 nobody's rows nearer, then each (w, r) with w < k, last w = k."""

    k: int
    n_players: int
    tracks_right: bool

    @cached_property
    def types(self) -> list[Type]:
        weights = range(1, self.k)
        return [(w, r) for w in weights for r in range(w + 1 if self.tracks_right else 1)]

    @cached_property
    def numbers(self) -> NDArray:
        """Number of the type (w, r), by w ≤ k and r ≤ w."""
        table = np.zeros((self.k + 1, self.k + 1), dtype=np.int64)
        for number, (w, r) in enumerate(self.types, start=1):
            if self.tracks_right:
                table[w, r] = number
            else:
                table[w] = number
        table[self.k] = len(self.types) + 1
        return table

    @cached_property
    def weights(self) -> Floats:
        """W(s) by number of the players that matter beside one, m < n, and s ≤ k."""
        table = np.zeros((self.n_players, self.k + 1))
        for m in range(self.n_players):
            for s in range(min(m, self.k) + 1):
                table[m, s] = 1.0 / ((m + 1) * comb(m, s))
        return table

    @cached_property
    def divides(self) -> bool:
        """Whether all counts of subsets are exact in float64."""
        most = min(self.k - 1, self.n_players // 2)
        return comb(self.n_players, most) * self.k < EXACT_MAX


class _Block:
    """Some validation rows, all their kept rows."""

    def __init__(self, plan: _Plan, owners: NDArray, ranks: NDArray, right: NDArray) -> None:
        self.plan, self.owners, self.ranks, self.right = plan, owners, ranks, right
        self.own_right = self._own_right_nearer()
        self.old = plan.numbers[self.ranks, self.own_right]
        self.new = plan.numbers[self.ranks + 1, self.own_right + right]

    def values(self, scores: Floats, labels: NDArray) -> Floats:
        """Sum over the validation rows; (n_players,)."""
        self.scores, self.labels = scores, np.repeat(labels, self.owners.shape[1])
        to_owner, by_type = self._shares()
        totals: Floats = np.zeros((len(by_type), len(self.owners), self.owners.shape[1] + 1))
        np.cumsum(by_type, axis=2, out=totals[:, :, 1:])
        row, at = np.ogrid[: self.owners.shape[0], : self.owners.shape[1]]
        gains = to_owner + totals[self.old, row, at] - totals[self.new, row, at + 1]
        last = self._last_of_owner()
        gains[last] += totals[self.new[last], np.nonzero(last)[0], -1]
        summed = np.bincount(
            self.owners.ravel(), weights=gains.ravel(), minlength=self.plan.n_players
        )
        return summed.astype(np.float64, copy=False)

    def _own_right_nearer(self) -> NDArray:
        """How many nearer rows of the same player are right; all 0 where it does not matter."""
        counts = np.zeros(self.owners.shape, dtype=np.int64)
        if not self.plan.tracks_right:
            return counts
        line = np.arange(len(self.owners))
        so_far = np.zeros((len(self.owners), self.plan.n_players), dtype=np.int64)
        for at in range(self.owners.shape[1]):
            counts[:, at] = so_far[line, self.owners[:, at]]
            so_far[line, self.owners[:, at]] += self.right[:, at]
        return counts

    def _last_of_owner(self) -> NDArray:
        """Which entries are their owner's farthest kept row; bool like owners."""
        kept = np.bincount(self.owners[0], minlength=self.plan.n_players)
        return self.ranks == kept[self.owners] - 1

    def _counts(self) -> Floats:
        """How many other players are of each type at each entry; (types + 2, entries)."""
        shape = (len(self.plan.types) + 2, *self.owners.shape)
        counts: Floats = np.zeros(shape)
        for number in range(1, len(counts)):
            change = (self.new == number).astype(np.int32) - (self.old == number)
            np.cumsum(change[:, :-1], axis=1, out=counts[number, :, 1:])
            counts[number] -= self.old == number  # the owner is none of the others
        return counts.reshape(len(counts), -1)

    def _shares(self) -> tuple[Floats, Floats]:
        """What each entry gives its owner (m, depth), and a player of each type."""
        counts = self._counts()
        to_owner, by_type = np.zeros(counts.shape[1]), np.zeros_like(counts)
        ranks = self.ranks.ravel()
        for rank in range(int(ranks.max(initial=-1)) + 1):
            entries = np.flatnonzero(ranks == rank)
            for start in range(0, len(entries), CHUNK_ENTRIES):
                at = entries[start : start + CHUNK_ENTRIES]
                to_owner[at], by_type[:, at] = self._solve(at, rank, counts[:, at])
        return to_owner.reshape(self.owners.shape), by_type.reshape(-1, *self.owners.shape)

    def _solve(self, at: NDArray, rank: int, counts: Floats) -> tuple[Floats, Floats]:
        """The row games of these entries, whose owners all have `rank` nearer rows."""
        plan, q = self.plan, self.plan.k - 1 - rank
        light = {kind: counts[n] for n, kind in enumerate(plan.types, start=1) if kind[0] <= q}
        deltas = self._deltas(at, rank, q)
        weights = np.ascontiguousarray(plan.weights[counts[1:].sum(axis=0).astype(np.int64)].T)
        subsets = count_subsets(light, q, len(at))
        owner, blocker = np.zeros(len(at)), np.zeros(len(at))
        for s in range(q + 1):
            worth = sum(f * deltas[t, r] for (size, t, r), f in subsets.items() if size == s)
            owner += weights[s] * worth
            blocker -= weights[s + 1] * worth
        by_type = np.tile(blocker, (len(counts), 1))
        by_type[0] = 0.0
        for number, kind in enumerate(plan.types, start=1):
            if kind in light:
                rest = self._without_one(subsets, light, kind, q)
                share = _light_share(rest, kind, deltas, weights, q)
                by_type[number] = np.where(light[kind] > 0, share, 0.0)
        return owner, by_type

    def _deltas(self, at: NDArray, rank: int, q: int) -> dict[tuple[int, int], Floats]:
        """δ[t, r] of the entries: what the row adds after t others, r of them right."""
        label, right = self.labels[at], self.right.ravel()[at].astype(np.int64)
        own = self.own_right.ravel()[at]

        def delta(t: int, r: int) -> Floats:
            before = self.scores[label, rank + t, own + r]
            return self.scores[label, rank + t + 1, own + r + right] - before

        if not self.plan.tracks_right:  # the same array for all: nothing to subtract
            return dict.fromkeys(((t, 0) for t in range(q + 1)), delta(0, 0))
        return {(t, r): delta(t, r) for t in range(q + 1) for r in range(t + 1)}

    def _without_one(
        self, subsets: Subsets, light: dict[Type, Floats], kind: Type, q: int
    ) -> Subsets:
        """Subsets of the light players but one of this type."""
        if self.plan.divides:
            return divide(subsets, kind)
        fewer = {**light, kind: np.maximum(light[kind] - 1.0, 0.0)}
        return count_subsets(fewer, q, len(light[kind]))


def _light_share(
    rest: Subsets,
    kind: Type,
    deltas: dict[tuple[int, int], Floats],
    weights: Floats,
    q: int,
) -> Floats:
    """What a light player of this type gets: it moves t and r, maybe beyond q."""
    w, own = kind
    share = np.zeros(weights.shape[1])
    for (s, t, r), f in rest.items():
        before = deltas[t, r]
        if t + w > q:
            share -= f * weights[s + 1] * before
        elif deltas[t + w, r + own] is not before:
            share += f * weights[s + 1] * (deltas[t + w, r + own] - before)
    return share


def count_subsets(light: dict[Type, Floats], q: int, entries: int) -> Subsets:
    """Subsets of light players by (size, weight t ≤ q, right r), each float64 (entries,).

    >>> found = count_subsets({(1, 0): np.array([3.0]), (2, 0): np.array([1.0])}, 2, 1)
    >>> {key: int(count[0]) for key, count in sorted(found.items())}
    {(0, 0, 0): 1, (1, 1, 0): 3, (1, 2, 0): 1, (2, 2, 0): 3}
    """
    subsets: Subsets = {(0, 0, 0): np.ones(entries)}
    for (w, own), players in light.items():
        chosen = [np.ones(entries)]
        for x in range(1, q // w + 1):
            chosen.append(chosen[-1] * np.maximum(players - (x - 1), 0.0) / x)
        grown: Subsets = {}
        for (s, t, r), f in subsets.items():
            for x in range((q - t) // w + 1):
                key = (s + x, t + w * x, r + own * x)
                term = f * chosen[x] if x else f
                grown[key] = grown[key] + term if key in grown else term
        subsets = grown
    return subsets


def divide(subsets: Subsets, kind: Type) -> Subsets:
    """The subsets that lack one given player: f = f_without · (1 + that player).

    >>> f = count_subsets({(1, 0): np.array([3.0])}, 2, 1)
    >>> {key: int(count[0]) for key, count in divide(f, (1, 0)).items()}
    {(0, 0, 0): 1, (1, 1, 0): 2, (2, 2, 0): 1}
    """
    w, own = kind
    rest: Subsets = {}
    for s, t, r in sorted(subsets):
        smaller = rest.get((s - 1, t - w, r - own))
        rest[s, t, r] = subsets[s, t, r] - smaller if smaller is not None else subsets[s, t, r]
    return rest
