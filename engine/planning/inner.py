"""Queries inside another one: their plans become relations that the query around them reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource
from ksql.engine.expressions.typed import WINDOW_BOUNDS, Refs
from ksql.engine.operators.inner_query import InnerQuery
from ksql.engine.operators.repartition import Repartition
from ksql.engine.operators.source import SourceInput
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.steps import Named
from ksql.engine.operators.union_all import UnionAll
from ksql.engine.planning.key_bytes import key_bytes
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.types.sql_types import Column
from ksql.parser import to_sql

_KEY = "$inner-key"


def plan_inner(aliased: AliasedSource, members: Sequence[Plan], among: Refs | None) -> Relation:
    """The relation of the rows that `members` make. among: as `read` has it."""
    name = to_sql(exp.to_identifier(aliased.alias))
    _tell_apart(name, members)
    if len(members) > 1:
        return _in_place(_union(aliased, members, name, _new_refs(aliased, among or Refs())), aliased)
    relation = _named(_relation(aliased, members[0], open_end=not members[0].states), name)
    if among is not None:
        relation = _renamed(relation, aliased, _new_refs(aliased, among))
    return _in_place(relation, aliased)


def outline(aliased: AliasedSource, among: Refs | None) -> Relation:
    """As `plan_inner`, without rows: whoever asks wants to know the columns only, however deep the query lies."""
    new = dict(zip(aliased.source.order, _new_refs(aliased, among or Refs()), strict=True))
    names = tuple(replace(name, ref=new.get(name.column.name, name.ref)) for name in aliased.names())
    types = {name.ref: name.column.type for name in names if name.column.name in new or name.ref in WINDOW_BOUNDS}
    return Relation(UnionAll(()), names, types, aliased.traits)


def _union(aliased: AliasedSource, members: Sequence[Plan], name: str, refs: Sequence[str]) -> Relation:
    relations = [_renamed(_relation(aliased, member, open_end=True), aliased, refs) for member in members]
    union = InnerQuery(UnionAll([relation.stage() for relation in relations]), name)
    return Relation(union, relations[0].names, relations[0].columns, aliased.traits)


def _in_place(relation: Relation, aliased: AliasedSource) -> Relation:
    """`relation` with its rows in the partitions of their keys, where a topic in between would have put them."""
    assert aliased.derived is not None
    if not aliased.derived.moves:
        return relation
    names, columns, traits = relation.names, dict(relation.columns), aliased.traits
    refs = {name.column.name: name.ref for name in names}
    keys = tuple(Column(refs[key.name], key.type) for key in aliased.source.key_columns)
    relation.project([*(kept(ref, type_) for ref, type_ in columns.items()), (_KEY, key_bytes(traits, keys))], names)
    return Relation(Repartition(relation.stage(), _KEY, traits.partitions), names, columns, traits)


def _tell_apart(name: str, members: Sequence[Plan]) -> None:
    """Give the states of each member names of its own: they carry that of the query."""
    for number, member in enumerate(members):
        prefix = name if len(members) == 1 else f"{name}/{number}"
        for state in member.states:
            state.name = f"{prefix}/{state.name}"


def _new_refs(aliased: AliasedSource, among: Refs) -> list[str]:
    return [among.new(f"{aliased.alias}.{column}") for column in aliased.source.order]


def _relation(aliased: AliasedSource, member: Plan, *, open_end: bool) -> Relation:
    """The rows of one member. open_end: its last steps and those that follow become one statement."""
    columns = dict(zip(member.refs, member.columns, strict=True))
    by_name = {column.name: ref for ref, column in columns.items()}
    refs = dict(zip(aliased.source.order, (by_name[column] for column in member.written), strict=True))
    refs |= {bound: bound for bound in WINDOW_BOUNDS if member.window}
    names = tuple(replace(name, ref=refs.get(name.column.name, name.ref)) for name in aliased.names())
    types = {name.ref: name.column.type for name in names if name.column.name in refs}
    output = member.output
    if open_end and isinstance(output, Stage):
        return Relation(output.input, names, types, aliased.traits, list(output.steps))
    return Relation(output, names, types, aliased.traits)


def _named(relation: Relation, name: str) -> Relation:
    """`relation` with a mark of where the query ends; one that has a state passes on every change."""
    if relation.steps or isinstance(relation.input, SourceInput):
        relation.steps.append(Named(name))
    else:
        relation.input = InnerQuery(relation.input, name)
    return relation


def _renamed(relation: Relation, aliased: AliasedSource, refs: Sequence[str]) -> Relation:
    """`relation` with the columns called `refs`, in the order of the SELECT list."""
    new = dict(zip(aliased.source.order, refs, strict=True))
    names = [replace(name, ref=new.get(name.column.name, name.ref)) for name in relation.names]
    columns = [
        (after.ref, kept(before.ref, before.column.type)[1])
        for before, after in zip(relation.names, names, strict=True)
        if before.ref in relation.columns
    ]
    relation.project(columns, names)
    return relation
