"""ROWTIME, WINDOWSTART and WINDOWEND compared with text: the text is a point in time, missing parts filled in."""

from __future__ import annotations

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.typed import Typed
from ksql.engine.functions.isotime import text_to_timestamp
from ksql.engine.types.sql_types import BIGINT, STRING


def as_instant(node: exp.Expression, value: Typed) -> Typed:
    """A text literal as epoch milliseconds, read as CAST reads it; anything else as it is. Raises StatementError."""
    if not (value.literal and value.type == STRING and isinstance(node, exp.Literal)):
        return value
    try:
        milliseconds = text_to_timestamp(node.this)
    except ValueError:
        fail(
            node,
            f"'{node.this}' is not a point in time",
            hint="write it like 2024-12-31T23:59:59.999, or a shorter beginning of that.",
        )
    return Typed(f"{milliseconds}::BIGINT", BIGINT, nullable=False, literal=True, raises=False)
