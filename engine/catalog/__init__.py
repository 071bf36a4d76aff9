"""What exists (sources, types, persistent queries) as plain values, and how the log's metadata keeps them. Runs nothing."""
