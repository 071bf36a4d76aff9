"""The dialect under sqlglot's own roof: `sqlglot.parse_one(text, dialect="ksql")` and `node.sql(dialect="ksql")`."""

from __future__ import annotations

from typing import Any, cast

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from ksql.parser.generator import to_sql
from ksql.parser.reading import parse


class Ksql(Dialect):
    """Statements to nodes and back. sqlglot registers it by its name."""

    def parse(self, sql: str, **opts: Any) -> list[exp.Expr | None]:  # noqa: ARG002
        """All statements of a script. Raises this package's ParseError."""
        return [statement.node for statement in parse(sql)]

    def generate(self, expression: exp.Expr, copy: bool = True, **opts: Any) -> str:  # noqa: ARG002
        """The text of a node, as `to_sql` gives it."""
        return to_sql(cast(exp.Expression, expression))
