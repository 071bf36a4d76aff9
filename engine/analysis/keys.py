"""PARTITION BY and GROUP BY: the keys a query gives to rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlglot import exp

from ksql.engine.aggregates import is_aggregate
from ksql.engine.analysis.model import Analysis
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import fail
from ksql.parser import nodes, to_sql


def list_keys(analysis: Analysis, catalog: Catalog) -> Analysis:
    """PARTITION BY and GROUP BY as lists."""
    query = analysis.query
    partition_by = query.args.get("partition_by")
    group = query.args.get("group")
    partition = tuple(_flat(partition_by)) if partition_by else None
    groups = tuple(_flat(group.expressions)) if group else ()
    for clause, keys in (("PARTITION BY", partition or ()), ("GROUP BY", groups)):
        for i, key in enumerate(keys):
            if key in keys[:i]:
                fail(key, f"{clause} names {to_sql(key)} twice")
    if partition and any(isinstance(key, exp.Null) for key in partition):
        if len(partition) > 1:
            fail(query, "PARTITION BY NULL takes no other columns beside it", hint="it leaves the stream without a key.")
        partition = ()
    return replace(analysis, partition_by=partition, group_by=groups)


def _flat(expressions: Iterable[exp.Expression]) -> list[exp.Expression]:
    listed: list[exp.Expression] = []
    for expression in expressions:
        if isinstance(expression, exp.Tuple):
            listed += _flat(expression.expressions)
        elif isinstance(expression, exp.Paren):
            listed += _flat([expression.this])
        else:
            listed.append(expression)
    return listed


def group_all(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Aggregates without a GROUP BY: in a push query all rows are one group."""
    if analysis.persistent or analysis.emit is None or analysis.group_by:
        return analysis
    calls = (call for item in analysis.query.expressions for call in item.find_all(nodes.FunctionCall))
    return replace(analysis, groups_all=any(is_aggregate(call.name) for call in calls))


def check_windowed_key(analysis: Analysis, catalog: Catalog) -> Analysis:
    """A key with a window stays; PARTITION BY may name it."""
    keys, relation = analysis.partition_by, analysis.relation
    if keys is not None and relation.window is not None and keys != tuple(key.value for key in relation.keys):
        place = keys[0] if keys else analysis.query
        fail(place, "PARTITION BY cannot give a windowed stream another key", hint="GROUP BY can, for a table.")
    return analysis
