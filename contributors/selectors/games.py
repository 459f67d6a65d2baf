"""The numbers and texts of a game: rows in a fixed order, transformed as the spec says."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contributors import files, rows
from contributors.core.texts import read_works
from contributors.errors import NotFound
from contributors.models import Programme, ValidationSet
from contributors.selectors.players import (
    Kept,
    PlayerRecord,
    batches_of,
    in_order,
    player_batches,
)
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
    """Return the players' rows, ordered by player, then batch SHA-256, then row. Two queries.

    The arrays are views of a file that all processes of this machine map; nobody can write
    to them.
    """
    programme = programme_get(programme_id)
    batches = batches_of(programme_id=programme_id, players=players)
    path = rows.path_of(rows_spec(programme, players))
    while (found := rows.mapped(path)) is None:
        rows_make(path, programme, in_order(players, batches))
    return GameData(
        x=found.x,
        y=found.y,
        owners=found.owners,
        n_players=len(players),
        classes=programme.target_labels,
    )


def rows_spec(programme: ProgrammeRecord, players: Sequence[PlayerRecord]) -> list[object]:
    """All that decides the bytes of `game_data`."""
    batches = [[player.data_digest, *map(str, player.batch_ids)] for player in players]
    columns = [programme.feature_columns, programme.target_column, programme.target_labels]
    return [*columns, programme.task, programme.transform, batches]


def rows_make(path: Path, programme: ProgrammeRecord, parts: Sequence[tuple[int, Kept]]) -> None:
    """The file is there with the rows that count."""
    shape = rows.Shape(
        batch_ids=tuple(str(part.batch.id) for _, part in parts),
        row_count=sum(int(part.mask.sum()) for _, part in parts),
        feature_count=len(programme.feature_columns),
        target=arrays_empty(programme).dtype.str,
    )
    blocks = (block for index, part in parts for block in row_blocks(programme, index, part))
    rows.make(path, shape, blocks)
    pa.default_memory_pool().release_unused()  # what reading took goes back to the system


def row_blocks(programme: ProgrammeRecord, index: int, part: Kept) -> Iterator[rows.Part]:
    """Yield the rows of a batch that count, with the index of its player."""
    columns = [*programme.feature_columns, programme.target_column]
    start = 0
    for block in files.read_blocks(part.batch.data_name, columns):
        x, y = arrays(block, programme=programme)
        kept = part.mask[start : start + len(y)]
        start += len(y)
        yield x[kept], y[kept], index


def validation_data(
    *, programme_id: uuid.UUID | str, sealed: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.int64] | NDArray[np.float64]]:
    """Return x and y of the validation (or sealed) set, for a utility alone. Two queries."""
    programme = programme_get(programme_id)
    purpose = ValidationSet.Purpose.SEALED if sealed else ValidationSet.Purpose.VALIDATION
    held = validation_set(programme_id, purpose)
    return arrays(files.read_table(held.data_name), programme=programme)


def validation_digest(*, programme_id: uuid.UUID | str, sealed: bool = False) -> str:
    """SHA-256 of the content that judges: the validation (or sealed) set. One query."""
    purpose = ValidationSet.Purpose.SEALED if sealed else ValidationSet.Purpose.VALIDATION
    return validation_set(programme_id, purpose).content_sha256


def has_sealed_set(*, programme_id: uuid.UUID | str) -> bool:
    """Whether a tabular programme has rows that only an audit looks at. One query."""
    sealed = ValidationSet.objects.filter(programme_id=programme_id, purpose="sealed")
    return sealed.filter(programme__kind=Programme.Kind.TABULAR).exists()


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
    found = pc.index_in(values, value_set=pa.array(programme.target_labels, values.type))
    assert found.null_count == 0, "a row with another label is refused"
    return np.asarray(found.to_numpy(), dtype=np.int64)


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
