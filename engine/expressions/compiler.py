"""Expressions of the dialect as typed DuckDB SQL.

One rule per kind of node, found by its class in `RULES`. Every rule gives SQL for two situations. Plain SQL is fast and may
raise for a row ksqlDB would answer with NULL (overflow, division by zero, a failing cast); safe SQL never raises and gives
those rows their value or NULL. On rows without an error both agree. The engine runs plain, and safe for a batch that raised.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.typed import Scope, Typed
from ksql.engine.types.sql_types import SqlType

Rule = Callable[["Compiler", exp.Expression], Typed]
RULES: dict[type[exp.Expression], Rule] = {}


def rule(*classes: type[exp.Expression]) -> Callable[[Rule], Rule]:
    """Register a function as the rule for nodes of `classes`."""

    def register(function: Rule) -> Rule:
        for class_ in classes:
            RULES[class_] = function
        return function

    return register


class Compiler:
    """Compiles expressions within one scope, for one of the two situations."""

    def __init__(self, scope: Scope, *, safe: bool = False) -> None:
        self.scope = scope
        self.safe = safe

    def compile(self, node: exp.Expression) -> Typed:
        """Typed SQL of `node`. Raises StatementError pointing at the part that is wrong."""
        found = RULES.get(type(node))
        if found is None:
            fail(node, f"{type(node).__name__} cannot be used in a query of streams and tables")
        return found(self, node)

    def compile_as(self, node: exp.Expression, target: SqlType, what: str) -> Typed:
        """`node` coerced to `target`; `what` names it in the error."""
        from ksql.engine.expressions.coercion import coerce

        return coerce(node, self.compile(node), target, what)

    def attempt(self, sql: str) -> str:
        """`sql`, made to give NULL instead of raising when safe SQL is wanted."""
        return f"TRY({sql})" if self.safe else sql

    def within(self, scope: Scope) -> Compiler:
        return Compiler(scope, safe=self.safe)
