"""The aggregates of a query: what they are called with, and which functions they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from ksql.engine.aggregates import is_aggregate, resolve_aggregate
from ksql.engine.aggregates.declare import Function, Mergeable
from ksql.engine.aggregates.values import OfValues
from ksql.engine.analysis.model import Analysis
from ksql.engine.errors import StatementError, fail, located
from ksql.engine.operators.groups import AggregateCall
from ksql.engine.operators.session_aggregation import ARRIVAL
from ksql.engine.operators.steps import Sql, compile_sql
from ksql.engine.planning.relation import Relation
from ksql.engine.types.sql_types import SqlType
from ksql.parser import nodes


def collect_calls(analysis: Analysis, relation: Relation, properties: Mapping[str, str]) -> AggregateCalls:
    """Those of the SELECT list and of HAVING, over the columns of `relation`."""
    calls = AggregateCalls(properties, merging=analysis.windows is not None and analysis.windows.kind == "SESSION")
    having = [] if analysis.having is None else [analysis.having]
    for part in [*(item.expression for item in analysis.items), *having]:
        for call in part.find_all(nodes.FunctionCall):
            if is_aggregate(call.name):
                calls.add(call, relation)
    return calls


@dataclass(slots=True)
class AggregateCalls:
    """Aggregate calls collected from the query, equal ones once."""

    properties: Mapping[str, str]
    #: Groups may become one.
    merging: bool = False
    found: list[tuple[exp.Expression, str]] = field(default_factory=list)
    arguments: list[tuple[str, Sql]] = field(default_factory=list)
    calls: list[AggregateCall] = field(default_factory=list)

    def add(self, node: nodes.FunctionCall, relation: Relation) -> None:
        if any(node == known for known, _ in self.found):
            return
        number = len(self.found)
        types: list[SqlType] = []
        compiled: list[Sql] = []
        literals: list[int | bool | str] = []
        for argument in node.expressions:
            if isinstance(argument, exp.Literal | exp.Boolean) and types:
                literals.append(_literal(argument))
                continue
            _refuse_nested(argument, node)
            sql = compile_sql(argument, relation.scope)
            if sql.type is None:
                fail(argument, f"an argument of {node.name} is a bare NULL", hint="CAST(NULL AS …) gives it a type.")
            types.append(sql.type)
            compiled.append(sql)
        table, distinct = relation.traits.is_table, bool(node.args.get("distinct"))
        try:
            function = resolve_aggregate(node.name, types, literals, self.properties, table=table, distinct=distinct)
        except StatementError as error:
            raise located(error, node) from None
        refs = [self._argument(sql, shared=isinstance(function, OfValues)) for sql in compiled]
        if self.merging:
            function = _mergeable(function)
            refs += [ARRIVAL] * function.by_arrival
        self.found.append((node, f"$agg{number}"))
        self.calls.append(AggregateCall(function, refs, f"$agg{number}"))

    def _argument(self, sql: Sql, *, shared: bool) -> str:
        """Ref of the argument. shared: that of an equal one, if there is one, so that its values are remembered once."""
        ref = next((ref for ref, known in self.arguments if shared and known == sql), None)
        if ref is None:
            ref = f"$arg{len(self.arguments)}"
            self.arguments.append((ref, sql))
        return ref


def _mergeable(function: Function) -> Mergeable:
    merging = function.mergeable()
    assert merging is not None, "every function of the rows of a stream can be merged"
    return merging


def _literal(node: exp.Expression) -> int | bool | str:
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    text: str = node.this
    return text if node.is_string or not text.isdigit() else int(text)


def _refuse_nested(argument: exp.Expression, call: nodes.FunctionCall) -> None:
    inner = next((c for c in argument.find_all(nodes.FunctionCall) if is_aggregate(c.name)), None)
    if inner is not None:
        fail(inner, f"{inner.name} cannot stand inside {call.name}", hint="aggregates do not nest.")
