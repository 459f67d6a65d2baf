"""The numbers and texts of a game: rows in a fixed order, transformed as the spec says."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contributors import files
from contributors.core.texts import read_works
from contributors.errors import NotFound
from contributors.models import Programme, ValidationSet
from contributors.selectors.players import PlayerRecord, player_batches
from contributors.selectors.programmes import ProgrammeRecord, programme_get


@dataclass(frozen=True, slots=True, kw_only=True)
class GameData:
    """Rows of all players: x (rows, features), y (rows,), owners (rows,) by player index."""

    x: NDArray[np.float64]
    y: NDArray[np.int64] | NDArray[np.float64]
    owners: NDArray[np.int64]
    n_players: int
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextData:
    """Training texts by player, held-out works with their authors, background texts."""

    texts: tuple[str, ...]
    owners: NDArray[np.int64]
    n_players: int
    works: tuple[str, ...]
    work_keys: tuple[str, ...]
    work_authors: tuple[str, ...]
    background: tuple[str, ...]


def game_data(*, programme_id: uuid.UUID | str, players: Sequence[PlayerRecord]) -> GameData:
    """Return the players' rows, ordered by player, then batch SHA-256, then row. Two queries."""
    programme = programme_get(programme_id)
    xs, ys, owners = [], [], []
    for index, part in player_batches(programme_id=programme_id, players=players):
        x, y = arrays(files.read_table(part.batch.data_name), programme=programme)
        xs.append(x[part.mask])
        ys.append(y[part.mask])
        owners.append(np.full(int(part.mask.sum()), index, dtype=np.int64))
    empty_y = arrays_empty(programme)
    return GameData(
        x=np.concatenate([np.zeros((0, len(programme.feature_columns))), *xs]),
        y=np.concatenate([empty_y, *ys]),
        owners=np.concatenate([np.zeros(0, dtype=np.int64), *owners]),
        n_players=len(players),
        classes=programme.target_labels,
    )


def validation_data(
    *, programme_id: uuid.UUID | str, sealed: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.int64] | NDArray[np.float64]]:
    """Return x and y of the validation (or sealed) set, for a utility alone. Two queries."""
    programme = programme_get(programme_id)
    purpose = ValidationSet.Purpose.SEALED if sealed else ValidationSet.Purpose.VALIDATION
    rows = validation_set(programme_id, purpose)
    return arrays(files.read_table(rows.data_name), programme=programme)


def validation_digest(*, programme_id: uuid.UUID | str, sealed: bool = False) -> str:
    """SHA-256 of the content that judges: the validation (or sealed) set. One query."""
    purpose = ValidationSet.Purpose.SEALED if sealed else ValidationSet.Purpose.VALIDATION
    return validation_set(programme_id, purpose).content_sha256


def validation_row_count(*, programme_id: uuid.UUID | str) -> int:
    """How many rows judge. One query."""
    return validation_set(programme_id, ValidationSet.Purpose.VALIDATION).row_count


def text_data(
    *, programme_id: uuid.UUID | str, players: Sequence[PlayerRecord], sealed: bool = False
) -> TextData:
    """Return the texts of a language programme; a text counts once. Four queries."""
    texts, owners = [], []
    for index, part in player_batches(programme_id=programme_id, players=players):
        if part.mask.all():
            texts.append(files.read_text(part.batch.data_name))
            owners.append(index)
    purpose = ValidationSet.Purpose.SEALED if sealed else ValidationSet.Purpose.VALIDATION
    works = read_works(files.read_text(validation_set(programme_id, purpose).data_name))
    return TextData(
        texts=tuple(texts),
        owners=np.array(owners, dtype=np.int64),
        n_players=len(players),
        works=tuple(work.text for work in works),
        work_keys=tuple(work.key for work in works),
        work_authors=tuple(work.author for work in works),
        background=background_of(programme_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRecord:
    """A held-out work by name and author; its text stays apart."""

    key: str
    author: str


def work_list(*, programme_id: uuid.UUID | str) -> tuple[WorkRecord, ...]:
    """Return the works that a language programme attributes. One query."""
    held = validation_set(programme_id, ValidationSet.Purpose.VALIDATION)
    works = read_works(files.read_text(held.data_name))
    return tuple(WorkRecord(key=work.key, author=work.author) for work in works)


def background_of(programme_id: uuid.UUID | str) -> tuple[str, ...]:
    """Return the background texts, one per line of the file."""
    name = validation_set(programme_id, ValidationSet.Purpose.BACKGROUND).data_name
    return tuple(line for line in files.read_text(name).splitlines() if line.strip())


def validation_set(programme_id: uuid.UUID | str, purpose: str) -> ValidationSet:
    found = ValidationSet.objects.filter(programme_id=programme_id, purpose=purpose).first()
    if found is None:
        raise NotFound(f"The programme has no {purpose} set.")
    return found


def arrays(
    table: pa.Table, *, programme: ProgrammeRecord
) -> tuple[NDArray[np.float64], NDArray[np.int64] | NDArray[np.float64]]:
    """Return features, transformed, and target of the rows; labels become their index."""
    columns = [table[name].to_numpy() for name in programme.feature_columns]
    x = np.column_stack(columns).astype(np.float64) if columns else np.zeros((len(table), 0))
    return transformed(x, programme.transform), target(table, programme)


def target(table: pa.Table, programme: ProgrammeRecord) -> NDArray[np.int64] | NDArray[np.float64]:
    values = table[programme.target_column]
    if programme.task == Programme.Task.REGRESSION:
        return np.asarray(values.to_numpy(), dtype=np.float64)
    labels = np.array(programme.target_labels, dtype=object)
    found = np.searchsorted(labels, values.to_numpy().astype(object))
    return found.astype(np.int64)


def arrays_empty(programme: ProgrammeRecord) -> NDArray[np.int64] | NDArray[np.float64]:
    if programme.task == Programme.Task.REGRESSION:
        return np.zeros(0, dtype=np.float64)
    return np.zeros(0, dtype=np.int64)


def transformed(x: NDArray[np.float64], transform: dict[str, object] | None) -> NDArray[np.float64]:
    """Apply the frozen transform of the spec."""
    if not transform:
        return x
    assert transform["kind"] == "standardise", "programme_create refuses other kinds"
    mean = np.asarray(transform["mean"], dtype=np.float64)
    return (x - mean) / np.asarray(transform["scale"], dtype=np.float64)
