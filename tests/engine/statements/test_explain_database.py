"""EXPLAIN of what DuckDB answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ksql
from ksql.engine.errors import StatementError


@pytest.fixture
def db() -> Iterator[ksql.Database]:
    with ksql.connect() as database:
        yield database


def test_explain_of_a_query_that_duckdb_answers(db: ksql.Database) -> None:
    db.execute("CREATE STREAM s (a INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);")
    text = str(db.execute("EXPLAIN SELECT a FROM s ORDER BY a;"))
    assert text.startswith("Plan in DuckDB")
    assert "Order By" in text or "ORDER_BY" in text
    with pytest.raises(StatementError, match="no stream or table called T"):
        db.execute("EXPLAIN SELECT a FROM t ORDER BY a;")
