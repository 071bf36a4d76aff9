"""GROUP BY: the select list, HAVING and the groups in terms of keys and aggregates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from sqlglot import exp

from ksql.engine.aggregates import is_aggregate, resolve_aggregate
from ksql.engine.analysis.model import Analysis, Item
from ksql.engine.errors import NotSupportedError, StatementError, fail, located
from ksql.engine.expressions.typed import Name
from ksql.engine.formats import bind
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.operators.aggregation import REKEY, AggregateCall, Aggregation
from ksql.engine.operators.batch import BatchContext
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START, TimeWindows
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.types.sql_types import BIGINT, BYTES, Column, SqlType, quote_duckdb
from ksql.parser import nodes, to_sql

_DAY_MS = 86_400_000


@dataclass(slots=True)
class Grouping:
    """An aggregation planned: expressions of the query rewritten to its output."""

    relation: Relation
    aggregation: Aggregation
    keys: Sequence[tuple[exp.Expression, str]]
    calls: Sequence[tuple[exp.Expression, str]]

    @property
    def windows(self) -> TimeWindows | None:
        return self.aggregation.windows

    def rewrite(self, expression: exp.Expression) -> exp.Expression:
        """`expression` with groups and aggregates as columns of the output. Raises StatementError for any other column."""
        rewritten = _replace(expression.copy(), [*self.keys, *self.calls])
        for column in rewritten.find_all(exp.Column):
            if column.args.get("table"):
                text = to_sql(exp.column(column.this.copy())) if column.text("table") else to_sql(column)
                fail(
                    column,
                    f"column {text} is neither in GROUP BY nor inside an aggregate",
                    hint=f"add it to GROUP BY, or write LATEST_BY_OFFSET({text}).",
                )
        return rewritten

    def item(self, item: Item) -> Item:
        return Item(item.name, self.rewrite(item.expression))


@dataclass(slots=True)
class _Calls:
    """Aggregate calls collected from the query, equal ones once."""

    properties: Mapping[str, str]
    found: list[tuple[exp.Expression, str]] = field(default_factory=list)
    arguments: list[tuple[str, Sql]] = field(default_factory=list)
    calls: list[AggregateCall] = field(default_factory=list)

    def add(self, node: nodes.FunctionCall, relation: Relation) -> None:
        if any(node == known for known, _ in self.found):
            return
        number = len(self.found)
        types: list[SqlType] = []
        refs: list[str] = []
        literals: list[int | bool | str] = []
        for argument in node.expressions:
            if isinstance(argument, exp.Literal | exp.Boolean) and types:
                literals.append(_literal(argument))
                continue
            _refuse_nested(argument, node)
            sql = compile_sql(argument, relation.scope)
            if sql.type is None:
                fail(argument, f"an argument of {node.name} is a bare NULL", hint="CAST(NULL AS …) gives it a type.")
            ref = f"$arg{len(self.arguments)}"
            self.arguments.append((ref, sql))
            types.append(sql.type)
            refs.append(ref)
        try:
            function = resolve_aggregate(node.name, types, literals, self.properties)
        except StatementError as error:
            raise located(error, node) from None
        self.found.append((node, f"$agg{number}"))
        self.calls.append(AggregateCall(function, refs, f"$agg{number}"))


def plan_aggregation(analysis: Analysis, relation: Relation, properties: Mapping[str, str]) -> Grouping:
    """Plan GROUP BY over `relation`."""
    keys = [(expression, f"$key{i}") for i, expression in enumerate(analysis.group_by)]
    for expression, _ in keys:
        _refuse_aggregates(expression, "GROUP BY")
    if analysis.where is not None:
        _refuse_aggregates(analysis.where, "WHERE")
    calls = _Calls(properties)
    for part in [*(item.expression for item in analysis.items), *([analysis.having] if analysis.having is not None else [])]:
        for call in part.find_all(nodes.FunctionCall):
            if is_aggregate(call.name):
                calls.add(call, relation)
    key_sql = [(ref, compile_sql(expression, relation.scope)) for expression, ref in keys]
    windows = _windows(analysis)
    partitions = _repartition(analysis) if windows else 0
    rekeyed = [(REKEY, _key_bytes(analysis, key_sql))] if partitions else []
    relation.project([*key_sql, *calls.arguments], ())
    relation.filter_sql(" AND ".join(f"{quote_duckdb(ref)} IS NOT NULL" for ref, _ in key_sql))
    if rekeyed:
        relation.project([*(kept(ref, type_) for ref, type_ in relation.columns.items()), *rekeyed], ())
    key_types = [(ref, _typed(ref, sql, keys).arrow) for ref, sql in key_sql]
    aggregation = Aggregation("aggregation", relation.stage(), key_types, calls.calls, windows, partitions)
    output = Relation(aggregation, (), {})
    output.names = tuple(_names(key_sql, calls, windows))
    output.columns = {n.ref: n.column.type for n in output.names}
    return Grouping(output, aggregation, keys, calls.found)


def _repartition(analysis: Analysis) -> int:
    """Over how many partitions grouped rows are spread anew; 0 when they stay where they are."""
    partitions = analysis.sources[0].source.partitions
    return 0 if partitions == 1 or _by_key(analysis) else partitions


def _by_key(analysis: Analysis) -> bool:
    """Whether rows are grouped by the key they came with: joins leave it alone, and GROUP BY names it, on either side."""
    aliased = analysis.sources[0]
    keys = [{(aliased.alias, column.name)} for column in aliased.source.key_columns]
    for join in analysis.joins:
        if len(keys) != 1 or _reference(join.left_key) not in keys[0]:
            return False
        keys[0].add(_reference(join.right_key))
    grouped = [_reference(expression) for expression in analysis.group_by]
    return len(grouped) == len(keys) and all(any(name in key for name in grouped) for key in keys)


def _reference(expression: exp.Expression) -> tuple[str, str]:
    return (expression.text("table"), expression.name) if isinstance(expression, exp.Column) else ("", "")


def _key_bytes(analysis: Analysis, keys: Sequence[tuple[str, Sql]]) -> Sql:
    """The new key as a repartition topic would hold it: in the format of the old one; where that cannot carry it, as JSON."""
    old = (analysis.joins[-1].right if analysis.joins else analysis.sources[0]).source
    columns = tuple(Column(ref, sql.type) for ref, sql in keys if sql.type is not None)
    options = FormatOptions(is_key=True, delimiter=old.key_options.delimiter)
    try:
        _, encoder = bind("KAFKA" if old.key_format == "NONE" else old.key_format, columns, options)
    except StatementError:
        _, encoder = bind("JSON", columns, FormatOptions(is_key=True))
    sql = encoder.sql([quote_duckdb(ref) for ref, _ in keys])
    return Sql(sql, sql, BYTES)


def _names(key_sql: Sequence[tuple[str, Sql]], calls: _Calls, windows: TimeWindows | None) -> list[Name]:
    names = [Name("", Column(ref, sql.type), ref, nullable=False) for ref, sql in key_sql if sql.type is not None]
    names += [Name("", Column(call.ref, call.function.returns), call.ref) for call in calls.calls]
    if windows:
        bounds = (WINDOW_START, WINDOW_END)
        names += [Name("", Column(bound, BIGINT), bound, nullable=False, instant=True) for bound in bounds]
    return names


def _typed(ref: str, sql: Sql, keys: Sequence[tuple[exp.Expression, str]]) -> SqlType:
    if sql.type is None:
        fail(next(e for e, r in keys if r == ref), "GROUP BY NULL has no meaning")
    return sql.type


def _literal(node: exp.Expression) -> int | bool | str:
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    text: str = node.this
    return text if node.is_string or not text.isdigit() else int(text)


def _refuse_nested(argument: exp.Expression, call: nodes.FunctionCall) -> None:
    inner = next((c for c in argument.find_all(nodes.FunctionCall) if is_aggregate(c.name)), None)
    if inner is not None:
        fail(inner, f"{inner.name} cannot stand inside {call.name}", hint="aggregates do not nest.")


def _refuse_aggregates(part: exp.Expression, clause: str) -> None:
    found = next((c for c in part.find_all(nodes.FunctionCall) if is_aggregate(c.name)), None)
    if found is not None:
        fail(found, f"the aggregate {found.name} cannot stand in {clause}", hint="HAVING filters groups by their aggregates.")


def _replace(expression: exp.Expression, known: Sequence[tuple[exp.Expression, str]]) -> exp.Expression:
    """Every subtree that equals a known expression becomes a column, outermost first."""
    for node, ref in known:
        if expression == node:
            return exp.Column(this=exp.to_identifier(ref, quoted=True))
    for key, value in list(expression.args.items()):
        if isinstance(value, exp.Expression):
            expression.set(key, _replace(value, known))
        elif isinstance(value, list):
            expression.set(key, [_replace(v, known) if isinstance(v, exp.Expression) else v for v in value])
    return expression


def _windows(analysis: Analysis) -> TimeWindows | None:
    window = analysis.window
    if window is None:
        return None
    if isinstance(window, nodes.SessionWindow):
        raise located(NotSupportedError("SESSION windows are not supported yet"), window)
    size = window.args["size"].milliseconds
    advance = window.args["advance"].milliseconds if isinstance(window, nodes.HoppingWindow) else size
    if size < 1 or advance < 1:
        fail(window, "the size and advance of a window must be at least 1 millisecond")
    if advance > size:
        fail(window, "ADVANCE BY must not be longer than SIZE", hint="else records between windows would be lost.")
    grace = window.args.get("grace")
    grace_ms = grace.milliseconds if grace is not None else max(_DAY_MS - size, 0)
    retention = window.args.get("retention")
    if retention is not None and retention.milliseconds < size + grace_ms:
        fail(window, f"RETENTION must be at least SIZE plus GRACE PERIOD, {size + grace_ms} milliseconds")
    kind = "HOPPING" if isinstance(window, nodes.HoppingWindow) else "TUMBLING"
    retention_ms = retention.milliseconds if retention is not None else max(_DAY_MS, size + grace_ms)
    return TimeWindows(kind, size, advance, grace_ms, retention_ms)


class AggregatedRows:
    """The rows of an aggregation as a pull query reads them: its present state, through the stage behind it."""

    def __init__(self, aggregation: Aggregation, stage: Stage) -> None:
        self._aggregation = aggregation
        self._stage = stage

    def rows(self, context: BatchContext, keys: pa.Table | None) -> pa.Table:
        if keys is not None:
            keys = keys.rename_columns(self._aggregation.keys)
        return self._stage.run_over(self._aggregation.rows(keys), context)
