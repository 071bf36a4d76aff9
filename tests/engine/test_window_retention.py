"""Windows past their retention leave the state, and their loss changes no result."""

from __future__ import annotations

import pytest

import ksql
from ksql.engine.state import operator_state as table_state
from ksql.testing import Record, TestDriver


def test_expired_windows_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_state, "_EXPIRE_AT_LEAST", 4)
    driver = TestDriver(cache=False)
    driver.create_topic("s")
    driver.execute("""
        CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
        CREATE TABLE O AS SELECT K, COUNT(*) AS C FROM S
            WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K;
        CREATE TABLE H AS SELECT K, COUNT(*) AS C FROM S
            WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K HAVING COUNT(*) > 1;
    """)
    for second in range(100):
        driver.feed([Record("s", b"a", b'{"A":1}', second * 1000), Record("s", b"a", b'{"A":1}', second * 1000 + 1)])
    plan, filtered = (query.plan for query in driver._queries.values())
    assert [len(state.store) < 20 for state in (*plan.states, *filtered.states)] == [True] * 3
    assert [record.value for record in driver.read("O")] == [b'{"C":1}', b'{"C":2}'] * 100
    assert [record.value for record in driver.read("H")] == [b'{"C":2}'] * 100
    driver.close()


@pytest.mark.parametrize("having", ["", "HAVING COUNT(*) > 0"])
@pytest.mark.parametrize("condition", ["", "WHERE k = 'a'"])
def test_expired_windows_are_not_seen(having: str, condition: str) -> None:
    with ksql.connect(properties={"auto.offset.reset": "earliest"}) as db:
        db.execute(f"""
            CREATE STREAM s (k STRING KEY, a INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
            CREATE TABLE o AS SELECT k, COUNT(*) AS c FROM s
                WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY k {having};
        """)
        for second in range(10):
            db.execute(f"INSERT INTO s (rowtime, k, a) VALUES ({second * 1000}, 'a', 1);")
        assert db.wait_idle(30)
        assert db.execute(f"SELECT windowstart FROM o {condition};").arrow()["WINDOWSTART"].to_pylist() == [7000, 8000, 9000]


@pytest.mark.parametrize(("advance", "records"), [("1 HOUR", 65_536), ("10 MINUTES", 65_536), ("1 SECOND", 145)])
def test_batches_are_small_where_a_record_falls_into_many_windows(advance: str, records: int) -> None:
    with ksql.connect() as db:
        db.execute(f"""
            CREATE STREAM s (k STRING KEY, a INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
            CREATE TABLE o AS SELECT k, COUNT(*) AS c FROM s WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY {advance}) GROUP BY k;
        """)
        (info,) = db.engine.catalog.queries.values()
        assert db.engine.make_task(info)._reader._max_records == records
