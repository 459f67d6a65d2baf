"""The games whose speed is measured: exact values, and one coalition against its refit."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from tests.benchmarks.valuation.judging import FLIGHTS
from valuation.core import DataGame

Arrays = dict[str, Any]
FLIGHT_COLUMNS = (
    "departure_delay_minutes", "scheduled_hour", "weekday", "distance_miles",
    "from_jfk", "from_lga",
)  # fmt: skip


def dealt(load: Callable[..., Any], n_players: int, validation: int) -> Arrays:
    """Standardised rows of a data set, shuffled and dealt to players at random."""
    x, y = load(return_X_y=True)
    random = np.random.default_rng(0)
    order = random.permutation(len(x))
    x, y = StandardScaler().fit_transform(x)[order], y[order]
    return {
        "x": x[validation:],
        "y": y[validation:],
        "owners": random.integers(0, n_players, len(x) - validation),
        "x_validation": x[:validation],
        "y_validation": y[:validation],
        "n_players": n_players,
    }


def drawn(n_players: int, rows: int, validation: int, features: int) -> Arrays:
    """Normal features, the sign of a noisy sum of which is to be told; random owners."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows + validation, features))
    y = (x[:, :5].sum(axis=1) + random.normal(size=len(x)) > 0).astype(int)
    return {
        "x": x[validation:],
        "y": y[validation:],
        "owners": random.integers(0, n_players, rows),
        "x_validation": x[:validation],
        "y_validation": y[:validation],
        "n_players": n_players,
    }


def flights() -> Arrays:
    """The demo's programme: 12,263 flights of sixteen carriers, 2,000 validation rows."""
    files = sorted((FLIGHTS / "training").rglob("*.csv"))
    rows = [row for file in files for row in csv.DictReader(file.read_text().splitlines())]
    known = list(csv.DictReader((FLIGHTS / "validation.csv").read_text().splitlines()))
    x, x_validation = (
        np.array([[float(row[name]) for name in FLIGHT_COLUMNS] for row in part])
        for part in (rows, known)
    )
    mean, scale = x_validation.mean(axis=0), x_validation.std(axis=0)
    return {
        "x": (x - mean) / scale,
        "y": np.array([row["late"] == "yes" for row in rows]).astype(int),
        "owners": np.unique([row["carrier"] for row in rows], return_inverse=True)[1],
        "x_validation": (x_validation - mean) / scale,
        "y_validation": np.array([row["late"] == "yes" for row in known]).astype(int),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Values that are to be exact within seconds and megabytes."""

    what: str
    arrays: Callable[[], Arrays]
    model: str
    utility: str
    method: str
    seconds_max: float | None
    mb_max: float | None = None


EXACT = {
    "bayes": Exact(
        what="naive Bayes, 16 players, breast cancer, log-loss",
        arrays=lambda: dealt(load_breast_cancer, 16, 171),
        model="gaussian-naive-bayes", utility="log-loss", method="exact", seconds_max=1.0,
    ),
    "bayes-wide": Exact(
        what="naive Bayes, 16 players, 30 features, 1,000 validation rows, log-loss",
        arrays=lambda: drawn(16, 2_000, 1_000, 30),
        model="gaussian-naive-bayes", utility="log-loss", method="exact", seconds_max=None,
    ),
    "ridge": Exact(
        what="ridge, 20 players, diabetes, R²",
        arrays=lambda: dealt(load_diabetes, 20, 133),
        model="ridge", utility="r2", method="exact", seconds_max=5.0, mb_max=1_000.0,
    ),
    "neighbours": Exact(
        what="5-NN, 400 players, digits, 500 validation rows, probability",
        arrays=lambda: dealt(load_digits, 400, 500),
        model="k-nearest-neighbours", utility="probability", method="closed-form",
        seconds_max=0.5,
    ),
    "neighbours-log": Exact(
        what="5-NN, 400 players, digits, 500 validation rows, log-loss",
        arrays=lambda: dealt(load_digits, 400, 500),
        model="k-nearest-neighbours", utility="log-loss", method="closed-form",
        seconds_max=None,
    ),
    "neighbours-large": Exact(
        what="5-NN, 1,000 players, 50,000 rows, 1,000 validation rows, probability",
        arrays=lambda: drawn(1_000, 50_000, 1_000, 20),
        model="k-nearest-neighbours", utility="probability", method="closed-form",
        seconds_max=60.0, mb_max=4_000.0,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitted:
    """One of our games beside the same with scikit-learn's estimator, fitted per coalition."""

    what: str
    ours: DataGame
    refit: DataGame
    ratio_min: float | None


def refitted() -> list[Refitted]:
    """Every model that is evaluated in batches, on sets of several shapes."""
    cancer, wine = dealt(load_breast_cancer, 16, 171), dealt(load_wine, 16, 50)
    diabetes, digits = dealt(load_diabetes, 16, 133), dealt(load_digits, 16, 500)
    lbfgs = LogisticRegression(tol=1e-6, max_iter=10_000)
    newton = LogisticRegression(solver="newton-cholesky", tol=1e-6)
    neighbours = KNeighborsClassifier(algorithm="brute")
    cases = [
        ("naive Bayes, breast cancer", cancer, "gaussian-naive-bayes", "log-loss", GaussianNB()),
        ("naive Bayes, digits", digits, "gaussian-naive-bayes", "log-loss", GaussianNB()),
        ("ridge, diabetes", diabetes, "ridge", "r2", Ridge()),
        ("linear regression, diabetes", diabetes, "linear-regression", "r2", LinearRegression()),
        ("5-NN, breast cancer", cancer, "k-nearest-neighbours", "brier", neighbours),
        ("5-NN, digits", digits, "k-nearest-neighbours", "brier", neighbours),
        *(
            (f"logistic regression, {name}, {solver}", data, "logistic-regression", "log-loss", fit)
            for name, data in (
                ("breast cancer", cancer), ("wine", wine), ("flights", flights()),
                ("digits", digits),
            )
            for solver, fit in (("lbfgs 1e-6", lbfgs), ("newton-cholesky", newton))
        ),
    ]  # fmt: skip
    wanted = {"lbfgs 1e-6": 15.0, "newton-cholesky": 5.0}
    return [
        Refitted(
            what=what,
            ours=DataGame(**data, model=model, utility=utility),
            refit=DataGame(**data, model=estimator, utility=utility),
            ratio_min=wanted.get(what.rpartition(", ")[2]),
        )
        for what, data, model, utility, estimator in cases
    ]
