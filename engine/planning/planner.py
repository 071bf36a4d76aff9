"""Plans a query: one function per shape, all built from the same relations and operators."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.model import Analysis, Item
from ksql.engine.analysis.names import free_columns
from ksql.engine.errors import NotSupportedError, fail, located
from ksql.engine.expressions.typed import Name, Refs
from ksql.engine.operators.aggregation import Aggregation
from ksql.engine.operators.batch import DELETED, PARTITION, TIMESTAMP
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.operators.table_view import VISIBLE, TableView
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.planning.aggregation import AggregatedRows, plan_aggregation
from ksql.engine.planning.explode import plan_explode, refuse_explosion
from ksql.engine.planning.join import JOIN_KEY, plan_joins
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.relation import Relation, kept, read
from ksql.engine.planning.result import Result, split, unwrap_as_value
from ksql.engine.settings import LENIENT_KEYS, is_on
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.timed_state import Expiry, TimedState
from ksql.engine.types.casts import is_number
from ksql.engine.types.sql_types import BIGINT, BOOLEAN, Column, SqlType

#: A stream's key columns come in the order of the SELECT list, and there is no key if one is missing.


def plan(analysis: Analysis, properties: Mapping[str, str], into: Sequence[Column] = ()) -> Plan:
    """Operators for `analysis`, without a sink, as the session's properties want them. Raises StatementError for what has no
    meaning.

    into: the columns, keys first, of the stream that INSERT INTO names; the query's numbers are widened to theirs.
    """
    relation = _from(analysis)
    if analysis.is_aggregate:
        made = _aggregate(analysis, relation, properties)
    elif analysis.sources[0].source.is_table:
        made = _table(analysis, relation)
    else:
        made = _stream(analysis, relation, properties, into)
    return made if analysis.persistent else _as_written(made, analysis)


def plan_rows(analysis: Analysis, relation: Relation, properties: Mapping[str, str]) -> Plan:
    """A filter and projection of rows that `relation` gives, each by itself: what a pull query of the dialect is."""
    return _as_written(_stream(analysis, relation, properties, ()), analysis)


def _as_written(made: Plan, analysis: Analysis) -> Plan:
    """A push query shows its columns in the order of the SELECT list; a key has no special place."""
    refs = {column.name: (column, ref) for column, ref in zip(made.columns, made.refs, strict=True)}
    written = [refs[item.name] for item in analysis.items]
    return replace(made, columns=tuple(c for c, _ in written), refs=tuple(r for _, r in written), keys=made.keys)


def _from(analysis: Analysis) -> Relation:
    return plan_joins(analysis) if analysis.joins else read(0, analysis.sources[0], prefix=False)


def _stream(analysis: Analysis, relation: Relation, properties: Mapping[str, str], into: Sequence[Column]) -> Plan:
    if analysis.where is not None:
        relation.filter(analysis.where)
    analysis = plan_explode(analysis, relation)
    lenient = is_on(properties, LENIENT_KEYS)
    result = split(analysis, _stream_keys(analysis), "the key column", lenient=lenient)
    if analysis.joins and analysis.partition_by is None:
        result = Result(tuple(Item(key.name, _column("", JOIN_KEY)) for key in result.keys), result.values)
    windowed = _inherited_window(analysis)
    bounds = [kept(name, BIGINT) for name in (WINDOW_START, WINDOW_END)] if windowed else []
    columns = project(relation, result, bounds, absent=_keys_of_values(analysis, result), into=into)
    return Plan(
        relation.stage(),
        columns,
        tuple(relation.columns)[: len(columns)],
        len(result.keys),
        is_table=False,
        keeps_key=analysis.partition_by is None and not analysis.joins,
        windowed=windowed,
        window_size_ms=analysis.sources[0].source.window_size_ms,
    )


def _inherited_window(analysis: Analysis) -> str | None:
    """A stream keeps the windowed key of its source; PARTITION BY may name that key, but not replace it."""
    windowed = None if analysis.joins else analysis.sources[0].source.windowed
    if windowed and analysis.partition_by is not None:
        keys = [key for column in _source_keys(analysis) for key in column]
        if list(analysis.partition_by) != keys:
            place = analysis.partition_by[0] if analysis.partition_by else analysis.query
            fail(place, "PARTITION BY cannot give a windowed stream another key", hint="GROUP BY can, for a table.")
    return windowed


def _stream_keys(analysis: Analysis) -> list[list[exp.Expression]]:
    """For each key column of the result, the expressions that denote it."""
    if analysis.partition_by is not None:
        return [[key] for key in analysis.partition_by]
    if analysis.joins:
        first = analysis.joins[-1]
        return [[first.left_key, first.right_key]]
    return _source_keys(analysis)


def _keys_of_values(analysis: Analysis, result: Result) -> set[str]:
    """The keys that PARTITION BY makes of more than a record's key: those a record without a value has not."""
    if analysis.partition_by is None:
        return set()
    known = {key for keys in _source_keys(analysis) for key in keys}
    return {item.name for item in result.keys if not known.issuperset(free_columns(item.expression))}


def _source_keys(analysis: Analysis) -> list[list[exp.Expression]]:
    aliased = analysis.sources[0]
    return [[_column(aliased.alias, column.name)] for column in aliased.source.key_columns]


def _column(qualifier: str, name: str) -> exp.Expression:
    table = exp.to_identifier(qualifier, quoted=True) if qualifier else None
    return exp.Column(this=exp.to_identifier(name, quoted=True), table=table)


