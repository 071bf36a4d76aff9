"""What a running query is made of: nodes that turn micro-batches into rows. One operator per file; none knows the log."""
