"""Plans a query: what it reads, and then the one shape it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from ksql.engine.analysis.model import AliasedSource, Analysis
from ksql.engine.catalog.definitions import Source
from ksql.engine.expressions.typed import Refs
from ksql.engine.planning.aggregation import plan_aggregate
from ksql.engine.planning.inner import outline, plan_inner
from ksql.engine.planning.join import plan_joins
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.relation import Relation, read
from ksql.engine.planning.stream import plan_stream
from ksql.engine.planning.table import plan_table


def plan(analysis: Analysis, properties: Mapping[str, str], into: Source | None = None) -> Plan:
    """Operators for `analysis`, without a sink, as the session's properties want them. Raises StatementError for what has no
    meaning.

    into: what the query writes, if that is there already: it says which columns are keys, and a stream's numbers are widened
    to its.
    """
    made = _plan(analysis, properties, _Sources(alone=len(analysis.reads) == 1), into)
    return made if analysis.persistent else _as_written(made)


def plan_outline(analysis: Analysis, properties: Mapping[str, str]) -> Plan:
    """A plan that tells what its rows are, of a query that stands inside another one; those inside itself have none."""
    return _plan(analysis, properties, _Sources(alone=False, outlined=True))


def plan_rows(analysis: Analysis, relation: Relation, properties: Mapping[str, str]) -> Plan:
    """A filter and projection of rows that `relation` gives, each by itself: what a pull query of the dialect is."""
    return _as_written(_written(plan_stream(analysis, relation, properties, None), analysis))


@dataclass(slots=True)
class _Sources:
    """Gives the sources of a query, and of those inside it, their numbers. alone: there is but one. outlined: without those
    inside it.
    """

    alone: bool
    outlined: bool = False
    numbers: Iterator[int] = field(default_factory=count)


def _plan(analysis: Analysis, properties: Mapping[str, str], sources: _Sources, into: Source | None = None) -> Plan:
    per_record = 1

    def read_any(aliased: AliasedSource, among: Refs | None = None) -> Relation:
        nonlocal per_record
        if aliased.derived is None:
            return read(next(sources.numbers), aliased, among, alone=sources.alone)
        if sources.outlined:
            return outline(aliased, among)
        members = [_plan(member, properties, sources) for member in aliased.derived.members]
        per_record = max(per_record, *(member.windows_per_record for member in members))
        return plan_inner(aliased, members, among)

    relation = plan_joins(analysis, properties, read_any) if analysis.joins else read_any(analysis.sources[0])
    if analysis.is_aggregate:
        made = plan_aggregate(analysis, relation, properties, into)
    elif relation.traits.is_table:
        made = plan_table(analysis, relation, into)
    else:
        made = plan_stream(analysis, relation, properties, into)
    made.windows_per_record *= per_record
    return _written(made, analysis)


def _written(made: Plan, analysis: Analysis) -> Plan:
    made.written = tuple(item.name for item in analysis.items)
    return made


def _as_written(made: Plan) -> Plan:
    """A push query shows its columns in the order of the SELECT list; a key has no special place."""
    refs = {column.name: ref for column, ref in zip(made.columns, made.refs, strict=True)}
    return replace(made, columns=made.in_order, refs=tuple(refs[name] for name in made.written), keys=made.keys)
