"""Windows past their retention leave the state, and their loss changes no result."""

from __future__ import annotations

from unittest.mock import Mock

import pyarrow as pa
import pytest

import ksql
from ksql.engine import Engine
from ksql.engine.state.timed_state import TimedState
from ksql.log import LogWriteError, MemoryLog, TopicConfig
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA
from ksql.testing import Record, TestDriver


def test_expired_windows_are_forgotten() -> None:
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
    tasks = [query.task for query in driver.engine.queries.values() if query.task]
    states = [state for task in tasks for state in task.plan.states if isinstance(state, TimedState)]
    assert [len(state.store) for state in states] == [3, 3, 3]
    assert [record.value for record in driver.read("O")] == [b'{"C":1}', b'{"C":2}'] * 100
    assert [record.value for record in driver.read("H")] == [b'{"C":2}'] * 100
    driver.close()


def test_queries_over_a_windowed_table_forget_its_windows_too() -> None:
    driver = TestDriver(cache=False)
    driver.create_topic("s")
    driver.execute("""
        CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
        CREATE TABLE O AS SELECT K, COUNT(*) AS C FROM S
            WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K;
        CREATE TABLE F AS SELECT * FROM (SELECT K, C FROM O WHERE C > 1) WHERE C < 3;
        CREATE TABLE N AS SELECT K, SUM(C) AS C, COUNT(*) AS W FROM O GROUP BY K;
    """)
    assert [driver.sources()[i].window_retention_ms for i in (1, 2, 3)] == [3000, 3000, None]
    for second in range(20):
        driver.feed([Record("s", b"a", b'{"A":1}', second * 1000), Record("s", b"a", b'{"A":1}', second * 1000 + 1)])
    tasks = [query.task for query in driver.engine.queries.values() if query.task]
    states = [state for task in tasks for state in task.plan.states if isinstance(state, TimedState)]
    assert {state.name: len(state.store) for state in states} == dict.fromkeys(
        ["aggregation", "SUBQUERY/view", "view", "rows"], 3
    )
    assert [record.value for record in driver.read("F")] == [b'{"C":2}'] * 20
    # What has left still counts.
    assert driver.read("N")[-1].value == b'{"C":40,"W":20}'
    driver.close()


JOINED = """
    CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
    CREATE TABLE L AS SELECT K, COUNT(*) AS C FROM S
        WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K;
    CREATE TABLE R WITH (KAFKA_TOPIC='r') AS SELECT K, SUM(A) AS C FROM S
        WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 5 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K;
    CREATE STREAM W (K STRING KEY, C INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', PARTITIONS=1,
        WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1 SECONDS');
    CREATE TABLE J AS SELECT L.K, L.C, R.C FROM L {} JOIN R ON L.K = R.K;
    CREATE STREAM M AS SELECT W.K, R.C FROM W JOIN R ON W.K = R.K;
"""


@pytest.mark.parametrize("kind", ["", "LEFT", "RIGHT"])
def test_joins_of_windowed_tables_forget_windows_too(kind: str) -> None:
    """Each side keeps its own for as long as its query does; what they make together stays as long as either."""
    driver = TestDriver(cache=False)
    driver.create_topic("s")
    driver.execute(JOINED.format(kind))
    for second in range(20):
        driver.feed([Record("s", b"a", b'{"A":1}', second * 1000), Record("s", b"a", b'{"A":1}', second * 1000 + 1)])
    tasks = [query.task for query in driver.engine.queries.values() if query.task]
    states = [state for task in tasks for state in task.plan.states if isinstance(state, TimedState)]
    kept = {state.name: len(state.store) for state in states if state.name != "aggregation"}
    assert kept == {"join.R.left": 3, "join.R.right": 5, "table.R": 5, "view": 5}
    assert next(source for source in driver.sources() if source.name == "J").window_retention_ms == 5000
    driver.close()


@pytest.mark.parametrize("batch", [True, False])
def test_a_stream_meets_no_window_that_has_left(batch: bool) -> None:
    driver = TestDriver(cache=False)
    driver.execute(JOINED.format(""))
    changes = [("r", 0, 0), ("w", 0, 4999), ("r", 5000, 5000), ("w", 0, 5001), ("w", 5000, 5001)]
    driver.feed([Record(topic, b"a" + start.to_bytes(8), b'{"C":1}', time) for topic, start, time in changes], batch=batch)
    assert [record.timestamp for record in driver.read("M")] == [4999, 5001]
    driver.close()


