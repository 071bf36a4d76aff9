"""SHOW PROPERTIES and EXPLAIN of what DuckDB answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ksql
from ksql.engine.errors import StatementError


@pytest.fixture
def db() -> Iterator[ksql.Database]:
    with ksql.connect() as database:
        yield database


def shown(db: ksql.Database) -> dict[str, tuple[str, str]]:
    return {row["Property"]: (row["Override"], row["Value"]) for row in db.execute("SHOW PROPERTIES;")}


def test_defaults_are_shown_until_a_session_says_otherwise(db: ksql.Database) -> None:
    assert shown(db)["auto.offset.reset"] == ("", "latest")
    db.execute("SET 'auto.offset.reset' = 'earliest';")
    assert shown(db)["auto.offset.reset"] == ("SESSION", "earliest")
    db.execute("UNSET 'auto.offset.reset'; SET 'ksql.streams.auto.offset.reset' = 'earliest';")
    assert "auto.offset.reset" not in shown(db)
    assert shown(db)["ksql.streams.auto.offset.reset"] == ("SESSION", "earliest")


def test_a_mistyped_property(db: ksql.Database) -> None:
    with pytest.raises(StatementError, match=r"did you mean ksql\.persistence"):
        db.execute("SET 'ksql.persistence.default.format.valeu' = 'JSON';")


def test_explain_of_a_query_that_duckdb_answers(db: ksql.Database) -> None:
    db.execute("CREATE STREAM s (a INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);")
    text = str(db.execute("EXPLAIN SELECT a FROM s ORDER BY a;"))
    assert text.startswith("Plan in DuckDB")
    assert "Order By" in text or "ORDER_BY" in text
    with pytest.raises(StatementError, match="no stream or table called t"):
        db.execute("EXPLAIN SELECT a FROM t ORDER BY a;")
