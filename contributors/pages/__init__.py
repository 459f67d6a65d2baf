"""Pages for giving data: programmes, batches, one's own account, and the integrity board."""
