"""Whatever form a statement has, it gives the same: plain where nothing raises, safe always, optimized or not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ksql.engine import functions
from ksql.engine.errors import StatementError
from ksql.engine.expressions.typed import Name, Scope
from ksql.engine.operators.steps import compile_sql
from ksql.engine.types.sql_types import Column
from ksql.parser import parse_expression
from tests.engine.expressions.random_expressions import COLUMNS, expression

SCOPE = Scope(tuple(Name("", Column(name, type_), name) for name, type_ in COLUMNS.items()))
VALUES: dict[str, list[object]] = {
    "I": [None, 0, 1, 2, -1, 2147483647, -2147483648],
    "L": [None, 0, 1, 3, -5, 9223372036854775807],
    "D": [None, 0.0, 1.5, -2.0, 1e300],
    "N": [None, Decimal("0.00"), Decimal("1.25"), Decimal("-99999999.99")],
    "S": [None, "", "ab", "12", " x "],
    "T": [None, "a", "%", "3"],
    "F": [None, True, False],
    "R": [None, {"S": "q", "R": {"L": 4}}, {"S": None, "R": None}],
    "LS": [None, [], ["a", None, "b"], ["12"]],
    "LL": [None, [], [1, None, 3], [5]],
    "M": [None, [], [("a", 1)], [("k", None), ("b", 2)]],
}


@pytest.fixture(scope="module")
def connections() -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """One that optimizes and one that does not."""
    database = duckdb.connect(config={"threads": 1})
    functions.register(database)
    plain = database.cursor()
    plain.execute("PRAGMA disable_optimizer")
    yield [database, plain]
    database.close()


def values(connection: duckdb.DuckDBPyConnection, sql: str, batch: pa.Table) -> str | None:
    """What `sql` gives for the rows of `batch`; None where it raises for one."""
    connection.register("batch", batch)
    try:
        return repr(connection.sql(f"SELECT {sql} AS r FROM batch").to_arrow_table().column(0).to_pylist())
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        return None


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_forms_agree(connections: list[duckdb.DuckDBPyConnection], random: Random, depth: int) -> None:
    try:
        sql = compile_sql(parse_expression(expression(random, depth)), SCOPE)
    except StatementError:  # a number may fit into no type
        return
    batch = pa.table({c: pa.array([random.choice(VALUES[c]) for _ in range(20)], t.arrow) for c, t in COLUMNS.items()})
    plain = {values(connection, sql.plain, batch) for connection in connections}
    safe = {values(connection, sql.safe, batch) for connection in connections}
    assert len(safe) == 1
    assert None not in safe
    assert plain <= {*safe, None}
