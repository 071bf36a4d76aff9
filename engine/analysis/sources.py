"""The FROM clause, as sources of the catalog."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ksql.engine.analysis.joins import join_nodes
from ksql.engine.analysis.model import AliasedSource, Analysis
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import StatementError, fail, located


def resolve_sources(analysis: Analysis, catalog: Catalog) -> Analysis:
    """What the query reads, from left to right."""
    from_ = analysis.query.args.get("from_")
    if from_ is None:
        fail(analysis.query, "the query has no FROM clause", hint="SELECT … FROM a_stream_or_table;")
    sources = [_aliased(from_.this, catalog)]
    for join in join_nodes(analysis):
        right = _aliased(join.this, catalog)
        if right.alias in [s.alias for s in sources]:
            fail(
                join,
                f"{right.alias} appears twice in the FROM clause",
                hint="give one of them an alias: FROM a JOIN b AS c ON …",
            )
        sources.append(right)
    return replace(analysis, sources=tuple(sources))


def refuse_windowed_tables(analysis: Analysis, catalog: Catalog) -> Analysis:
    """A persistent query reads no table of windows."""
    for source in analysis.sources if analysis.persistent else ():
        if source.traits.is_table and source.traits.window is not None:
            message = f"{source.alias} is a windowed table, which a persistent query cannot read"
            fail(analysis.query, message, hint=_AS_STREAM)
    return analysis


_AS_STREAM = "declare a stream on its topic, with WINDOW_TYPE; or ask for its rows by a pull or push query."


def _aliased(node: exp.Expression, catalog: Catalog) -> AliasedSource:
    if not isinstance(node, exp.Table):
        fail(node, "FROM takes streams and tables here", hint="a subquery works in a pull query only.")
    try:
        source = catalog.source(node.name)
    except StatementError as error:
        raise located(error, node) from None
    return AliasedSource(node.alias or node.name, source)
