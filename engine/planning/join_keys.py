"""What rows of two relations are found by: the columns of a join's key, the window that it ends with, and a condition."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.analysis.joins import join_key
from ksql.engine.analysis.model import JoinClause
from ksql.engine.analysis.names import free_columns
from ksql.engine.catalog.definitions import Window
from ksql.engine.expressions.typed import Name
from ksql.engine.operators.join_condition import HOLDS, PAIR, JoinCondition
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.types.sql_types import BIGINT, BOOLEAN, Column, SqlType, quote_duckdb


def add_key(relation: Relation, expressions: Sequence[exp.Expression], name: str) -> tuple[str, ...]:
    """Compute a side's key, window and all, as columns of its own; their refs. A window stands in no other column then."""
    key = [(f"{name}-{i}" if i else name, compile_sql(e, relation.scope)) for i, e in enumerate(expressions)]
    key += [(f"{name}-{bound}", kept(bound, BIGINT)[1]) for bound in window_refs(relation.traits.window)]
    others = [kept(ref, type_) for ref, type_ in relation.columns.items() if ref not in (WINDOW_START, WINDOW_END)]
    relation.project([*others, *key], relation.names)
    return tuple(ref for ref, _ in key)


def window_refs(window: Window | None) -> tuple[str, ...]:
    """The bounds that tell the windows of a key apart; sessions of one key may share a start."""
    if window is None:
        return ()
    return (WINDOW_START, WINDOW_END) if window.kind == "SESSION" else (WINDOW_START,)


def shared_key(join: JoinClause) -> dict[str, SqlType]:
    """The columns that the rows of a join have for what both sides were compared by, window and all."""
    keys = {f"{join_key(i)}.{join.right.alias}": key.type for i, key in enumerate(join.result.keys)}
    return keys | dict.fromkeys(window_refs(join.result.window), BIGINT)


def key_names(join: JoinClause) -> tuple[Name, ...]:
    """The names of the join's key. Earlier keys are no more."""
    keys = zip(join.result.keys, shared_key(join), strict=False)
    return tuple(Name("", Column(key.value.name, key.type), ref, hidden=True) for key, ref in keys)


def add_window_end(relation: Relation) -> None:
    """The end of a time window, which is no part of a key."""
    window = relation.traits.window
    if window is not None and window.size_ms is not None:
        end = f"{quote_duckdb(WINDOW_START)} + {window.size_ms}"
        columns = [kept(ref, type_) for ref, type_ in relation.columns.items()]
        relation.project([*columns, (WINDOW_END, Sql(end, end, BIGINT))], relation.names)


def condition_of(join: JoinClause, left: Relation, right: Relation) -> JoinCondition | None:
    """What must be true of the rows of both sides besides."""
    if join.condition is None:
        return None
    # The stage gets pairs by hand, so it needs no input of its own.
    pairs = Relation(left.input, (*left.names, *right.names), {**left.columns, **right.columns}, join.result)
    columns = free_columns(join.condition)
    used = {pairs.scope.find(column, column.name, column.text("table")).ref for column in columns}
    sql = compile_sql(join.condition, pairs.scope, BOOLEAN, "the condition")
    pairs.project([kept(PAIR, BIGINT), (HOLDS, sql)], ())
    return JoinCondition(pairs.stage(), used)
