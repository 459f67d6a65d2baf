"""The rows of a game on this machine: one file, mapped, gone with the batches it holds."""

import os
import time

import numpy as np
import pytest

from contributors import files, rows
from contributors.selectors import game_data, players_at
from contributors.services.erasure import batch_erase
from contributors.services.rows import rows_sweep
from tests.contributors.conftest import NOW
from tests.contributors.services.test_players import LATER

TWO_PLAYERS = rows.Shape(batch_ids=("a", "b"), row_count=3, feature_count=2, target="<i8")


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def parts():
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1]), 0
    yield np.array([[5.0, 6.0]]), np.array([1]), 1


def paths():
    return list(rows.folder().iterdir())


def test_the_file_gives_back_what_was_written_and_nobody_can_change_it():
    path = rows.path_of("spec")
    rows.make(path, TWO_PLAYERS, parts())
    found = rows.mapped(path)
    assert found.x.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found.y.tolist() == [0, 1, 1] and found.owners.tolist() == [0, 0, 1]
    assert found.x.flags.aligned and not found.x.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        found.x[0, 0] = 9


def test_a_game_without_rows_has_a_file_as_well():
    path = rows.path_of("spec")
    rows.make(path, rows.Shape(batch_ids=(), row_count=0, feature_count=2, target="<f8"), [])
    assert rows.mapped(path).x.shape == (0, 2)


def test_a_maker_that_fails_half_way_leaves_nothing():
    def broken():
        yield from parts()
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        rows.make(rows.path_of("spec"), TWO_PLAYERS, broken())
    assert paths() == []


def test_fewer_rows_than_were_said_make_no_file():
    with pytest.raises(AssertionError):
        rows.make(rows.path_of("spec"), TWO_PLAYERS, list(parts())[:1])
    assert paths() == []


def test_whoever_still_maps_a_file_that_was_made_anew_or_removed_keeps_its_rows():
    path = rows.path_of("spec")
    rows.make(path, TWO_PLAYERS, parts())
    found = rows.mapped(path)
    rows.make(path, TWO_PLAYERS, parts())
    path.unlink()
    assert found.x.sum() == 21 and rows.mapped(path) is None


def test_what_nobody_used_for_a_day_makes_room():
    for name in ("old", "new"):
        rows.make(rows.path_of(name), TWO_PLAYERS, parts())
    long_ago = time.time() - rows.UNUSED_S_MAX - 1
    for path in paths():
        os.utime(path, (long_ago, long_ago))
    rows.mapped(rows.path_of("new"))
    rows.forget_unused()
    assert paths() == [rows.path_of("new")]


@pytest.mark.django_db
def test_storage_is_read_once_for_all_processes(programme, join, give, monkeypatch):
    give(join("ann"), "r1,1,2,no", "r2,3,4,yes")
    players = players_at(programme_id=programme.id, cutoff_at=LATER)
    first = game_data(programme_id=programme.id, players=players)
    monkeypatch.setattr(files, "opened", lambda name: pytest.fail(f"{name} was read again"))
    again = game_data(programme_id=programme.id, players=players)
    assert np.array_equal(first.x, again.x) and np.array_equal(first.y, again.y)
    assert len(paths()) == 1


@pytest.mark.django_db
def test_blocks_keep_the_rows_and_their_order(programme, join, give, monkeypatch):
    give(join("ann"), *(f"r{n},{n},{2 * n},{'no' if n % 3 else 'yes'}" for n in range(10)))
    give(join("bob"), "r1,1,2,no", "r20,20,40,yes")
    players = players_at(programme_id=programme.id, cutoff_at=LATER)
    whole = game_data(programme_id=programme.id, players=players)
    paths()[0].unlink()
    monkeypatch.setattr(files, "BLOCK_ROWS", 3)
    blocks = game_data(programme_id=programme.id, players=players)
    for name in ("x", "y", "owners"):
        assert getattr(whole, name).tobytes() == getattr(blocks, name).tobytes()
    assert len(whole.y) == 11


@pytest.mark.django_db
def test_erasing_a_batch_removes_every_file_with_its_rows(
    programme, join, give, django_capture_on_commit_callbacks
):
    receipt = give(join("ann"), "r1,1,2,no")
    give(join("bob"), "r2,1,3,no")
    players = players_at(programme_id=programme.id, cutoff_at=LATER)
    for chosen in (players, players[:1], players[1:]):
        game_data(programme_id=programme.id, players=chosen)
    with django_capture_on_commit_callbacks(execute=True):
        batch_erase(batch_id=receipt.id, actor=None, now=NOW)
    assert [held for _, held in rows.contents()] == [{str(players[1].batch_ids[0])}]


@pytest.mark.django_db
def test_rows_erased_on_another_machine_are_gone_after_the_next_sweep(programme, join, give):
    receipt = give(join("ann"), "r1,1,2,no")
    players = players_at(programme_id=programme.id, cutoff_at=LATER)
    game_data(programme_id=programme.id, players=players)
    batch_erase(batch_id=receipt.id, actor=None, now=NOW)
    assert len(paths()) == 1
    rows_sweep(now=NOW)
    assert paths() == []
