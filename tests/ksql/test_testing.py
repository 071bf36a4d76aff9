"""The test driver: statements and records in, records out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ksql.engine.errors import AssertionFailedError, StatementError
from ksql.engine.results import Rows
from ksql.feeding import OnePartitionLog
from ksql.log.contract import TransactionResult
from ksql.log.transaction import StagedChanges
from ksql.testing import Record, TestDriver


def test_inserted_rows_reach_the_queries() -> None:
    driver = TestDriver()
    driver.execute("""
        CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=2);
        INSERT INTO S (K, A) VALUES ('before', 0);
        CREATE STREAM O AS SELECT K, A * 2 AS B FROM S;
        INSERT INTO S (ROWTIME, K, A) VALUES (5, 'x', 1);
    """)
    driver.feed([Record("s", b"y", b'{"A": 2}', 6)])
    assert driver.read("s")[1:] == [Record("s", b"x", b'{"A":1}', 5), Record("s", b"y", b'{"A": 2}', 6)]
    assert driver.read("O") == [Record("O", b"x", b'{"B":2}', 5), Record("O", b"y", b'{"B":4}', 6)]
    driver.close()


SETUP = """
CREATE STREAM s (k STRING KEY, v INT, d DOUBLE) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 3);
CREATE TABLE t (k STRING PRIMARY KEY, v INT) WITH (kafka_topic = 't', value_format = 'JSON', partitions = 1);
CREATE TABLE n WITH (kafka_topic = 'n') AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY k;
CREATE TABLE f AS SELECT k, v FROM t WHERE v > 1;
INSERT INTO s VALUES ('a', 1, 0.5);
INSERT INTO s (rowtime, k, v) VALUES (7, 'b', 2);
INSERT INTO s VALUES ('a', 3, CAST('NaN' AS DOUBLE));
INSERT INTO t VALUES ('x', 5);
INSERT INTO t VALUES ('x', 1);
"""


@pytest.fixture
def driver() -> Iterator[TestDriver]:
    made = TestDriver(cache=False)
    made.execute(SETUP)
    yield made
    made.close()


def rows(driver: TestDriver, sql: str) -> list[dict[str, object]]:
    [result] = driver.execute(sql)
    assert isinstance(result, Rows)
    found: list[dict[str, object]] = result.table.to_pylist()
    return found


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT k, v FROM s;", [("a", 1), ("b", 2), ("a", 3)]),
        ("SELECT k, v FROM t;", [("x", 1)]),
        ("SELECT k, n, total FROM n WHERE k = 'a';", [("a", 2, 4)]),
        ("SELECT k, n FROM n ORDER BY n DESC;", [("a", 2), ("b", 1)]),
        ("SELECT k FROM f;", []),
    ],
)
def test_pull_queries_see_what_was_processed(driver: TestDriver, sql: str, expected: list[tuple[object, ...]]) -> None:
    assert [tuple(row.values()) for row in rows(driver, sql)] == expected


def test_queries_that_feed_each_other() -> None:
    """Whatever the order in which they were made, all is processed."""
    driver = TestDriver({"auto.offset.reset": "earliest"})
    driver.execute("""
        CREATE STREAM a (k STRING KEY, v INT) WITH (kafka_topic = 'a', value_format = 'JSON', partitions = 2);
        CREATE STREAM c (k STRING KEY, v INT) WITH (kafka_topic = 'c', value_format = 'JSON', partitions = 2);
        CREATE STREAM d AS SELECT k, v * 10 AS v FROM c;
        INSERT INTO c SELECT k, v FROM a;
    """)
    driver.feed([Record("c", b"x", b'{"V":1}'), Record("a", b"x", b'{"V":2}'), Record("c", b"x", b'{"V":3}')])
    assert [record.value for record in driver.read("D")] == [b'{"V":10}', b'{"V":30}', b'{"V":20}']
    driver.close()


def test_a_query_that_is_paused_or_gone(driver: TestDriver) -> None:
    driver.execute("PAUSE ctas_n_0; INSERT INTO s VALUES ('b', 5, 0.0);")
    assert rows(driver, "SELECT n FROM n WHERE k = 'b';") == [{"N": 1}]
    driver.execute("RESUME ctas_n_0;")
    assert rows(driver, "SELECT n FROM n WHERE k = 'b';") == [{"N": 2}]
    driver.execute("DROP TABLE n DELETE TOPIC;")
    driver.execute("CREATE TABLE n WITH (kafka_topic = 'n') AS SELECT k, MAX(v) AS v FROM s GROUP BY k;")
    driver.execute("INSERT INTO s VALUES ('z', 9, 0.0);")
    assert [(record.key, record.value) for record in driver.read("n")] == [(b"z", b'{"V":9}')]


def test_what_holds(driver: TestDriver) -> None:
    driver.execute("""
        ASSERT VALUES s (k, v) VALUES ('a', 1);
        ASSERT VALUES s (v, rowtime) VALUES (2, 7);
        ASSERT VALUES s VALUES ('a', 3, CAST('NaN' AS DOUBLE));
        ASSERT VALUES n (k, n) VALUES ('a', 1);
        ASSERT VALUES n VALUES ('b', 1, 2);
        ASSERT VALUES n (n, total) VALUES (2, 4);
        ASSERT VALUES f VALUES ('x', 5);
        ASSERT NULL VALUES f (k) KEY ('x');
        ASSERT STREAM s (k STRING KEY, v INTEGER, d DOUBLE) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 3);
        ASSERT TABLE n WITH (kafka_topic = 'n', key_format = 'KAFKA');
        ASSERT TABLE n (k VARCHAR PRIMARY KEY, n BIGINT, total INT);
    """)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ASSERT VALUES s (v) VALUES (2);", "the next record of S has another V\n  ASSERT"),
        ("ASSERT VALUES s (v) VALUES (2);", "expected 2, found 1"),
        ("ASSERT NULL VALUES s (k) KEY ('a');", "has a value, and is no tombstone"),
        ("ASSERT VALUES f VALUES ('x', 5); ASSERT VALUES f VALUES ('x', 1);", "has no value: it is a tombstone"),
        ("ASSERT VALUES f VALUES ('x', 5); ASSERT NULL VALUES f KEY ('y');", "expected 'y', found 'x'"),
        ("ASSERT VALUES f (v) VALUES (5); ASSERT NULL VALUES f KEY ('x'); ASSERT VALUES f (v) VALUES (5);", "topic F has 2"),
        ("ASSERT TABLE s;", "it is a stream"),
        ("ASSERT STREAM s (k STRING KEY, v INT);", "it has:   K STRING KEY, V INTEGER, D DOUBLE"),
        ("ASSERT STREAM s WITH (kafka_topic = 'z');", "its KAFKA_TOPIC is s"),
    ],
)
def test_what_does_not_hold(driver: TestDriver, sql: str, message: str) -> None:
    with pytest.raises(AssertionFailedError) as failed:
        driver.execute(sql)
    assert message in str(failed.value)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ASSERT VALUES nothing VALUES (1);", "there is no stream or table called NOTHING"),
        ("ASSERT VALUES s (x) VALUES (1);", "S has no column X"),
        ("ASSERT VALUES s (k, v) VALUES (1);", "1 values for 2 columns: K, V"),
        ("ASSERT VALUES s (v) VALUES ('x');", "'x' is not a number"),
    ],
)
def test_assertions_that_are_wrong(driver: TestDriver, sql: str, message: str) -> None:
    with pytest.raises(StatementError) as refused:
        driver.execute(sql)
    assert not isinstance(refused.value, AssertionFailedError)
    assert message in str(refused.value)


def test_what_a_batch_makes_is_committed_as_a_whole(driver: TestDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime's own path: a commit that fails leaves no trace, and the next one goes on from there."""
    commit = type(driver.log)._carry_out

    def carry_out(log: OnePartitionLog, changes: StagedChanges) -> TransactionResult:
        if changes.offsets:
            raise OSError("no space left")
        return commit(log, changes)

    driver.log.create_topic("other")
    monkeypatch.setattr(OnePartitionLog, "_carry_out", carry_out)
    with pytest.raises(OSError, match="no space"):
        driver.feed([Record("s", b"a", b'{"V":100}')])
    [present] = driver.engine.session().execute("SELECT total FROM n;")
    assert isinstance(present, Rows)
    assert sorted(present.table.column(0).to_pylist()) == [2, 4]
    monkeypatch.undo()
    driver.feed([Record("other", None, None)])
    assert rows(driver, "SELECT total FROM n WHERE k = 'a';") == [{"TOTAL": 104}]
