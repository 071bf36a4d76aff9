"""A table joined with a table, by both primary keys or by a foreign key: plans the operators of these names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.join_rules import is_foreign
from ksql.engine.analysis.model import JoinClause
from ksql.engine.analysis.traits import Key
from ksql.engine.operators.batch import TIMESTAMP
from ksql.engine.operators.foreign_key_join import ForeignKeyJoin, LeftTable, RightTable, index_of
from ksql.engine.operators.join_kinds import OUTER_SIDES
from ksql.engine.operators.steps import Sql
from ksql.engine.operators.table_table_join import TableSide, TableTableJoin
from ksql.engine.planning.join_keys import add_key, add_window_end, condition_of, key_names, shared_key
from ksql.engine.planning.key_bytes import key_bytes
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.rows_state import rows_state
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.types.sql_types import Column


def join_tables(left: Relation, right: Relation, join: JoinClause, properties: Mapping[str, str]) -> Relation:  # noqa: ARG001
    """Changes of the rows that both tables make together."""
    return _by_foreign_key(left, right, join) if is_foreign(left.traits, join) else _by_primary_keys(left, right, join)


def _by_primary_keys(left: Relation, right: Relation, join: JoinClause) -> Relation:
    outer = OUTER_SIDES[join.kind]
    name = f"join.{join.right.alias}"
    keys = (
        add_key(left, [key.value for key in _in_order(left, join.left_keys)], f"{name}.left-key"),
        add_key(right, [key.value for key in _in_order(right, join.right_keys)], f"{name}.right-key"),
    )
    sides = [
        _side(relation, key, f"{name}.{label}", key[len(join.left_keys) :], outer=is_outer)
        for relation, label, key, is_outer in zip((left, right), ("left", "right"), keys, outer, strict=True)
    ]
    shared = shared_key(join)
    node = TableTableJoin(sides[0], sides[1], tuple(shared), condition_of(join, left, right))
    names = (*(n for n in (*left.names, *right.names) if n.qualifier), *key_names(join))
    result = Relation(node, names, {**left.columns, **right.columns, **shared}, join.result)
    add_window_end(result)
    return result


def _side(relation: Relation, key: Sequence[str], name: str, bounds: Sequence[str], *, outer: bool) -> TableSide:
    state, retention = rows_state(name, *_schemas(relation, key), relation.traits.window, bounds)
    return TableSide(relation.stage(), key, state, outer, retention)


def _in_order(relation: Relation, expressions: Sequence[exp.Expression]) -> list[Key]:
    """The key columns that the expressions are."""
    return [next(key for key in relation.traits.keys if e in key.expressions) for e in expressions]


def _by_foreign_key(left: Relation, right: Relation, join: JoinClause) -> Relation:
    name = f"join.{join.right.alias}"
    keys = [_ref(left, key.value) for key in left.traits.keys]
    foreign = add_key(left, join.left_keys, f"{name}.foreign-key")
    columns = tuple(Column(key, left.columns[key]) for key in keys)
    encoded = add_column(left, f"{name}.key-bytes", key_bytes(left.traits, columns))
    left_table = LeftTable(left.stage(), keys, encoded, foreign, _state(f"{name}.left", left, keys))
    right_keys = [_ref(right, key) for key in join.right_keys]
    right_table = RightTable(right.stage(), right_keys, _state(f"{name}.right", right, right_keys))
    index = index_of(f"{name}.index", left_table)
    condition = condition_of(join, left, right)
    node = ForeignKeyJoin(left_table, right_table, index, outer=join.kind == "LEFT", condition=condition)
    return Relation(node, (*left.names, *right.names), {**left.columns, **right.columns}, join.result)


def add_column(relation: Relation, ref: str, sql: Sql) -> str:
    """Compute one more data column of `relation`; its ref."""
    relation.project([*(kept(r, type_) for r, type_ in relation.columns.items()), (ref, sql)], relation.names)
    return ref


def _ref(relation: Relation, column: exp.Expression) -> str:
    assert isinstance(column, exp.Column)
    return relation.scope.find(column, column.name, column.text("table")).ref


def _state(name: str, relation: Relation, keys: Sequence[str]) -> KeyedState:
    return KeyedState(name, *_schemas(relation, keys))


def _schemas(relation: Relation, keys: Sequence[str]) -> tuple[pa.Schema, pa.Schema]:
    """Of the keys, and of the other columns with the timestamp."""
    rows = [(ref, type_.arrow) for ref, type_ in relation.columns.items() if ref not in keys]
    return pa.schema([(ref, relation.columns[ref].arrow) for ref in keys]), pa.schema([*rows, (TIMESTAMP, pa.int64())])
