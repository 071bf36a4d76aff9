"""A stream joined with a table: plans the operator of that name."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from ksql.engine.analysis.model import JoinClause
from ksql.engine.expressions.typed import WINDOW_BOUNDS, Scope
from ksql.engine.operators.steps import Filter, Sql, compile_sql
from ksql.engine.operators.stream_table_join import StreamTableJoin
from ksql.engine.planning.join_keys import condition_of, key_names, shared_key, window_refs
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.rows_state import rows_state
from ksql.engine.settings import LOAD_FIRST, is_on
from ksql.engine.types.sql_types import BIGINT


def join_stream_table(stream: Relation, table: Relation, join: JoinClause, properties: Mapping[str, str]) -> Relation:
    """Rows of the stream, each beside the table's row of its key."""
    stream.steps.append(Filter(Sql("TRUE", "TRUE")))
    key = shared_key(join)
    made = [(ref, compile_sql(e, stream.scope)) for ref, e in zip(key, join.left_keys, strict=False)]
    stream.project([*(kept(ref, type_) for ref, type_ in stream.columns.items()), *made], stream.names)
    table_keys = _keyed(table, join)
    rows = pa.schema([(ref, type_.arrow) for ref, type_ in table.columns.items() if ref not in table_keys])
    keys = pa.schema([(ref, type_.arrow) for ref, type_ in zip(table_keys, key.values(), strict=True)])
    bounds = table_keys[len(join.right_keys) :]
    state, retention = rows_state(f"table.{join.right.alias}", keys, rows, table.traits.window, bounds)
    node = StreamTableJoin(
        stream.stage(),
        table.stage(),
        tuple(key),
        table_keys,
        state,
        outer=join.kind == "LEFT",
        loads_first=not stream.traits.lies_by(*join.left_keys) or is_on(properties, LOAD_FIRST),
        condition=condition_of(join, stream, table),
        retention=retention,
    )
    names = (*(n for n in stream.names if n.qualifier), *table.names, *key_names(join))
    return Relation(node, names, {**stream.columns, **table.columns}, join.result)


def _keyed(table: Relation, join: JoinClause) -> tuple[str, ...]:
    """The refs of a table's key, its window behind it, which is called otherwise than the stream's."""
    scope = Scope(table.names)
    keys = [scope.find(key, key.name, join.right.alias).ref for key in join.right_keys]
    bounds = {bound: f"$table.{join.right.alias}-{bound}" for bound in window_refs(table.traits.window)}
    if bounds:
        columns = [kept(ref, type_) for ref, type_ in table.columns.items() if ref not in WINDOW_BOUNDS]
        table.project([*columns, *((ref, kept(bound, BIGINT)[1]) for bound, ref in bounds.items())], table.names)
    return (*keys, *bounds.values())
