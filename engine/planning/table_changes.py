"""A table's changes as rows that go and come: plans the operator `TableChanges`."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from sqlglot import exp

from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.operators.table_changes import TableChanges
from ksql.engine.operators.table_view import VISIBLE
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.rows_state import rows_state
from ksql.engine.types.sql_types import BIGINT, BOOLEAN, quote_duckdb


def plan_changes(
    relation: Relation, where: exp.Expression | None, columns: Sequence[tuple[str, Sql]], needed: Sequence[str]
) -> TableChanges:
    """The `columns` of the rows of a table that satisfy `where`, and have all of the `needed` ones."""
    keys = [(f"$row{i}", compile_sql(key.value, relation.scope)) for i, key in enumerate(relation.traits.keys)]
    keys += [kept(bound, BIGINT) for bound in (WINDOW_START, WINDOW_END)] if relation.traits.window else []
    condition = [] if where is None else [(VISIBLE, compile_sql(where, relation.scope, BOOLEAN, "the condition"))]
    relation.project([*keys, *columns, *condition], ())
    present = " AND ".join([f"{quote_duckdb(ref)} IS NOT NULL" for ref in needed] + [quote_duckdb(ref) for ref, _ in condition])
    rows = [kept(ref, type_) for ref, type_ in relation.columns.items() if ref != VISIBLE]
    relation.project([*rows, (VISIBLE, Sql(present, present, BOOLEAN))], ())
    types = {ref: type_.arrow for ref, type_ in relation.columns.items()}
    key_schema = pa.schema([(ref, types[ref]) for ref, _ in keys])
    row_schema = pa.schema([(ref, types[ref]) for ref, _ in columns])
    return TableChanges(relation.stage(), *rows_state("rows", key_schema, row_schema, relation.traits.window))
