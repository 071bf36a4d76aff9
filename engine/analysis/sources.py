"""The FROM clause, as sources of the catalog."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ksql.engine.analysis.joins import join_nodes
from ksql.engine.analysis.model import AliasedSource, Analysis, Derived
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import StatementError, fail, located


def resolve_sources(analysis: Analysis, catalog: Catalog) -> Analysis:
    """What the query reads, from left to right."""
    from_ = analysis.query.args.get("from_")
    if from_ is None:
        fail(analysis.query, "the query has no FROM clause", hint="SELECT … FROM a_stream_or_table;")
    derived = iter(analysis.derived)
    sources = [_aliased(from_.this, next(derived), catalog)]
    for join in join_nodes(analysis):
        right = _aliased(join.this, next(derived), catalog)
        if right.alias in [s.alias for s in sources]:
            fail(
                join,
                f"{right.alias} appears twice in the FROM clause",
                hint="give one of them an alias: FROM a JOIN b AS c ON …",
            )
        sources.append(right)
    return replace(analysis, sources=tuple(sources))


def _aliased(node: exp.Expression, derived: Derived | None, catalog: Catalog) -> AliasedSource:
    alias = node.alias or node.name
    if derived is not None:
        return AliasedSource(alias, replace(derived.source, name=alias), derived)
    try:
        source = catalog.source(node.name)
    except StatementError as error:
        raise located(error, node) from None
    return AliasedSource(alias, source)
