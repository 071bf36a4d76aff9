"""CREATE OR REPLACE: what may change about a source that exists."""

from __future__ import annotations

from sqlglot import exp

from ksql.engine.definitions import Source
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
    for what, before, after in (
        ("topic", old.topic, new.topic),
        ("key columns", old.key_columns, new.key_columns),
        ("key format", old.key_format, new.key_format),
        ("value format", old.value_format, new.value_format),
    ):
        if before != after:
            fail(node, f"CREATE OR REPLACE cannot change the {what} of {old.name}", hint="it can add value columns at the end.")
    if new.value_columns[: len(old.value_columns)] != old.value_columns:
        fail(
            node,
            f"CREATE OR REPLACE can only add value columns to {old.name} at the end",
            detail=f"it has {', '.join(map(str, old.value_columns))}",
        )
