"""Evaluates expressions of the dialect on DuckDB, in plain and in safe rendering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from ksql.engine.expressions.compiler import Compiler
from ksql.engine.expressions.typed import Name, Scope
from ksql.engine.types.sql_types import INTEGER, Column, SqlType
from ksql.parser import parse_expression


class Evaluator:
    """Expressions over the columns of a table; both renderings must give the same answer where plain SQL does not raise."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def type(self, expression: str, columns: Sequence[Column] = ()) -> SqlType | None:
        return Compiler(_scope(columns)).compile(parse_expression(expression)).type

    def sql(self, expression: str, columns: Sequence[Column] = (), *, safe: bool) -> str:
        return Compiler(_scope(columns), safe=safe).compile(parse_expression(expression)).sql

    def rows(self, expression: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Values of `expression` for rows, from the safe rendering; the plain one must agree unless it raises."""
        data = {c.name: pa.array([row[i] for row in rows], c.type.arrow) for i, c in enumerate(columns)}
        batch = pa.table(data)
        self.connection.register("batch", batch)
        safe = self._column(self.sql(expression, columns, safe=True))
        try:
            plain = self._column(self.sql(expression, columns, safe=False))
        except duckdb.Error:
            return safe
        assert repr(plain) == repr(safe)
        return safe

    def value(self, expression: str) -> Any:
        """Value of a constant expression."""
        return self.rows(expression, [Column("ONE", INTEGER)], [[1]])[0]

    def raises(self, expression: str) -> bool:
        """Whether plain SQL raises, as it must for every row that is to be logged."""
        self.connection.register("batch", pa.table({"ONE": pa.array([1], pa.int32())}))
        try:
            self._column(self.sql(expression, safe=False))
        except duckdb.Error:
            return True
        return False

    def _column(self, sql: str) -> list[Any]:
        found: list[Any] = self.connection.sql(f"SELECT {sql} AS r FROM batch").to_arrow_table().column(0).to_pylist()
        return found


def _scope(columns: Sequence[Column]) -> Scope:
    return Scope(tuple(Name("T", column, column.name) for column in columns))
