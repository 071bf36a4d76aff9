"""The end of a query: its rows become the columns of the result."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ksql.engine.analysis.model import Item
from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import fail
from ksql.engine.expressions.typed import Name, Refs
from ksql.engine.operators.batch import DELETED, Node
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.operators.table_view import VISIBLE
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.planning.plan import Materialized, Plan
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.result import Result, unwrap_as_value
from ksql.engine.types.casts import is_number
from ksql.engine.types.sql_types import BIGINT, Column, SqlType


def project(
    relation: Relation,
    result: Result,
    extra: Sequence[tuple[str, Sql]] = (),
    absent: Collection[str] = (),
    into: Source | None = None,
) -> None:
    """End `relation` with the columns of the result, which are its names from then on (and `extra` ones behind them).

    absent: columns that are NULL where a record has no value. into: to its columns numbers of the same name are widened.
    """
    targets = {} if into is None else {column.name: column.type for column in into.columns}
    refs = Refs(ref for ref, _ in extra)
    projected: list[tuple[str, Sql]] = []
    columns: list[Column] = []
    for item in map(unwrap_as_value, result.items):
        sql = compile_sql(item.expression, relation.scope)
        type_ = _known(item, sql.type)
        target = targets.get(item.name, type_)
        if target != type_ and is_number(target) and is_number(type_):
            sql = compile_sql(item.expression, relation.scope, target, f"column {item.name}")
            type_ = target
        columns.append(Column(item.name, type_))
        if item.name in absent:
            sql = _unless_deleted(sql)
        projected.append((refs.new(item.name), sql))
    relation.project([*projected, *extra], [Name("", c, r) for c, (r, _) in zip(columns, projected, strict=True)])


def project_table(
    relation: Relation, result: Result, keys: Sequence[tuple[str, Sql]], condition: Sql | None
) -> tuple[str, ...]:
    """End a table as `project` does, with what a view needs besides. Returns the refs of its key, window included.

    keys: the key, which a view with a condition needs even if nobody has selected it.
    """
    hidden = [] if result.keys or condition is None else keys
    bounds = [kept(bound, BIGINT) for bound in (WINDOW_START, WINDOW_END)] if relation.traits.window else []
    project(relation, result, [*hidden, *bounds, *([] if condition is None else [(VISIBLE, condition)])])
    selected = [name.ref for name in relation.names[: len(result.keys)]]
    return (*(selected or [ref for ref, _ in hidden]), *(bound for bound, _ in bounds))


def planned(
    relation: Relation,
    result: Result,
    output: Node,
    *,
    keeps_key: bool = False,
    windows_per_record: int = 1,
    materialized: Materialized | None = None,
) -> Plan:
    """The plan of a relation that was projected to its result; `output` makes its rows."""
    return Plan(
        output,
        tuple(name.column for name in relation.names),
        tuple(name.ref for name in relation.names),
        len(result.keys),
        relation.traits,
        keeps_key=keeps_key,
        windows_per_record=windows_per_record,
        materialized=materialized,
    )


def _unless_deleted(sql: Sql) -> Sql:
    plain, safe = (f'CASE WHEN "{DELETED}" THEN NULL ELSE {text} END' for text in (sql.plain, sql.safe))
    return Sql(plain, safe, sql.type)


def _known(item: Item, type_: SqlType | None) -> SqlType:
    if type_ is None:
        fail(item.expression, f"column {item.name} is a bare NULL and has no type", hint="CAST(NULL AS …) gives it one.")
    return type_
