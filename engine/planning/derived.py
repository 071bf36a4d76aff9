"""What a query inside another one is to that: a relation with columns, a key, perhaps a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ksql.engine.analysis.model import Analysis, Derived
from ksql.engine.analysis.traits import Traits
from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import fail
from ksql.engine.planning.plan import Plan
from ksql.engine.types.sql_types import Column


def derived_of(name: str, members: tuple[Analysis, ...], plans: Sequence[Plan]) -> Derived:
    """What `members`, joined by UNION ALL, make. name: that which WITH gives it. Raises StatementError if they do not fit."""
    first = plans[0]
    for member, plan in zip(members, plans, strict=True):
        if len(plans) > 1 and plan.is_table:
            fail(member.query, "UNION ALL is for streams, but this query makes a table", hint=_KEYS_MEET)
        _check_columns(member, plan, first)
    keys = first.columns[: first.key_count] if all(_key_places(p) == _key_places(first) for p in plans) else ()
    hidden = frozenset(item.name for item in members[0].items if item.hidden)
    traits = [plan.traits for plan in plans]
    most = max(traits, key=lambda t: t.partitions)
    source = _source(name, first, keys, most.partitions)
    return Derived(
        name,
        members,
        source,
        replace(first.traits, keys=(), origin=most.origin, is_misplaced=False),
        hidden,
        moves=bool(keys) and most.partitions > 1 and not _lie_together(traits),
    )


_KEYS_MEET = "rows of two tables would have the same keys; a stream of each table's topic may be part of a union."


def _check_columns(member: Analysis, plan: Plan, first: Plan) -> None:
    wanted, given = first.in_order, plan.in_order
    if len(wanted) != len(given):
        message = f"the queries of UNION ALL have {len(wanted)} columns and {len(given)}"
        fail(member.query, message, hint="they must have the same columns; CAST(NULL AS …) stands for one that is missing.")
    for item, column, other in zip(member.items, given, wanted, strict=True):
        if column.type != other.type:
            message = f"column {column.name} of UNION ALL is {column.type} here, and {other.type} in the first query"
            fail(item.expression, message, hint=f"CAST(… AS {other.type}) makes them equal.")
    if plan.window != first.window:
        has, first_has = (p.window or "no window" for p in (plan, first))
        fail(member.query, f"the keys of UNION ALL differ: here they have {has}, and in the first query {first_has}")


def _key_places(plan: Plan) -> list[int]:
    """Which columns of the SELECT list are the key, in the key's order."""
    return [plan.in_order.index(key) for key in plan.columns[: plan.key_count]]


def _lie_together(traits: Sequence[Traits]) -> bool:
    """Whether equal keys lie in one partition: each where it belongs, and all are written in one way."""
    ways = [(t.partitions, t.key_format, t.key_options.delimiter) for t in traits]
    return all(way == ways[0] for way in ways) and not any(t.is_misplaced for t in traits)


def _source(name: str, plan: Plan, keys: tuple[Column, ...], partitions: int) -> Source:
    """The columns as those of a source: what a query around may name. A union has as many partitions as its widest member."""
    traits, columns = plan.traits, plan.in_order
    return Source(
        name=name,
        is_table=traits.is_table,
        key_columns=keys,
        value_columns=tuple(column for column in columns if column not in keys),
        topic="",
        key_format=traits.key_format,
        value_format=traits.origin.value_format,
        key_options=traits.key_options,
        value_options=traits.origin.value_options,
        order=tuple(column.name for column in columns),
        windowed=traits.window.kind if traits.window else None,
        window_size_ms=traits.window.size_ms if traits.window else None,
        partitions=partitions,
    )
