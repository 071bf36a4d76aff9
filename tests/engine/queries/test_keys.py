"""Rows that are looked up by their key are those that a scan finds: each once, and none where the key is no value."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ksql

SETUP = """
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM s (id STRING KEY, a INT, b STRING, c DECIMAL(4, 1), d DOUBLE, r STRUCT<x INT>)
  WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE TABLE a_kept WITH (kafka_topic='a', format='JSON') AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;
CREATE TABLE ab_kept WITH (kafka_topic='ab', format='JSON') AS SELECT a, b, COUNT(*) AS n FROM s GROUP BY a, b;
CREATE TABLE c_kept WITH (kafka_topic='c', format='JSON') AS SELECT c, COUNT(*) AS n FROM s GROUP BY c;
CREATE TABLE d_kept WITH (kafka_topic='d', format='JSON') AS SELECT d, COUNT(*) AS n FROM s GROUP BY d;
CREATE TABLE r_kept WITH (kafka_topic='r', format='JSON') AS SELECT r, COUNT(*) AS n FROM s GROUP BY r;
CREATE TABLE zeros AS SELECT 0E0 * (a - 2) AS zero, COUNT(*) AS n FROM s GROUP BY 0E0 * (a - 2);
CREATE TABLE a_scanned (a INT PRIMARY KEY, n BIGINT) WITH (kafka_topic='a', format='JSON');
CREATE TABLE ab_scanned (a INT PRIMARY KEY, b STRING PRIMARY KEY, n BIGINT) WITH (kafka_topic='ab', format='JSON');
CREATE TABLE c_scanned (c DECIMAL(4, 1) PRIMARY KEY, n BIGINT) WITH (kafka_topic='c', format='JSON');
CREATE TABLE d_scanned (d DOUBLE PRIMARY KEY, n BIGINT) WITH (kafka_topic='d', format='JSON');
CREATE TABLE r_scanned (r STRUCT<x INT> PRIMARY KEY, n BIGINT) WITH (kafka_topic='r', format='JSON');
INSERT INTO s (a, b, c, d, r) VALUES (1, 'x', 1.0, 0.0, STRUCT(x := 1));
INSERT INTO s (a, b, c, d, r) VALUES (1, 'y', 1.5, 0.5, STRUCT(x := CAST(NULL AS INT)));
INSERT INTO s (a, b, c, d, r) VALUES (2, 'x', 2.0, 1.5, STRUCT(x := 2));
INSERT INTO s (a, b, c, d, r) VALUES (3, 'z', 3.0, 2.0, STRUCT(x := 3));
"""

#: Table, condition, how many rows it has.
CASES = [
    ("a", "a = 1", 1),
    ("a", "1 = a", 1),
    ("a", "a = 9", 0),
    ("a", "a IN (1, 1)", 1),
    ("a", "a IN (2, 1, 2, 9, 1)", 2),
    ("a", "a = 1 AND a = 1", 1),
    ("a", "a = 1 AND a = 2", 0),
    ("a", "a IN (1, 2) AND a IN (2, 3)", 1),
    ("a", "a IN (1, 2) AND NOT a = 1", 1),
    ("a", "(a = 1) AND (n = 2)", 1),
    ("a", "a = 1 OR a = 1", 1),
    ("a", "a = 1 OR n = 1", 3),
    ("a", "(a = 1 OR a = 2) AND a IN (2, 2)", 1),
    ("a", "a IN (1, NULL)", 1),
    ("a", "a = CAST(NULL AS INT)", 0),
    ("a", "a = 1 / 0", 0),
    ("a", "a = CAST('x' AS INT)", 0),
    ("a", "a IN (1, 1 / 0)", 0),
    ("a", "a = 1 AND a = 1 / 0", 0),
    ("a", "a = 1 / 0 OR a = 1", 0),
    ("a", "a = 1 + 1", 1),
    ("a", "a = ABS(-2)", 1),
    ("a", "a = 1.0", 1),
    ("a", "a = 1.5", 0),
    ("a", "a = 3000000000", 0),
    ("a", "a IN (1, '2')", 2),
    ("a", "a = n", 0),
    ("a", "a IN (n, 3)", 1),
    ("a", "a + 0 = 1", 1),
    ("ab", "a = 1 AND b = 'x'", 1),
    ("ab", "a IN (1, 1, 2) AND b IN ('x', 'x')", 2),
    ("ab", "a IN (1, 2) AND b IN ('x', 'y')", 3),
    ("ab", "a = 1 AND b = 'x' AND b = 'y'", 0),
    ("ab", "a = 1", 2),
    ("ab", "a = 1 AND b = CAST(NULL AS STRING)", 0),
    ("ab", "a IN (1, 1 / 0) AND b = 'x'", 0),
    ("c", "c = 1", 1),
    ("c", "c IN (1, 1.00, 1.50)", 2),
    ("c", "c = 1.25", 0),
    ("d", "d = 0.0", 1),
    ("d", "d IN (0, 1.5)", 2),
    ("r", "r = STRUCT(x := 1)", 1),
    ("r", "r IN (STRUCT(x := 1), STRUCT(x := 1), STRUCT(x := 3))", 2),
]


@pytest.fixture(scope="module")
def db() -> Iterator[ksql.Database]:
    with ksql.connect() as made:
        made.execute(SETUP)
        assert made.wait_idle(30)
        yield made


def found(db: ksql.Database, statement: str) -> list[str]:
    return sorted(map(str, db.execute(statement).fetchall()))


@pytest.mark.parametrize(("table", "condition", "count"), CASES, ids=[f"{table}: {condition}" for table, condition, _ in CASES])
def test_a_look_up_finds_what_a_scan_finds(db: ksql.Database, table: str, condition: str, count: int) -> None:
    kept = found(db, f"SELECT * FROM {table}_kept WHERE {condition};")
    assert kept == found(db, f"SELECT * FROM {table}_scanned WHERE {condition};")
    assert len(kept) == count


def test_more_keys_than_can_be_looked_up(db: ksql.Database) -> None:
    numbers = ", ".join(map(str, range(300)))
    texts = ", ".join(f"'{text}'" for text in ("x", *range(300)))
    assert len(found(db, f"SELECT * FROM ab_kept WHERE a IN ({numbers}) AND b IN ({texts});")) == 2


def test_equal_keys_that_are_not_the_same(db: ksql.Database) -> None:
    assert found(db, "SELECT n FROM zeros WHERE zero = 0.0;") == ["{'N': 2}", "{'N': 2}"]  # 0.0 and -0.0


def test_what_fails_in_a_key_is_logged(db: ksql.Database) -> None:
    db.execute("SELECT * FROM a_kept WHERE a = 1 / 0;")
    logged = db.execute("SELECT message->recordProcessingError->errorMessage AS m FROM ksql_processing_log;")
    assert "Division by zero" in {row["M"] for row in logged}
