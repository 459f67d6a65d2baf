"""How fast games are: targets of exact values, and each game against refits of scikit-learn.

Usage: python -m tests.benchmarks.valuation.games [--large]

CPU seconds on one BLAS thread; the refits run in the same process on the same coalitions.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import resource
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from valuation.core import DataGame, value

BATCH = 2_000  # coalitions that our time per coalition is averaged over
REFITS = 60  # coalitions that are refitted


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--large", action="store_true", help="50,000 rows, 1,000 players")
    large = options.parse_args().large
    warnings.simplefilter("ignore")  # scikit-learn's convergence warnings, which we do not time
    print("Exact values\n")
    print("| what | CPU s | gap | peak MB so far |\n|---|---|---|---|")
    for what, game, method in exact_cases():
        show_exact(what, game, method)
    if large:
        show_large()
    print("\nOne coalition\n")
    print("| game | µs | refit µs | ratio | largest difference |\n|---|---|---|---|---|")
    for what, game, refit in refit_cases():
        show_refit(what, game, refit)


def dealt(load: Callable[..., Any], n_players: int, validation: int, scaled: bool = True) -> dict:
    """Arrays of a data set, shuffled and dealt to players at random."""
    x, y = load(return_X_y=True)
    random = np.random.default_rng(0)
    order = random.permutation(len(x))
    x, y = (StandardScaler().fit_transform(x) if scaled else x)[order], y[order]
    return {
        "x": x[validation:],
        "y": y[validation:],
        "owners": random.integers(0, n_players, len(x) - validation),
        "x_validation": x[:validation],
        "y_validation": y[:validation],
        "n_players": n_players,
    }


def exact_cases() -> list[tuple[str, Callable[[], DataGame], str]]:
    cancer, diabetes = dealt(load_breast_cancer, 16, 171), dealt(load_diabetes, 20, 133)
    digits = dealt(load_digits, 400, 500)
    neighbours = {"model": "k-nearest-neighbours"}
    return [
        ("naive Bayes, 16 players, breast cancer, log-loss",
         lambda: DataGame(**cancer, model="gaussian-naive-bayes"), "exact"),
        ("ridge, 20 players, diabetes, R²",
         lambda: DataGame(**diabetes, model="ridge", utility="r2"), "exact"),
        ("5-NN, 400 players, digits, probability",
         lambda: DataGame(**digits, **neighbours, utility="probability"), "closed-form"),
        ("5-NN, 400 players, digits, log-loss",
         lambda: DataGame(**digits, **neighbours), "closed-form"),
    ]  # fmt: skip


def show_exact(what: str, make: Callable[[], DataGame], method: str) -> None:
    start = time.process_time()
    game = make()
    result = value(game, method=method, budget=2 ** min(game.n_players, 20))
    spent = time.process_time() - start
    gap = abs(result.values.sum() - (result.grand - result.empty))
    print(f"| {what} | {spent:.2f} | {gap:.0e} | {peak_mb():.0f} |")


def show_large() -> None:
    random = np.random.default_rng(0)
    x, x_validation = random.normal(size=(50_000, 20)), random.normal(size=(1_000, 20))
    start = time.process_time()
    game = DataGame(
        x, (x[:, 0] > 0).astype(int), random.integers(0, 1_000, 50_000),
        x_validation, (x_validation[:, 0] > 0).astype(int),
        model="k-nearest-neighbours", utility="probability",
    )  # fmt: skip
    built = time.process_time()
    values = game.closed_form()
    assert values is not None
    gap = abs(values.sum() - (game(np.ones((1, 1_000), bool))[0] - game.empty))
    what = "5-NN, 1,000 players, 50,000 × 1,000 rows"
    print(f"| {what}, distances and sorting | {built - start:.2f} | | |")
    spent = time.process_time() - built
    print(f"| {what}, values | {spent:.2f} | {gap:.0e} | {peak_mb():.0f} |")


def refit_cases() -> list[tuple[str, DataGame, DataGame]]:
    cancer, wine = dealt(load_breast_cancer, 16, 171), dealt(load_wine, 16, 50)
    diabetes, digits = dealt(load_diabetes, 16, 133), dealt(load_digits, 16, 500)
    lbfgs = LogisticRegression(tol=1e-6, max_iter=10_000)
    newton = LogisticRegression(solver="newton-cholesky", tol=1e-6)
    cases = [
        ("naive Bayes, breast cancer", cancer, "gaussian-naive-bayes", "log-loss", GaussianNB()),
        ("naive Bayes, digits", digits, "gaussian-naive-bayes", "log-loss", GaussianNB()),
        ("ridge, diabetes", diabetes, "ridge", "r2", Ridge()),
        ("linear regression, diabetes", diabetes, "linear-regression", "r2", LinearRegression()),
        ("5-NN, breast cancer", cancer, "k-nearest-neighbours", "brier",
         KNeighborsClassifier(algorithm="brute")),
        ("5-NN, digits", digits, "k-nearest-neighbours", "brier",
         KNeighborsClassifier(algorithm="brute")),
        ("logistic, breast cancer, lbfgs 1e-6", cancer, "logistic-regression", "log-loss", lbfgs),
        ("logistic, breast cancer, Newton", cancer, "logistic-regression", "log-loss", newton),
        ("logistic, wine, lbfgs 1e-6", wine, "logistic-regression", "log-loss", lbfgs),
        ("logistic, wine, Newton", wine, "logistic-regression", "log-loss", newton),
        ("logistic, digits, lbfgs 1e-6", digits, "logistic-regression", "log-loss", lbfgs),
    ]  # fmt: skip
    return [
        (what, DataGame(**data, model=model, utility=utility),
         DataGame(**data, model=refit, utility=utility))
        for what, data, model, utility, refit in cases
    ]  # fmt: skip


def show_refit(what: str, game: DataGame, refit: DataGame) -> None:
    chosen = np.random.default_rng(1).random((BATCH, game.n_players)) < 0.5
    chosen[~chosen.any(axis=1)] = True
    count = BATCH if seconds(game, chosen[:8]) < 0.08 else REFITS
    ours = seconds(game, chosen[:count]) / count
    theirs = seconds(refit, chosen[:REFITS]) / REFITS
    apart = np.abs(game(chosen[:REFITS]) - refit(chosen[:REFITS])).max()
    print(f"| {what} | {ours * 1e6:.1f} | {theirs * 1e6:.0f} | {theirs / ours:.0f} | {apart:.0e} |")


def seconds(game: DataGame, coalitions: NDArray) -> float:
    start = time.process_time()
    game(coalitions)
    return time.process_time() - start


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
