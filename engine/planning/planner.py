"""Plans a query: what it reads, and then the one shape it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ksql.engine.analysis.model import Analysis
from ksql.engine.catalog.definitions import Source
from ksql.engine.planning.aggregation import plan_aggregate
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
    relation = _from(analysis, properties)
    if analysis.is_aggregate:
        made = plan_aggregate(analysis, relation, properties, into)
    elif relation.traits.is_table:
        made = plan_table(analysis, relation, into)
    else:
        made = plan_stream(analysis, relation, properties, into)
    return made if analysis.persistent else _as_written(made, analysis)


def plan_rows(analysis: Analysis, relation: Relation, properties: Mapping[str, str]) -> Plan:
    """A filter and projection of rows that `relation` gives, each by itself: what a pull query of the dialect is."""
    return _as_written(plan_stream(analysis, relation, properties, None), analysis)


def _from(analysis: Analysis, properties: Mapping[str, str]) -> Relation:
    if analysis.joins:
        return plan_joins(analysis, properties)
    (source,) = analysis.sources
    return read(0, source)


def _as_written(made: Plan, analysis: Analysis) -> Plan:
    """A push query shows its columns in the order of the SELECT list; a key has no special place."""
    refs = {column.name: (column, ref) for column, ref in zip(made.columns, made.refs, strict=True)}
    written = [refs[item.name] for item in analysis.items]
    return replace(made, columns=tuple(c for c, _ in written), refs=tuple(r for _, r in written), keys=made.keys)
