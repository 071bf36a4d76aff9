"""Topics: an append-only, partitioned log of key/value records, and its implementations."""
