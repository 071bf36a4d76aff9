"""Joins: one after the other, each made of two relations by the planner of their kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ksql.engine.analysis.model import AliasedSource, Analysis, JoinClause
from ksql.engine.analysis.names import free_columns
from ksql.engine.expressions.typed import WINDOW_BOUNDS, Name, Refs
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.stream_stream_join import join_streams
from ksql.engine.planning.stream_table_join import join_stream_table
from ksql.engine.planning.table_join import join_tables
from ksql.engine.types.sql_types import BIGINT

#: Makes the relation of a source, given the refs of the others.
Reading = Callable[[AliasedSource, Refs], Relation]
JoinPlanner = Callable[[Relation, Relation, JoinClause, Mapping[str, str]], Relation]
#: Each kind of join: what stands before it, what it joins with that, how.
_PLANNERS: dict[tuple[str, str], JoinPlanner] = {
    ("stream", "stream"): join_streams,
    ("stream", "table"): join_stream_table,
    ("table", "table"): join_tables,
}


def plan_joins(analysis: Analysis, properties: Mapping[str, str], read: Reading) -> Relation:
    """The relation of all sources joined, left to right. read: makes the relation of each."""
    refs, used = Refs(), set(_used(analysis))
    left, *others = (_side(read(aliased, refs), aliased, refs, used) for aliased in analysis.sources)
    for join, right in zip(analysis.joins, others, strict=True):
        left = _PLANNERS[left.traits.kind, right.traits.kind](left, right, join, properties)
    return left


def _side(relation: Relation, aliased: AliasedSource, refs: Refs, used: set[tuple[str, str]]) -> Relation:
    """One source with the columns the query uses; its own ROWTIME among them when it is asked for."""
    names = [name for name in relation.names if (aliased.alias, name.column.name) in used]
    passed = [_of_source(name, refs) for name in names]
    columns = [(after.ref, kept(before.ref, before.column.type)[1]) for before, after in zip(names, passed, strict=True)]
    columns += [kept(bound, BIGINT) for bound in WINDOW_BOUNDS if relation.traits.window]
    relation.project(columns, passed)
    return relation


def _of_source(name: Name, refs: Refs) -> Name:
    """A name that rows of the join have, too: theirs is another ROWTIME, and another window, than that of one source."""
    if not name.hidden and name.ref not in WINDOW_BOUNDS:
        return name
    return replace(name, ref=refs.new(f"{name.qualifier}.{name.ref}"), nullable=True)


def _used(analysis: Analysis) -> Iterable[tuple[str, str]]:
    """The columns that the query names, or that tell the rows of a table apart: (alias, name)."""
    first = analysis.sources[0].traits
    parts = [key.value for key in first.keys if first.is_table]
    parts += [item.expression for item in analysis.items]
    parts += [part for part in (analysis.where, analysis.having) if part is not None]
    parts += [*(analysis.partition_by or ()), *analysis.group_by]
    for join in analysis.joins:
        parts += [*join.left_keys, *join.right_keys, *([] if join.condition is None else [join.condition])]
    return ((column.text("table"), column.name) for part in parts for column in free_columns(part))
