"""Joins: so far a stream with tables, one after the other."""

from __future__ import annotations

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource, Analysis, JoinClause
from ksql.engine.analysis.names import free_columns
from ksql.engine.errors import NotSupportedError, fail, located
from ksql.engine.expressions.typed import Name, Scope
from ksql.engine.operators.steps import Filter, Sql, compile_sql
from ksql.engine.operators.stream_table_join import StreamTableJoin
from ksql.engine.planning.relation import Relation, kept, read
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.types.sql_types import Column, SqlType

JOIN_KEY = "$joinkey"


def plan_joins(analysis: Analysis) -> Relation:
    """The relation of all sources joined, left to right."""
    relation = _side(analysis, 0, analysis.sources[0])
    for index, join in enumerate(analysis.joins, 1):
        _check(analysis, join)
        table = _side(analysis, index, join.right)
        relation = _stream_table(relation, table, join, rekeyed=_is_rekeyed(analysis, index))
    return relation


def _is_rekeyed(analysis: Analysis, count: int) -> bool:
    """Whether one of the first `count` joins compares something else than the key of what stands before it."""
    source, joins = analysis.sources[0], analysis.joins[:count]
    keys = source.source.key_columns
    if len(keys) != 1 or not _is_column(joins[0].left_key, source, keys[0].name):
        return True
    same = [key for join in joins for key in (join.left_key, join.right_key)]
    return any(join.left_key not in same[: 2 * i] for i, join in enumerate(joins[1:], 1))


def _check(analysis: Analysis, join: JoinClause) -> None:
    left, right = analysis.sources[0].source, join.right.source
    if join.within is not None:
        fail(join.node, "WITHIN is for stream-stream joins only", hint="a table has no window: leave WITHIN out.")
    if join.kind not in ("INNER", "LEFT"):
        fail(join.node, f"a stream and a table cannot be joined by {join.kind} JOIN", hint="JOIN and LEFT JOIN are possible.")
    if left.windowed or right.windowed:
        raise located(NotSupportedError("a join of windowed sources is not supported yet"), join.node)
    keys = right.key_columns
    if len(keys) != 1 or not _is_column(join.right_key, join.right, keys[0].name):
        name = ", ".join(f"{join.right.alias}.{k.name}" for k in keys)
        fail(join.right_key, f"the table's side of the condition must be its primary key {name}")
    if left.partitions != right.partitions:
        fail(
            join.node,
            f"{left.name} has {left.partitions} partitions and {right.name} has {right.partitions}: they must have as many",
            hint=f"CREATE STREAM … WITH (PARTITIONS={right.partitions}) AS SELECT … PARTITION BY … makes them alike.",
        )


def _is_column(node: exp.Expression, source: AliasedSource, name: str) -> bool:
    return isinstance(node, exp.Column) and node.name == name and node.text("table") in ("", source.alias)


def _side(analysis: Analysis, index: int, aliased: AliasedSource) -> Relation:
    """One source with the columns the query uses; its own ROWTIME among them when it is asked for."""
    relation = read(index, aliased, prefix=True)
    used = {(column.text("table"), column.name) for part in _expressions(analysis) for column in free_columns(part)}
    names = [n for n in relation.names if (aliased.alias, n.column.name) in used]
    names = [_plain_ref(aliased.alias, n) for n in names]
    sources = {n.column.name: n.ref for n in relation.names}
    columns: list[tuple[str, Sql]] = []
    for name in names:
        sql = kept(sources[name.column.name], name.column.type)[1]
        columns.append((name.ref, sql))
    relation.project(columns, names)
    return relation


def _plain_ref(alias: str, name: Name) -> Name:
    if not name.ref.startswith("$"):
        return name
    return Name(name.qualifier, name.column, f"{alias}.{name.ref}", nullable=True, instant=name.instant, hidden=True)


def _expressions(analysis: Analysis) -> list[exp.Expression]:
    parts = [item.expression for item in analysis.items]
    parts += [analysis.where] if analysis.where is not None else []
    parts += list(analysis.partition_by or ()) + list(analysis.group_by)
    parts += [analysis.having] if analysis.having is not None else []
    for join in analysis.joins:
        parts += [join.left_key, join.right_key]
    return parts


def _stream_table(stream: Relation, table: Relation, join: JoinClause, *, rekeyed: bool) -> Relation:
    left_key = compile_sql(join.left_key, stream.scope)
    right_key = compile_sql(join.right_key, table.scope)
    if left_key.type != right_key.type:
        fail(
            join.node,
            f"the join keys have different types: {left_key.type} and {right_key.type}",
            hint=f"CAST(… AS {right_key.type}) makes them equal.",
        )
    assert left_key.type is not None
    key_ref = f"{JOIN_KEY}.{join.right.alias}"
    table_key = Scope(table.names).find(join.right_key, join.right_key.name, join.right.alias).ref
    stream.steps.append(Filter(Sql("TRUE", "TRUE")))
    stream.project([*(kept(r, t) for r, t in stream.columns.items()), (key_ref, left_key)], stream.names)
    state = _table_state(f"table.{join.right.alias}", table, table_key, left_key.type)
    outer = join.kind == "LEFT"
    node = StreamTableJoin(stream.stage(), table.stage(), key_ref, table_key, state, outer=outer, rekeyed=rekeyed)
    names = (*(n for n in stream.names if n.qualifier), *table.names, join_key_name(key_ref, left_key.type))
    return Relation(node, names, {**stream.columns, **table.columns})


def join_key_name(ref: str, type_: SqlType) -> Name:
    """The key of a join's result: the value both sides were compared by, present whether or not they matched."""
    return Name("", Column(JOIN_KEY, type_), ref, hidden=True)


def _table_state(name: str, table: Relation, key: str, key_type: SqlType) -> KeyedState:
    rows = pa.schema([(ref, type_.arrow) for ref, type_ in table.columns.items() if ref != key])
    return KeyedState(name, pa.schema([(key, key_type.arrow)]), rows)
