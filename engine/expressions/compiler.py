"""Expressions of the dialect as typed DuckDB SQL.

One rule per kind of node, found by its class in `RULES`. Every rule gives SQL for two situations. Plain SQL is fast and may
raise for a row ksqlDB would answer with NULL (overflow, division by zero, a failing cast); safe SQL never raises and gives
those rows their value or NULL. On rows without an error both agree. The engine runs plain, and safe for a batch that raised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.typed import Scope, Typed
from ksql.engine.types.sql_types import SqlType

Rule = Callable[["Compiler", exp.Expression], Typed]
RULES: dict[type[exp.Expression], Rule] = {}
#: Levels of nesting: what DuckDB can bind, and Python walk. A chain of operators is one level, however long.
_DEEPEST = 100


def rule(*classes: type[exp.Expression]) -> Callable[[Rule], Rule]:
    """Register a function as the rule for nodes of `classes`."""

    def register(function: Rule) -> Rule:
        for class_ in classes:
            RULES[class_] = function
        return function

    return register


class Compiler:
    """Compiles expressions within one scope, for one of the two situations."""

    def __init__(self, scope: Scope, *, safe: bool = False, depth: int = 0) -> None:
        self.scope = scope
        self.safe = safe
        self._depth = depth

    def compile(self, node: exp.Expression) -> Typed:
        """Typed SQL of `node`. Raises StatementError pointing at the part that is wrong."""
        while isinstance(node, exp.Paren):
            node = node.this
        found = RULES.get(type(node))
        if found is None:
            fail(node, f"{type(node).__name__} cannot be used in a query of streams and tables")
        if self._depth == _DEEPEST:
            refuse_depth(node)
        self._depth += 1
        try:
            return found(self, node)
        except RecursionError:  # somebody called us from far below already
            if self._depth > 1:
                raise
        finally:
            self._depth -= 1
        refuse_depth(node)

    def compile_as(self, node: exp.Expression, target: SqlType, what: str) -> Typed:
        """`node` coerced to `target`; `what` names it in the error."""
        from ksql.engine.expressions.coercion import coerce

        return coerce(node, self.compile(node), target, what)

    def attempt(self, sql: str) -> str:
        """`sql`, made to give NULL instead of raising when safe SQL is wanted."""
        return f"TRY({sql})" if self.safe else sql

    def within(self, scope: Scope) -> Compiler:
        return Compiler(scope, safe=self.safe, depth=self._depth)


def refuse_depth(node: exp.Expression) -> NoReturn:
    fail(node, "this expression is nested too deeply", hint="compute a part of it in a stream of its own, and use its column.")
