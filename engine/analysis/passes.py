"""The passes of query analysis, in their order. Each takes an Analysis and the catalog and gives a new Analysis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ksql.engine.analysis.calls import check_calls, settle_units
from ksql.engine.analysis.inner import drop_own_columns, keep_keys
from ksql.engine.analysis.join_rules import check_join_keys, check_join_kinds, check_join_windows, check_partitions
from ksql.engine.analysis.joins import resolve_joins
from ksql.engine.analysis.keys import check_windowed_key, group_all, list_keys
from ksql.engine.analysis.model import Analysis, Derived, Item, QueryKind
from ksql.engine.analysis.names import name_items, qualify_clauses
from ksql.engine.analysis.sources import resolve_sources
from ksql.engine.analysis.stars import expand_stars, fill_empty_calls
from ksql.engine.analysis.windows import read_windows
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import fail
from ksql.engine.types.names import resolve_type, type_reference
from ksql.parser import nodes

Pass = Callable[[Analysis, Catalog], Analysis]


def analyze_select(query: nodes.Query, catalog: Catalog, derived: Sequence[Derived | None], kind: QueryKind) -> Analysis:
    """Work out what one SELECT means, whose sources are tables of the catalog or `derived`: what stands in FROM instead.

    Raises StatementError pointing at what is wrong.
    """
    analysis = Analysis(query, kind, tuple(derived))
    for step in PASSES:
        analysis = step(analysis, catalog)
    return analysis


def refuse_unknown_clauses(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Clauses of a database query that have no meaning for an unbounded one."""
    for name, text in (
        ("order", "ORDER BY"),
        ("distinct", "DISTINCT"),
        ("offset", "OFFSET"),
        ("qualify", "QUALIFY"),
    ):
        if analysis.query.args.get(name):
            fail(analysis.query, f"{text} works in a pull query only", hint="leave out EMIT to ask for the present rows.")
    if analysis.persistent and analysis.query.args.get("limit"):
        what = "query inside another" if analysis.kind is QueryKind.INNER else "persistent query"
        fail(analysis.query, f"a {what} has no LIMIT", hint="LIMIT ends a push or pull query.")
    return analysis


def unit_pass(analysis: Analysis, catalog: Catalog) -> Analysis:
    settle_units(analysis.query)
    return analysis


def resolve_types(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Names of custom types become the types they stand for."""
    for reference in list(analysis.query.find_all(nodes.TypeRef)):
        reference.replace(type_reference(resolve_type(reference, catalog.types)))
    return analysis


def star_pass(analysis: Analysis, catalog: Catalog) -> Analysis:
    analysis.query.set("expressions", expand_stars(analysis))
    fill_empty_calls(analysis)
    return analysis


def qualify_pass(analysis: Analysis, catalog: Catalog) -> Analysis:
    qualify_clauses(analysis)
    return analysis


def name_pass(analysis: Analysis, catalog: Catalog) -> Analysis:
    """The columns of the result, by name. Parentheses around one mean nothing: a key may have them here and not in GROUP BY."""
    for item in analysis.query.expressions:
        item.unalias().replace(item.unalias().unnest())
    names = name_items(analysis)
    values = [item.unalias() for item in analysis.query.expressions]
    return replace(analysis, items=tuple(Item(n, v) for n, v in zip(names, values, strict=True)))


def window_pass(analysis: Analysis, catalog: Catalog) -> Analysis:
    return analysis if analysis.window is None else replace(analysis, windows=read_windows(analysis.window))


def check_clauses(analysis: Analysis, catalog: Catalog) -> Analysis:
    """Clauses that need each other, or exclude each other."""
    query = analysis.query
    if analysis.window is not None and not analysis.is_aggregate:
        fail(analysis.window, "WINDOW needs a GROUP BY", hint="a window is a group's slice of time.")
    if analysis.having is not None and not analysis.is_aggregate:
        fail(query.args["having"], "HAVING needs a GROUP BY", hint="WHERE filters rows before they are grouped.")
    if analysis.group_by and analysis.partition_by is not None:
        fail(query, "GROUP BY and PARTITION BY exclude each other", hint="GROUP BY sets the key already.")
    if analysis.groups_all and analysis.partition_by is not None:
        fail(query, "PARTITION BY is for single rows, not for aggregates", hint="GROUP BY says whose rows an aggregate takes.")
    if analysis.partition_by is not None and analysis.relation.is_table:
        fail(query, "PARTITION BY works on streams only", hint="a table's key is its primary key.")
    check_calls(analysis)
    if analysis.emit == "FINAL" and analysis.window is None:
        hint = "EMIT CHANGES gives every change; WINDOW and GROUP BY make windows."
        fail(query, "EMIT FINAL is for windowed aggregations: it waits until a window closes", hint=hint)
    return analysis


PASSES: tuple[Pass, ...] = (
    refuse_unknown_clauses,
    unit_pass,
    resolve_sources,
    check_join_kinds,
    resolve_types,
    resolve_joins,
    check_join_windows,
    check_join_keys,
    check_partitions,
    list_keys,
    group_all,
    check_clauses,
    window_pass,
    star_pass,
    qualify_pass,
    list_keys,
    check_windowed_key,
    drop_own_columns,
    name_pass,
    keep_keys,
)
