"""GROUP BY: groups, their aggregates, and what HAVING leaves of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.model import Analysis
from ksql.engine.analysis.traits import Traits
from ksql.engine.catalog.definitions import Source, Window
from ksql.engine.errors import NotSupportedError, StatementError, fail, located
from ksql.engine.expressions.typed import Name
from ksql.engine.formats import bind
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.operators.aggregation import REKEY, Aggregation
from ksql.engine.operators.batch import BatchContext
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.operators.table_view import VISIBLE
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START, TimeWindows
from ksql.engine.planning.aggregate_calls import AggregateCalls, collect_calls
from ksql.engine.planning.explode import refuse_explosion
from ksql.engine.planning.grouping import Grouping
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.projection import project
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.result import Result, split
from ksql.engine.planning.view import plan_view
from ksql.engine.types.sql_types import BIGINT, BOOLEAN, BYTES, Column, quote_duckdb

#: The key of the only group there is without a GROUP BY.
_ALL = Sql("TRUE", "TRUE", BOOLEAN)


def plan_aggregate(analysis: Analysis, relation: Relation, properties: Mapping[str, str], into: Source | None) -> Plan:
    """Groups of the rows of `relation`; with HAVING, a view of those that satisfy it."""
    _check(analysis, relation.traits)
    if analysis.where is not None:
        relation.filter(analysis.where)
    calls = collect_calls(analysis, relation, properties)
    keys = [(expression, f"$key{i}") for i, expression in enumerate(analysis.group_by)]
    output, aggregation = _group(analysis, relation, keys, calls)
    grouping = Grouping(keys, calls.found)
    result = split(analysis, [[key] for key in analysis.group_by], "the GROUP BY column", into)
    rewritten = Result(grouping.items(result.keys), grouping.items(result.values))
    having = None if analysis.having is None else grouping.rewrite(analysis.having)
    condition = [] if having is None else [(VISIBLE, compile_sql(having, output.scope, BOOLEAN, "HAVING"))]
    hidden = [] if having is None or result.keys else [kept(ref, output.columns[ref]) for ref in aggregation.keys]
    bounds = [kept(bound, BIGINT) for bound in (WINDOW_START, WINDOW_END)] if aggregation.windows else []
    columns = project(output, rewritten, [*hidden, *bounds, *condition])
    refs = tuple(output.columns)[: len(columns)]
    kept_by = (*(refs[: len(result.keys)] or aggregation.keys), *(bound for bound, _ in bounds))
    view = None if having is None else plan_view(output, kept_by, filtered=True, aggregation=aggregation)
    stage = output.stage()
    return Plan(
        view or stage,
        columns,
        refs,
        len(result.keys),
        is_table=True,
        window=output.traits.window,
        partitions=output.traits.partitions,
        windows_per_record=aggregation.windows.per_record if aggregation.windows else 1,
        materialized=view or AggregatedRows(aggregation, stage),
    )


def _check(analysis: Analysis, traits: Traits) -> None:
    refuse_explosion(analysis, "cannot stand beside aggregates", "explode in one stream, and aggregate that one.")
    if traits.is_table:
        raise located(NotSupportedError("aggregates of a table are not supported yet"), analysis.query)
    if analysis.emit == "FINAL":
        raise located(NotSupportedError("EMIT FINAL is not supported yet"), analysis.query)


def _group(
    analysis: Analysis, relation: Relation, keys: Sequence[tuple[exp.Expression, str]], calls: AggregateCalls
) -> tuple[Relation, Aggregation]:
    """The aggregation over `relation`, and its output: groups, results, and the bounds of windows."""
    key_sql = [(ref, _group_key(expression, relation)) for expression, ref in keys] or [("$key0", _ALL)]
    windows = _windows(analysis)
    partitions = _repartition(analysis, relation.traits) if windows else 0
    rekeyed = [(REKEY, _key_bytes(relation.traits, key_sql))] if partitions else []
    relation.project([*key_sql, *calls.arguments], ())
    relation.filter_sql(" AND ".join(f"{quote_duckdb(ref)} IS NOT NULL" for ref, _ in key_sql))
    if rekeyed:
        relation.project([*(kept(ref, type_) for ref, type_ in relation.columns.items()), *rekeyed], ())
    columns = [Column(ref, sql.type) for ref, sql in key_sql if sql.type is not None]
    key_types = [(column.name, column.type.arrow) for column in columns]
    aggregation = Aggregation("aggregation", relation.stage(), key_types, calls.calls, windows, partitions)
    window = Window(windows.kind, windows.size_ms) if windows else None
    names = _names(columns, calls, windows)
    types = {name.ref: name.column.type for name in names}
    return Relation(aggregation, names, types, replace(relation.traits, is_table=True, keys=(), window=window)), aggregation


def _group_key(expression: exp.Expression, relation: Relation) -> Sql:
    sql = compile_sql(expression, relation.scope)
    if sql.type is None:
        fail(expression, "GROUP BY NULL has no meaning")
    return sql


def _windows(analysis: Analysis) -> TimeWindows | None:
    if analysis.windows is None:
        return None
    if analysis.windows.kind == "SESSION":
        raise located(NotSupportedError("SESSION windows are not supported yet"), analysis.window or analysis.query)
    return TimeWindows(*astuple(analysis.windows))


def _repartition(analysis: Analysis, traits: Traits) -> int:
    """Over how many partitions grouped rows are spread anew; 0 when they lie where their group's key puts them already."""
    in_place = analysis.group_by and not traits.is_misplaced and traits.is_keyed_by(*analysis.group_by)
    return 0 if in_place or traits.partitions == 1 else traits.partitions


def _key_bytes(traits: Traits, keys: Sequence[tuple[str, Sql]]) -> Sql:
    """The new key as a repartition topic would hold it: in the format of the old one; where that cannot carry it, as JSON."""
    columns = tuple(Column(ref, sql.type) for ref, sql in keys if sql.type is not None)
    options = FormatOptions(is_key=True, delimiter=traits.key_options.delimiter)
    try:
        _, encoder = bind("KAFKA" if traits.key_format == "NONE" else traits.key_format, columns, options)
    except StatementError:
        _, encoder = bind("JSON", columns, FormatOptions(is_key=True))
    sql = encoder.sql([quote_duckdb(ref) for ref, _ in keys])
    return Sql(sql, sql, BYTES)


def _names(keys: Sequence[Column], calls: AggregateCalls, windows: TimeWindows | None) -> tuple[Name, ...]:
    names = [Name("", column, column.name, nullable=False) for column in keys]
    names += [Name("", Column(call.ref, call.function.returns), call.ref) for call in calls.calls]
    if windows:
        bounds = (WINDOW_START, WINDOW_END)
        names += [Name("", Column(bound, BIGINT), bound, nullable=False, instant=True) for bound in bounds]
    return tuple(names)


class AggregatedRows:
    """The rows of an aggregation as a pull query reads them: its present state, through the stage behind it."""

    def __init__(self, aggregation: Aggregation, stage: Stage) -> None:
        self._aggregation = aggregation
        self._stage = stage

    def rows(self, context: BatchContext, keys: pa.Table | None) -> pa.Table:
        if keys is not None:
            keys = keys.rename_columns(self._aggregation.keys)
        return self._stage.run_over(self._aggregation.rows(keys), context)
