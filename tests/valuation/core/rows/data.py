"""Rows for the tests of row values: standardised, some of them mislabelled."""

import numpy as np
from sklearn.preprocessing import StandardScaler


def dealt(load, rows, rows_validation, seed=0):
    """Standardised rows for training and validation."""
    x, y = load(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))[: rows + rows_validation]
    x, y = StandardScaler().fit_transform(x)[order], y[order]
    return x[:rows], y[:rows], x[rows:], y[rows:]


def flipped(y, share, seed):
    """Two-class labels with a share of them wrong, and which."""
    wrong = np.random.default_rng(seed).permutation(len(y))[: int(share * len(y))]
    changed = y.copy()
    changed[wrong] = 1 - changed[wrong]
    return changed, wrong


def found(values, wrong, share):
    """Share of the wrong rows among the lowest share of all."""
    lowest = values.argsort()[: int(share * len(values))]
    return np.isin(wrong, lowest).mean()
