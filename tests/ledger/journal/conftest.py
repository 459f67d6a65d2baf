"""Books for every test of the journal."""

import pytest

from tests.ledger.journal.books import Books


@pytest.fixture
def books(db: None) -> Books:
    return Books.opened()
