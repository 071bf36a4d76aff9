"""Windows past their retention leave the state, and their loss changes no result."""

from __future__ import annotations

import pytest

from ksql.engine.operators import aggregation
from ksql.testing import Record, TestDriver


def test_expired_windows_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregation, "_EXPIRE_AT_LEAST", 4)
    driver = TestDriver(cache=False)
    driver.create_topic("s")
    driver.execute("""
        CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
        CREATE TABLE O AS SELECT K, COUNT(*) AS C FROM S
            WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K;
    """)
    for second in range(100):
        driver.feed([Record("s", b"a", b'{"A":1}', second * 1000), Record("s", b"a", b'{"A":1}', second * 1000 + 1)])
    (query,) = driver._queries.values()
    assert len(query.plan.states[0].store) < 20
    assert [record.value for record in driver.read("O")] == [b'{"C":1}', b'{"C":2}'] * 100
    driver.close()
