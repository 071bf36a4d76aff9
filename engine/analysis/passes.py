"""The passes of query analysis, in their order. Each takes an Analysis and the catalog and gives a new Analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlglot import exp

from ksql.engine.analysis.calls import check_calls
from ksql.engine.analysis.joins import refuse_unsupported, resolve_join
from ksql.engine.analysis.model import AliasedSource, Analysis, Item
from ksql.engine.analysis.names import name_items, qualify
from ksql.engine.analysis.stars import expand_stars, fill_empty_calls
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import NotSupportedError, StatementError, fail, located
from ksql.engine.types.names import resolve_type, type_reference
from ksql.parser import nodes, to_sql

Pass = Callable[[Analysis, Catalog], Analysis]


def analyze(query: exp.Expression, catalog: Catalog, *, persistent: bool) -> Analysis:
    """Work out what `query` means. Raises StatementError pointing at what is wrong."""
    if not isinstance(query, nodes.Query):
        fail(
            query,
            "a query of streams is one SELECT, without WITH, UNION or VALUES",
            hint="a pull query (no EMIT) may use them.",
        )
    analysis = Analysis(query.copy(), persistent=persistent)
    for step in PASSES:
        analysis = step(analysis, catalog)
    return analysis


def refuse_unknown_clauses(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Clauses of a database query that have no meaning for an unbounded one."""
    for name, text in (
        ("order", "ORDER BY"),
        ("distinct", "DISTINCT"),
        ("with_", "WITH"),
        ("offset", "OFFSET"),
        ("qualify", "QUALIFY"),
    ):
        if analysis.query.args.get(name):
            fail(analysis.query, f"{text} works in a pull query only", hint="leave out EMIT to ask for the present rows.")
    if analysis.persistent and analysis.query.args.get("limit"):
        fail(analysis.query, "a persistent query has no LIMIT", hint="LIMIT ends a push or pull query.")
    return analysis


def resolve_sources(analysis: Analysis, catalog: Catalog) -> Analysis:
    """The FROM clause and its joins, as sources of the catalog."""
    from_ = analysis.query.args.get("from_")
    if from_ is None:
        fail(analysis.query, "the query has no FROM clause", hint="SELECT … FROM a_stream_or_table;")
    sources = [_aliased(from_.this, catalog)]
    joins = []
    for join in analysis.query.args.get("joins") or []:
        right = _aliased(join.this, catalog)
        if right.alias in [s.alias for s in sources]:
            fail(
                join,
                f"{right.alias} appears twice in the FROM clause",
                hint="give one of them an alias: FROM a JOIN b AS c ON …",
            )
        joins.append(resolve_join(join, tuple(sources), right))
        sources.append(right)
    refuse_unsupported(joins, sources[0])
    return replace(analysis, sources=tuple(sources), joins=tuple(joins))


def _aliased(node: exp.Expression, catalog: Catalog) -> AliasedSource:
    if not isinstance(node, exp.Table):
        fail(node, "FROM takes streams and tables here", hint="a subquery works in a pull query only.")
    try:
        source = catalog.source(node.name)
    except StatementError as error:
        raise located(error, node) from None
    return AliasedSource(node.alias or node.name, source)


def resolve_types(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Names of custom types become the types they stand for."""
    for reference in list(analysis.query.find_all(nodes.TypeRef)):
        reference.replace(type_reference(resolve_type(reference, catalog.types)))
    return analysis


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


def star_pass(analysis: Analysis, catalog: Catalog) -> Analysis:
    analysis.query.set("expressions", expand_stars(analysis))
    fill_empty_calls(analysis)
    return analysis


def qualify_pass(analysis: Analysis, catalog: Catalog) -> Analysis:
    qualify(analysis)
    return analysis


def name_pass(analysis: Analysis, catalog: Catalog) -> Analysis:
    """The columns of the result, by name. Parentheses around one mean nothing: a key may have them here and not in GROUP BY."""
    for item in analysis.query.expressions:
        item.unalias().replace(item.unalias().unnest())
    names = name_items(analysis)
    values = [e.this if isinstance(e, exp.Alias) else e for e in analysis.query.expressions]
    return replace(analysis, items=tuple(Item(n, v) for n, v in zip(names, values, strict=True)))


def check_clauses(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Clauses that need each other, or exclude each other."""
    query = analysis.query
    if analysis.window is not None and not analysis.group_by:
        fail(analysis.window, "WINDOW needs a GROUP BY", hint="a window is a group's slice of time.")
    if analysis.having is not None and not analysis.group_by:
        fail(query.args["having"], "HAVING needs a GROUP BY", hint="WHERE filters rows before they are grouped.")
    if analysis.group_by and analysis.partition_by is not None:
        fail(query, "GROUP BY and PARTITION BY exclude each other", hint="GROUP BY sets the key already.")
    if analysis.partition_by is not None and analysis.sources[0].source.is_table:
        fail(query, "PARTITION BY works on streams only", hint="a table's key is its primary key.")
    if analysis.persistent:
        for source in analysis.sources:
            if source.source.is_table and source.source.windowed:
                fail(query, f"{source.alias} is a windowed table, which a persistent query cannot read", hint=_AS_STREAM)
    check_calls(analysis)
    if analysis.emit == "FINAL" and analysis.window is None:
        fail(query, "EMIT FINAL is for windowed aggregations: it waits until a window closes", hint="leave it out.")
    if analysis.emit == "FINAL":
        raise located(NotSupportedError("EMIT FINAL is not supported yet"), query)
    return analysis


_AS_STREAM = "declare a stream on its topic, with WINDOW_TYPE; or ask for its rows by a pull or push query."

PASSES: tuple[Pass, ...] = (
    refuse_unknown_clauses,
    resolve_sources,
    resolve_types,
    list_keys,
    check_clauses,
    star_pass,
    qualify_pass,
    list_keys,
    name_pass,
)
