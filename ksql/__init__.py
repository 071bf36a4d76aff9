"""ksql: a SQL streaming engine in one process."""