def _table(analysis: Analysis, relation: Relation) -> Plan:
    """A projection and filter of a table."""
    refuse_explosion(analysis, "makes several rows of one, which a table cannot have", "explode a stream over its topic.")
    result = split(analysis, _source_keys(analysis), "the primary key column")
    windowed = analysis.sources[0].source.windowed
    where = analysis.where
    bounds = (WINDOW_START, WINDOW_END) if windowed else ()
    visible = [] if where is None else [(VISIBLE, compile_sql(where, relation.scope, BOOLEAN, "the condition"))]
    columns = project(relation, result, [*(kept(bound, BIGINT) for bound in bounds), *visible])
    refs = tuple(relation.columns)[: len(columns)]
    keys = refs[: len(result.keys)]
    view = _view(relation, (*keys, *bounds), filtered=where is not None) if keys or where is not None else None
    return Plan(
        view or relation.stage(),
        columns,
        refs,
        len(keys),
        is_table=True,
        windowed=windowed,
        window_size_ms=analysis.sources[0].source.window_size_ms,
        materialized=view,
    )


def _aggregate(analysis: Analysis, relation: Relation, properties: Mapping[str, str]) -> Plan:
    """Groups; with HAVING, a view of those that satisfy it."""
    if analysis.sources[0].source.is_table:
        raise located(NotSupportedError("GROUP BY over a table is not supported yet"), analysis.query)
    refuse_explosion(analysis, "cannot stand beside GROUP BY", "explode in one stream, and group that one.")
    if analysis.where is not None:
        relation.filter(analysis.where)
    grouping = plan_aggregation(analysis, relation, properties)
    result = split(analysis, [[key] for key in analysis.group_by], "the GROUP BY column")
    rewritten = Result(tuple(map(grouping.item, result.keys)), tuple(map(grouping.item, result.values)))
    output, windows = grouping.relation, grouping.windows
    bounds = (WINDOW_START, WINDOW_END) if windows else ()
    having = (
        []
        if analysis.having is None
        else [(VISIBLE, compile_sql(grouping.rewrite(analysis.having), output.scope, BOOLEAN, "HAVING"))]
    )
    columns = project(output, rewritten, [*(kept(bound, BIGINT) for bound in bounds), *having])
    refs = tuple(output.columns)[: len(columns)]
    keys = (*refs[: len(result.keys)], *bounds)
    stage = output.stage()
    view = _view(output, keys, filtered=True, aggregation=grouping.aggregation) if having else None
    return Plan(
        view or stage,
        columns,
        refs,
        len(result.keys),
        is_table=True,
        windowed=windows.kind if windows else None,
        window_size_ms=windows.size_ms if windows else None,
        windows_per_record=windows.per_record if windows else 1,
        materialized=view or AggregatedRows(grouping.aggregation, stage),
    )


def project(
    relation: Relation,
    result: Result,
    extra: Sequence[tuple[str, Sql]] = (),
    absent: Collection[str] = (),
    into: Sequence[Column] = (),
) -> tuple[Column, ...]:
    """End `relation` with the columns of the result (and `extra` ones behind them).

    absent: columns that are NULL where a record has no value. into: columns to which numbers of the same name are widened.
    """
    targets = {column.name: column.type for column in into}
    refs = Refs(ref for ref, _ in extra)
    projected: list[tuple[str, Sql]] = []
    columns: list[Column] = []
    for item in map(unwrap_as_value, result.items):
        sql = compile_sql(item.expression, relation.scope)
        type_ = _known(item, sql.type)
        target = targets.get(item.name, type_)
        if target != type_ and is_number(target) and is_number(type_):
            sql = compile_sql(item.expression, relation.scope, target, f"column {item.name}")
            type_ = target
        columns.append(Column(item.name, type_))
        if item.name in absent:
            sql = _unless_deleted(sql)
        projected.append((refs.new(item.name), sql))
    relation.project([*projected, *extra], [Name("", c, r) for c, (r, _) in zip(columns, projected, strict=True)])
    return tuple(columns)


def _unless_deleted(sql: Sql) -> Sql:
    plain, safe = (f'CASE WHEN "{DELETED}" THEN NULL ELSE {text} END' for text in (sql.plain, sql.safe))
    return Sql(plain, safe, sql.type)


def _known(item: Item, type_: SqlType | None) -> SqlType:
    if type_ is None:
        fail(item.expression, f"column {item.name} is a bare NULL and has no type", hint="CAST(NULL AS …) gives it one.")
    return type_


def _view(relation: Relation, keys: tuple[str, ...], *, filtered: bool, aggregation: Aggregation | None = None) -> TableView:
    """A view of a table by its key and window, with a state of its own."""
    columns = {ref: type_.arrow for ref, type_ in relation.columns.items() if ref != VISIBLE}
    key_schema = pa.schema([(ref, columns.pop(ref)) for ref in keys])
    rows = pa.schema([*columns.items(), (TIMESTAMP, pa.int64())])
    windowed = WINDOW_START in keys
    state = _windowed_state(key_schema, rows, aggregation) if windowed else KeyedState("view", key_schema, rows)
    return TableView(relation.stage(), keys, state, filtered=filtered)


def _windowed_state(keys: pa.Schema, rows: pa.Schema, aggregation: Aggregation | None) -> TimedState:
    """Windows leave with those of the aggregation; those of another query's table stay: nothing says for how long."""
    windows = aggregation.windows if aggregation else None
    expiry = Expiry(aggregation.stream_times, windows.retention_ms) if aggregation and windows else None
    rows = rows.append(pa.field(PARTITION, pa.int32()))
    return TimedState("view", keys, rows, expiry, time=WINDOW_START, partition=PARTITION)
