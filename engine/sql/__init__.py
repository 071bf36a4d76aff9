"""Running DuckDB over Arrow batches: the runner, its helper threads, and SQL text that computes a long argument once."""
