"""Where aggregate and table functions may stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from ksql.engine.aggregates import is_aggregate
from ksql.engine.analysis.model import Analysis, QueryKind
from ksql.engine.errors import StatementError, fail, located
from ksql.engine.functions import function_named, is_table_function, takes_unit
from ksql.parser import nodes

_WITHOUT_GROUPS = "it says whose rows are taken; only a push query (EMIT CHANGES) may take all without it."
_INSIDE = "it says whose rows are taken; a query inside another one cannot take all without it."
_EXPLODE_FIRST = "explode in one stream, and use its column in a query over that."


def check_calls(analysis: Analysis) -> None:
    """Refuse functions there are not, aggregates of rows that are not grouped, and table functions outside the SELECT list."""
    having = [analysis.having] if analysis.having is not None else []
    where = [analysis.where] if analysis.where is not None else []
    keys = [("GROUP BY", analysis.group_by), ("PARTITION BY", analysis.partition_by or ())]
    # A column inside such a call would else be said to lack an aggregate around it.
    for call in _calls([*analysis.query.expressions, *having], lambda name: not is_aggregate(name)):
        try:
            function_named(call.name)
        except StatementError as error:
            raise located(error, call) from None
    for clause, parts in (("WHERE", where), ("HAVING", having), *keys):
        for call in _calls(parts, is_table_function):
            fail(call, f"the table function {call.name} cannot stand in {clause}", hint=_EXPLODE_FIRST)
    for clause, parts in (("WHERE", where), *keys):
        for call in _calls(parts, is_aggregate):
            fail(call, f"the aggregate function {call.name} cannot stand in {clause}", hint=_AGGREGATE_HINTS[clause])
    _check_distinct(analysis.query)
    if not analysis.is_aggregate:
        for call in _calls(analysis.query.expressions, is_aggregate):
            hint = _INSIDE if analysis.kind is QueryKind.INNER else _WITHOUT_GROUPS
            fail(call, f"the aggregate function {call.name} needs a GROUP BY", hint=hint)


def _check_distinct(query: exp.Expression) -> None:
    for call in _calls([query], lambda name: not is_aggregate(name)):
        if call.args.get("distinct"):
            fail(call, f"DISTINCT cannot stand in {call.name}", hint="it is for aggregates: COUNT(DISTINCT x).")


def refuse_rows(value: exp.Expression) -> None:
    """Refuse functions that take or make rows in `value`, one of VALUES."""
    for call in _calls([value], lambda name: is_table_function(name) or is_aggregate(name)):
        fail(call, f"{call.name} cannot stand in VALUES", hint="a value is made of literals and functions of values.")


_AGGREGATE_HINTS = {
    "WHERE": "WHERE sees single rows; HAVING sees groups.",
    "GROUP BY": "groups are made of the columns of single rows.",
    "PARTITION BY": "a key is made of the columns of single rows.",
}


def _calls(parts: Iterable[exp.Expression], wanted: Callable[[str], bool]) -> Iterable[nodes.FunctionCall]:
    return (call for part in parts for call in part.find_all(nodes.FunctionCall) if wanted(call.name))


def settle_units(node: exp.Expression) -> None:
    """A bare word such as DAY is a unit of time where the function takes one, else a column."""
    for unit in list(node.find_all(nodes.IntervalUnit)):
        if isinstance(unit.parent, nodes.FunctionCall) and not takes_unit(unit.parent.name, unit.index or 0):
            column = exp.Column(this=exp.to_identifier(unit.args["this"]))
            column.meta.update(unit.meta)
            unit.replace(column)
