"""GROUP BY: groups, their aggregates, and what HAVING leaves of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.model import Analysis
from ksql.engine.analysis.traits import Key, Traits, reference
from ksql.engine.catalog.definitions import Source, Window
from ksql.engine.errors import fail
from ksql.engine.expressions.typed import Name
from ksql.engine.operators.aggregation import Aggregation
from ksql.engine.operators.batch import BatchContext, Node
from ksql.engine.operators.closed_windows import KEY_BYTES, ClosedWindows, Closing
from ksql.engine.operators.final_windows import FinalWindows, Grouped
from ksql.engine.operators.repartition import REKEY
from ksql.engine.operators.session_aggregation import SessionAggregation
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.steps import Project, Sql, compile_sql
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START, SessionWindows, TimeWindows
from ksql.engine.planning.aggregate_calls import AggregateCalls, collect_calls
from ksql.engine.planning.explode import refuse_explosion
from ksql.engine.planning.grouping import Grouping
from ksql.engine.planning.key_bytes import key_bytes
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.projection import planned, project_table
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.result import Result, split
from ksql.engine.planning.table_changes import plan_changes
from ksql.engine.planning.view import plan_view
from ksql.engine.settings import FINAL_INTERVAL, value_of
from ksql.engine.types.sql_types import BIGINT, BOOLEAN, BYTES, Column

#: The key of the only group there is without a GROUP BY.
_ALL = Sql("TRUE", "TRUE", BOOLEAN)


def plan_aggregate(analysis: Analysis, relation: Relation, properties: Mapping[str, str], into: Source | None) -> Plan:
    """Groups of the rows of `relation`; with HAVING, a view of those that satisfy it."""
    _check(analysis, relation.traits)
    calls = collect_calls(analysis, relation, properties)
    keys = [(expression, f"$key{i}") for i, expression in enumerate(analysis.group_by)]
    output, aggregation = _group(analysis, relation, keys, calls, properties)
    grouping = Grouping(analysis, keys, calls.found)
    result = split(analysis, [[key] for key in analysis.group_by], "the GROUP BY column", into)
    rewritten = Result(grouping.items(result.keys), grouping.items(result.values))
    having = None if analysis.having is None else grouping.rewrite(analysis.having)
    condition = None if having is None else compile_sql(having, output.scope, BOOLEAN, "HAVING")
    kept_by = project_table(output, rewritten, [kept(ref, output.columns[ref]) for ref in aggregation.keys], condition)
    stage, per_record = output.stage(), aggregation.windows.per_record if aggregation.windows else 1
    if condition is None:
        return planned(output, result, stage, windows_per_record=per_record, materialized=AggregatedRows(aggregation, stage))
    view = plan_view(output, kept_by, filtered=True, aggregation=aggregation)
    return planned(output, result, view, windows_per_record=per_record, materialized=view)


def _check(analysis: Analysis, traits: Traits) -> None:
    refuse_explosion(analysis, "cannot stand beside aggregates", "explode in one stream, and aggregate that one.")
    if traits.is_table and analysis.window is not None:
        fail(analysis.window, "a table cannot be grouped in windows", hint="windows are for the records of a stream.")


def _group(
    analysis: Analysis,
    relation: Relation,
    keys: Sequence[tuple[exp.Expression, str]],
    calls: AggregateCalls,
    properties: Mapping[str, str],
) -> tuple[Relation, Grouped]:
    """The aggregation over `relation`, and its output: groups, results, and the bounds of windows."""
    key_sql = [(ref, _group_key(expression, relation)) for expression, ref in keys] or [("$key0", _ALL)]
    windows = _windows(analysis)
    in_place, signed = _lies_in_place(analysis, relation.traits), relation.traits.is_table
    partitions = relation.traits.partitions if windows and not in_place else 0
    columns = tuple(Column(ref, sql.type) for ref, sql in key_sql if sql.type is not None)
    computed, groups = [*key_sql, *calls.arguments], [ref for ref, _ in key_sql]
    if signed:
        rows: Node = plan_changes(relation, analysis.where, computed, groups)
    else:
        rekeyed = [(REKEY, key_bytes(relation.traits, columns))] if partitions else []
        rows = _rows(relation, analysis.where, computed, rekeyed)
    key_types = [(column.name, column.type.arrow) for column in columns]
    made = "aggregation", rows, key_types, calls.calls
    closed = _closed(rows, relation.traits, columns, windows, properties) if windows and analysis.emit == "FINAL" else None
    leave_by = closed.times if closed else None
    aggregation: Grouped
    if isinstance(windows, SessionWindows):
        aggregation = SessionAggregation(*made, windows, partitions, leave_by=leave_by)
    else:
        aggregation = Aggregation(*made, windows, partitions, signed=signed, leave_by=leave_by)
    if closed:
        aggregation = FinalWindows(aggregation, closed)
    names = _names(columns, calls, windows)
    types = {name.ref: name.column.type for name in names}
    return Relation(aggregation, names, types, _grouped(relation.traits, columns, windows, in_place=in_place)), aggregation


def _closed(
    rows: Node,
    traits: Traits,
    keys: tuple[Column, ...],
    windows: TimeWindows | SessionWindows,
    properties: Mapping[str, str],
) -> ClosedWindows:
    """What finds the windows that have closed."""
    bytes_of_key = Stage(rows, [Project([(KEY_BYTES, key_bytes(traits, keys))])], {KEY_BYTES: BYTES})
    interval = int(value_of(properties, FINAL_INTERVAL))
    return ClosedWindows("aggregation", Closing(windows.order, windows.lasting_ms, bytes_of_key, interval))


def _grouped(traits: Traits, keys: Sequence[Column], windows: TimeWindows | SessionWindows | None, *, in_place: bool) -> Traits:
    references = [reference("", key.name) for key in keys]
    return replace(
        traits,
        is_table=True,
        keys=tuple(Key(key.type, (column,), column) for key, column in zip(keys, references, strict=True)),
        window=Window(windows.kind, windows.size_ms, windows.retention_ms) if windows else None,
        is_misplaced=windows is None and not in_place,
    )


def _rows(
    relation: Relation,
    where: exp.Expression | None,
    columns: Sequence[tuple[str, Sql]],
    rekeyed: Sequence[tuple[str, Sql]],
) -> Stage:
    """As `plan_changes`, of a stream: its rows come, and none goes. Those without a group the aggregation leaves out.

    rekeyed: what is computed of the columns besides.
    """
    if where is not None:
        relation.filter(where)
    relation.project(columns, ())
    relation.filter_sql("TRUE")  # rows that have a value
    if rekeyed:
        relation.project([*(kept(ref, type_) for ref, type_ in relation.columns.items()), *rekeyed], ())
    return relation.stage()


def _group_key(expression: exp.Expression, relation: Relation) -> Sql:
    sql = compile_sql(expression, relation.scope)
    if sql.type is None:
        fail(expression, "GROUP BY NULL has no meaning")
    return sql


def _windows(analysis: Analysis) -> TimeWindows | SessionWindows | None:
    if analysis.windows is None:
        return None
    if analysis.windows.kind == "SESSION":
        return SessionWindows(analysis.windows.size_ms, analysis.windows.grace_ms, analysis.windows.retention_ms)
    return TimeWindows(*astuple(analysis.windows))


def _lies_in_place(analysis: Analysis, traits: Traits) -> bool:
    """Whether rows lie already where the key of their group puts them."""
    by_key = bool(analysis.group_by) and not traits.is_misplaced and traits.is_keyed_by(*analysis.group_by)
    return by_key or traits.partitions == 1


def _names(keys: Sequence[Column], calls: AggregateCalls, windows: TimeWindows | SessionWindows | None) -> tuple[Name, ...]:
    names = [Name("", column, column.name, nullable=False) for column in keys]
    names += [Name("", Column(call.ref, call.function.returns), call.ref) for call in calls.calls]
    if windows:
        bounds = (WINDOW_START, WINDOW_END)
        names += [Name("", Column(bound, BIGINT), bound, nullable=False, instant=True) for bound in bounds]
    return tuple(names)


class AggregatedRows:
    """The rows of an aggregation as a pull query reads them: its present state, through the stage behind it."""

    def __init__(self, aggregation: Grouped, stage: Stage) -> None:
        self._aggregation = aggregation
        self._stage = stage

    def rows(self, context: BatchContext, keys: pa.Table | None) -> pa.Table:
        if keys is not None:
            keys = keys.rename_columns(self._aggregation.keys)
        return self._stage.run_over(self._aggregation.rows(keys), context)
