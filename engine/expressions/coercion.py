"""Implicit coercion of typed SQL, with errors that point at the place."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.errors import StatementError, fail, located
from ksql.engine.expressions.typed import Typed
from ksql.engine.types.casts import can_coerce, common_type, implicit_cast
from ksql.engine.types.sql_types import SqlType


def coerce(node: exp.Expression, value: Typed, target: SqlType, what: str) -> Typed:
    """`value` as `target`. Raises StatementError where the dialect has no implicit conversion."""
    if value.type is None:
        return Typed(f"NULL::{target.duckdb}", target, literal=True, raises=False)
    if value.type == target:
        return value
    if not _fits(value, target):
        fail(
            node,
            f"{what} must be {target}, but this is {value.type}",
            hint=f"CAST(… AS {target}) converts it, if that is meant.",
        )
    try:
        sql = implicit_cast(value.sql, value.type, target)
    except StatementError as error:
        raise located(error, node) from None
    return Typed(sql, target, nullable=value.nullable, literal=value.literal, fails=value.fails, raises=value.raises)


def coerce_all(nodes: Sequence[exp.Expression], values: Sequence[Typed], what: str) -> tuple[list[Typed], SqlType | None]:
    """All `values` as their common type; None when every one is NULL."""
    known = [v.type for v in values if v.type is not None]
    if not known:
        return list(values), None
    target = common_type(known)
    if target is None:
        target = common_type([v.as_number or v.type for v in values if v.type is not None])
    if target is None:
        target = next((t for t in known if all(_fits(v, t) for v in values)), None)
    if target is None:
        fail(nodes[0], f"{what} have different types: {', '.join(dict.fromkeys(str(t) for t in known))}")
    return [coerce(node, value, target, what) for node, value in zip(nodes, values, strict=True)], target


def _fits(value: Typed, target: SqlType) -> bool:
    if value.type is None or can_coerce(value.type, target, value.literal):
        return True
    return value.as_number is not None and can_coerce(value.as_number, target, value.literal)
