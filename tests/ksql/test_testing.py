"""The test driver: statements and records in, records out."""

from __future__ import annotations

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
