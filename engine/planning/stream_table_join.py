"""A stream joined with a table: plans the operator of that name."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from ksql.engine.analysis.joins import JOIN_KEY
from ksql.engine.analysis.model import JoinClause
from ksql.engine.expressions.typed import Name, Scope
from ksql.engine.operators.steps import Filter, Sql, compile_sql
from ksql.engine.operators.stream_table_join import StreamTableJoin
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.types.sql_types import Column


def join_stream_table(
    stream: Relation,
    table: Relation,
    join: JoinClause,
    properties: Mapping[str, str],  # noqa: ARG001
) -> Relation:
    """Rows of the stream, each beside the table's row of its key."""
    (key,) = join.result.keys
    key_ref = f"{JOIN_KEY}.{join.right.alias}"
    table_key = Scope(table.names).find(join.right_key, join.right_key.name, join.right.alias).ref
    stream.steps.append(Filter(Sql("TRUE", "TRUE")))
    columns = [
        *(kept(ref, type_) for ref, type_ in stream.columns.items()),
        (key_ref, compile_sql(join.left_key, stream.scope)),
    ]
    stream.project(columns, stream.names)
    rows = pa.schema([(ref, type_.arrow) for ref, type_ in table.columns.items() if ref != table_key])
    state = KeyedState(f"table.{join.right.alias}", pa.schema([(table_key, key.type.arrow)]), rows)
    outer, rekeyed = join.kind == "LEFT", join.result.is_misplaced
    node = StreamTableJoin(stream.stage(), table.stage(), key_ref, table_key, state, outer=outer, rekeyed=rekeyed)
    # Earlier keys are no more: that of the result is the value both sides were compared by, whether or not they matched.
    name = Name("", Column(key.value.name, key.type), key_ref, hidden=True)
    names = (*(n for n in stream.names if n.qualifier), *table.names, name)
    return Relation(node, names, {**stream.columns, **table.columns}, join.result)
