"""A table joined with a table, by both primary keys or by a foreign key: plans the operators of these names."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.join_rules import is_foreign
from ksql.engine.analysis.joins import JOIN_KEY
from ksql.engine.analysis.model import JoinClause
from ksql.engine.expressions.typed import Name
from ksql.engine.operators.batch import TIMESTAMP
from ksql.engine.operators.foreign_key_join import ForeignKeyJoin, LeftTable, RightTable, index_state
from ksql.engine.operators.join_kinds import OUTER_SIDES
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.operators.table_table_join import TableSide, TableTableJoin
from ksql.engine.planning.key_bytes import key_bytes
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.types.sql_types import Column


def join_tables(left: Relation, right: Relation, join: JoinClause, properties: Mapping[str, str]) -> Relation:  # noqa: ARG001
    """Changes of the rows that both tables make together."""
    return _by_foreign_key(left, right, join) if is_foreign(left.traits, join) else _by_primary_keys(left, right, join)


def _by_primary_keys(left: Relation, right: Relation, join: JoinClause) -> Relation:
    outer = OUTER_SIDES[join.kind]
    name = f"join.{join.right.alias}"
    sides = []
    for relation, label, is_outer in ((left, "left", outer[0]), (right, "right", outer[1])):
        key = add_column(relation, f"{name}.{label}-key", compile_sql(relation.traits.keys[0].value, relation.scope))
        sides.append(TableSide(relation.stage(), key, _state(f"{name}.{label}", relation, key), is_outer))
    node = TableTableJoin(sides[0], sides[1], f"{JOIN_KEY}.{join.right.alias}")
    return joined(node, left, right, join, f"{JOIN_KEY}.{join.right.alias}")


def _by_foreign_key(left: Relation, right: Relation, join: JoinClause) -> Relation:
    name = f"join.{join.right.alias}"
    key, foreign = _ref(left, left.traits.keys[0].value), f"{name}.foreign-key"
    foreign_sql = compile_sql(join.left_key, left.scope)
    add_column(left, foreign, foreign_sql)
    encoded = add_column(left, f"{name}.key-bytes", key_bytes(left.traits, (Column(key, left.columns[key]),)))
    assert foreign_sql.type is not None
    left_table = LeftTable(left.stage(), key, encoded, foreign, _state(f"{name}.left", left, key))
    right_key = _ref(right, right.traits.keys[0].value)
    right_table = RightTable(right.stage(), right_key, _state(f"{name}.right", right, right_key))
    index = index_state(f"{name}.index", left_table, foreign_sql.type.arrow)
    node = ForeignKeyJoin(left_table, right_table, index, outer=join.kind == "LEFT")
    return Relation(node, (*left.names, *right.names), {**left.columns, **right.columns}, join.result)


def joined(node: TableTableJoin, left: Relation, right: Relation, join: JoinClause, key_ref: str) -> Relation:
    """The relation of a join's rows. Earlier keys are no more: that of the result is the value both sides were compared by."""
    (key,) = join.result.keys
    name = Name("", Column(key.value.name, key.type), key_ref, hidden=True)
    names = (*(n for n in (*left.names, *right.names) if n.qualifier), name)
    return Relation(node, names, {**left.columns, **right.columns, key_ref: key.type}, join.result)


def add_column(relation: Relation, ref: str, sql: Sql) -> str:
    """Compute one more data column of `relation`; its ref."""
    relation.project([*(kept(r, type_) for r, type_ in relation.columns.items()), (ref, sql)], relation.names)
    return ref


def _ref(relation: Relation, column: exp.Expression) -> str:
    assert isinstance(column, exp.Column)
    return relation.scope.find(column, column.name, column.text("table")).ref


def _state(name: str, relation: Relation, key: str) -> KeyedState:
    rows = [(ref, type_.arrow) for ref, type_ in relation.columns.items() if ref != key]
    return KeyedState(name, pa.schema([(key, relation.columns[key].arrow)]), pa.schema([*rows, (TIMESTAMP, pa.int64())]))
