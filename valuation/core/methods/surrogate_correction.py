"""The sampled correction: what the surrogate misses, estimated from coalitions it has not seen.

The Shapley value is Σ_T w_i(T) v(T) with w_i(T) = w(|T|−1) for i ∈ T and −w(|T|) for i ∉ T. The
surrogate knows the coalitions it was fitted to. Of the N_s others of size s, n_s are drawn
uniformly without replacement, and their residuals r stand for all (Horvitz & Thompson 1952):

    Σ_s (N_s / n_s) Σ_{T drawn} w_i(T) r(T),   variance Σ_s N_s² (1 − n_s / N_s) Var_s(w_i r) / n_s

unbiased whatever the surrogate, and exact when all are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.methods.exact import shapley_weights
from valuation.core.methods.surrogate_posterior import Posterior


@dataclass(frozen=True, slots=True)
class Correction:
    """A surrogate and coalitions drawn beyond its sample, with their utilities."""

    posterior: Posterior
    members: Coalitions
    utilities: Floats


def corrected(correction: Correction) -> tuple[Floats, Floats]:
    """The surrogate's values plus those of the residuals, and their variances; each (n,)."""
    posterior, members = correction.posterior, correction.members
    residuals = correction.utilities - posterior.predict(members)
    n, sizes = posterior.n, members.sum(axis=1)
    joining = np.append(shapley_weights(n), 0.0)
    weights = np.where(members, joining[sizes - 1][:, None], -joining[sizes][:, None])
    values, variances = posterior.values.copy(), np.zeros(n)
    for size in range(1, n):
        terms = (weights * residuals[:, None])[sizes == size]
        unseen = comb(n, size) - int((posterior.sizes == size).sum())
        if len(terms):
            values += unseen * terms.mean(axis=0)
        if 1 < len(terms) < unseen:
            fraction = 1 - len(terms) / unseen
            variances += unseen**2 * fraction * terms.var(axis=0, ddof=1) / len(terms)
    return values, variances
