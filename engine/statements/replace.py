"""CREATE OR REPLACE: what may change about a source that exists."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.catalog.definitions import QueryInfo, Source
from ksql.engine.errors import fail


def check_replaceable(old: Source, new: Source, node: exp.Expression) -> None:
    """Refuse every change but value columns added at the end. Raises StatementError."""
    if old.kind != new.kind:
        fail(
            node,
            f"{old.name} is a {old.kind.lower()} and cannot become a {new.kind.lower()}",
            hint=f"DROP {old.kind} {old.name}; first.",
        )
    if old.read_only or new.read_only:
        fail(node, "a SOURCE stream or table cannot be replaced", hint=f"DROP {old.kind} {old.name}; first.")
    if old.query_id and not new.query_id:
        fail(node, f"{old.name} is filled by the query {old.query_id}", hint=f"TERMINATE {old.query_id}; first.")
    for what, before, after in (
        ("topic", old.topic, new.topic),
        ("key columns", old.key_columns, new.key_columns),
        ("header columns", old.header_columns, new.header_columns),
        ("key format", (old.key_format, old.key_options), (new.key_format, new.key_options)),
        ("value format", (old.value_format, old.value_options), (new.value_format, new.value_options)),
        ("timestamp", (old.timestamp_column, old.timestamp_format), (new.timestamp_column, new.timestamp_format)),
        ("window", (old.windowed, old.window_size_ms), (new.windowed, new.window_size_ms)),
    ):
        if before != after:
            fail(node, f"CREATE OR REPLACE cannot change the {what} of {old.name}", hint="it can add value columns at the end.")
    if new.value_columns[: len(old.value_columns)] != old.value_columns:
        fail(
            node,
            f"CREATE OR REPLACE can only add value columns to {old.name} at the end",
            detail=f"it has {', '.join(map(str, old.value_columns))}",
            hint=f"DROP {old.kind} {old.name}; first, to begin anew.",
        )


def check_query_replaceable(
    old: QueryInfo | None, sources: Sequence[str], writers: Sequence[str], node: exp.Expression
) -> None:
    """Refuse a query instead of `old` that reads other sources, or while others write its sink. Raises StatementError.

    old: None when that was terminated. sources: what the new query reads. writers: ids of the queries that write the sink.
    """
    others = [query for query in writers if old is None or query != old.id]
    if others:
        fail(node, f"{node.this.name} is written by {', '.join(others)}", hint=f"TERMINATE {others[0]}; first.")
    if old is not None and tuple(sources) != tuple(old.sources):
        reads = ", ".join(old.sources)
        fail(node, f"CREATE OR REPLACE cannot change what {old.id} reads: {reads}", hint=f"TERMINATE {old.id}; first.")
