"""Table functions in the SELECT list: rows are exploded before the list is projected."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ksql.engine import functions
from ksql.engine.analysis.model import Analysis, Item
from ksql.engine.errors import fail
from ksql.engine.expressions.typed import Name
from ksql.engine.operators.steps import Explode, Sql, compile_sql
from ksql.engine.planning.relation import Relation
from ksql.engine.types.sql_types import Array, Column
from ksql.parser import nodes


def plan_explode(analysis: Analysis, relation: Relation) -> Analysis:
    """Add the explosion to `relation`; table function calls in the items become columns of it."""
    lists: list[tuple[str, Sql]] = []
    names: list[Name] = []
    items = []
    for item in analysis.items:
        expression = item.expression.copy()
        calls = [c for c in expression.find_all(nodes.FunctionCall) if functions.is_table_function(c.name)]
        for call in calls:
            _check_place(call)
            ref = f"$exploded{len(lists)}"
            compiled = compile_sql(call, relation.scope)
            if not isinstance(compiled.type, Array):
                fail(call, f"{call.name} has no rows to give")
            lists.append((ref, compiled))
            names.append(Name("", Column(ref, compiled.type.item), ref, hidden=True))
            column = exp.Column(this=exp.to_identifier(ref, quoted=True))
            expression = column if call is expression else _replaced(expression, call, column)
        items.append(Item(item.name, expression))
    if not lists:
        return analysis
    relation.steps.append(Explode(tuple(relation.columns), tuple(lists)))
    relation.names = (*relation.names, *names)
    relation.columns |= {n.ref: n.column.type for n in names}
    return replace(analysis, items=tuple(items))


def refuse_explosion(analysis: Analysis, why: str, hint: str) -> None:
    """Raise StatementError if there is a table function among the items."""
    for item in analysis.items:
        for call in item.expression.find_all(nodes.FunctionCall):
            if functions.is_table_function(call.name):
                fail(call, f"the table function {call.name} {why}", hint=hint)


def _replaced(expression: exp.Expression, call: exp.Expression, column: exp.Expression) -> exp.Expression:
    call.replace(column)
    return expression


def _check_place(call: nodes.FunctionCall) -> None:
    parent = call.parent
    while parent is not None:
        if isinstance(parent, exp.Case):
            fail(call, f"the table function {call.name} cannot stand inside CASE")
        if isinstance(parent, nodes.FunctionCall) and functions.is_table_function(parent.name):
            fail(call, f"the table function {call.name} cannot stand inside another table function")
        parent = parent.parent