@pytest.mark.parametrize("batch", [True, False])
def test_a_row_of_a_window_that_has_left_is_late(batch: bool) -> None:
    """It may come where the partitions of a table are not those of the query that fills it."""
    driver = TestDriver(cache=False)
    driver.create_topic("w")
    driver.execute("""
        CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
        CREATE TABLE W WITH (KAFKA_TOPIC='w') AS SELECT K, COUNT(*) AS C FROM S
            WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY K;
        CREATE TABLE F AS SELECT * FROM W WHERE C = 1;
    """)
    changes = [(0, 1), (3000, 1), (0, 2), (1000, 1)]
    driver.feed([Record("w", b"a" + start.to_bytes(8), b'{"C":%d}' % c, start) for start, c in changes], batch=batch)
    assert [record.timestamp for record in driver.read("F")] == [0, 3000, 1000]
    driver.close()


def test_each_partition_keeps_its_own_time() -> None:
    """A partition without records does not hold the windows of the others, nor do they make it lose its own."""
    log = MemoryLog()
    log.create_topic("s", TopicConfig(partitions=2))
    engine = Engine(log)
    for _ in engine.session(properties={"auto.offset.reset": "earliest"}).execute("""
        CREATE STREAM s (k STRING KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
        CREATE TABLE o AS SELECT k, COUNT(*) AS c FROM s
            WINDOW TUMBLING (SIZE 1 SECOND, RETENTION 10 SECONDS, GRACE PERIOD 1 SECOND) GROUP BY k;
    """):
        pass
    with log.transaction() as transaction:
        transaction.append("s", 1, records([(b"b", 0)]))
        transaction.append("s", 0, records([(b"a", second * 1000) for second in range(4_000)]))
    engine.start()
    assert engine.wait_idle(60)
    (answer,) = engine.session().execute("SELECT k, windowstart FROM o;")
    rows = sorted((row["K"], row["WINDOWSTART"]) for row in answer.table.to_pylist())
    assert rows == [*(("a", second * 1000) for second in range(3_990, 4_000)), ("b", 0)]
    engine.close()


def test_windows_far_apart_are_found_by_key() -> None:
    """They are looked up, not counted through from the first to the last."""
    now = 1_763_000_000_000
    with ksql.connect(properties={"auto.offset.reset": "earliest"}) as db:
        db.execute(f"""
            CREATE STREAM s (k STRING KEY, a INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
            CREATE TABLE o AS SELECT k, COUNT(*) AS c FROM s
                WINDOW TUMBLING (SIZE 1 SECOND, RETENTION 100000 DAYS) GROUP BY k;
            INSERT INTO s (rowtime, k, a) VALUES (0, 'k', 1);
            INSERT INTO s (rowtime, k, a) VALUES (5000, 'other', 1);
            INSERT INTO s (rowtime, k, a) VALUES ({now}, 'k', 1);
        """)
        assert db.wait_idle(30)
        assert db.execute("SELECT windowstart FROM o WHERE k = 'k';").arrow()["WINDOWSTART"].to_pylist() == [0, now]


def records(keys_and_times: list[tuple[bytes, int]]) -> pa.RecordBatch:
    keys, times = zip(*keys_and_times, strict=True)
    n = len(keys)
    return pa.RecordBatch.from_arrays(
        [pa.array(keys, pa.binary()), pa.array([b'{"A":1}'] * n, pa.binary()), pa.array(times), pa.nulls(n, HEADERS_TYPE)],
        schema=RECORD_SCHEMA,
    )


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


@pytest.mark.parametrize("having", ["", "HAVING COUNT(*) > 0"])
def test_readers_do_not_see_the_time_of_a_batch_that_was_not_committed(having: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ksql.connect(properties={"auto.offset.reset": "earliest"}) as db:
        db.execute(f"""
            CREATE STREAM s (k STRING KEY, a INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
            CREATE TABLE o AS SELECT k, COUNT(*) AS c FROM s
                WINDOW TUMBLING (SIZE 1 SECONDS, RETENTION 3 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY k {having};
            INSERT INTO s (rowtime, k, a) VALUES (1000, 'a', 1);
        """)
        assert db.wait_idle(30)
        (query,) = db.engine.queries.values()
        db.engine.runtime.pause(query.id, paused=True)
        with db.engine.log.transaction() as transaction:
            transaction.append("s", 0, records([(b"a", 100_000)]))
        assert query.task is not None
        monkeypatch.setattr(query.task, "_changelog", Mock(append=Mock(side_effect=LogWriteError("the disk is full"))))
        with pytest.raises(LogWriteError):
            query.task.step()
        assert db.execute("SELECT windowstart FROM o;").arrow()["WINDOWSTART"].to_pylist() == [1000]
