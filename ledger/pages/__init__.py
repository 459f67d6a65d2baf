"""Pages of the ledger: what is owed, how it was found, whether it was paid."""
