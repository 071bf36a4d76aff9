"""The plan of a persistent query, from its statement as the catalog keeps it."""

from __future__ import annotations

from ksql.engine.analysis.model import with_missing
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.catalog.definitions import QueryInfo
from ksql.engine.planning.analyze import analyze
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.planner import plan
from ksql.engine.planning.sink import attach_sink
from ksql.parser import nodes, parse_one


def plan_persistent(info: QueryInfo, catalog: Catalog) -> Plan:
    """A fresh plan, sink included, with empty state."""
    node = parse_one(info.statement).node
    sink = catalog.sources[info.sink]
    analysis = analyze(node.args["query"], catalog, info.properties, persistent=True)
    if isinstance(node, nodes.InsertInto):
        analysis = with_missing(analysis, sink.value_columns)
    made = plan(analysis, info.properties, into=sink)
    attach_sink(made, sink)
    return made
