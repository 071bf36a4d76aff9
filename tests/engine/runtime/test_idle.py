"""A topic that falls silent: with an idle timeout its windows close by the clock, which here only moves when a test says so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pyarrow as pa
import pytest

import ksql
from ksql.engine import Engine
from ksql.engine.errors import StatementError
from ksql.engine.queries.push import RunningPushQuery
from ksql.engine.runtime.task import Task
from ksql.log import HEADERS_TYPE, RECORD_SCHEMA, MemoryLog, TopicConfig
from ksql.testing import Record, TestDriver

TIMEOUT_S = 30.0
SOURCE = "CREATE STREAM S (K STRING KEY, N INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON'{});"
COUNTS = """
    SELECT K, COUNT(*) AS C, WINDOWSTART AS W FROM S WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY K
    EMIT FINAL
"""


def record(key: str, time: int) -> Record:
    return Record("s", key.encode(), b'{"N": 1}', time)


@contextmanager
def driven(*statements: str, timeout: str = "3000") -> Iterator[TestDriver]:
    with closing(TestDriver({"ksql.idle.timeout.ms": timeout}, cache=False)) as driver:
        for topic in "srt":
            driver.create_topic(topic)
        for statement in statements:
            driver.execute(statement)
        yield driver


def seen(driver: TestDriver, topic: str = "O") -> list[tuple[str, int]]:
    """(key, count) of what has come out."""
    return [((r.key or b"")[:-8].decode(), json.loads(r.value or b"")["C"]) for r in driver.read(topic)]


@pytest.mark.parametrize(
    ("clause", "usual", "closes_after"),
    [
        ("", "3000", 12_000),  # the first window closes at 15,000; the record is at 3,000
        (", ksql.idle.timeout.ms = 3000", "0", 12_000),
        (", 'ksql.idle.timeout.ms' = '20000'", "3000", 20_000),
        (", `KSQL.IDLE.TIMEOUT.MS` = 0", "3000", None),
        ("", "0", None),
    ],
)
def test_a_window_closes_when_the_clock_has_come_so_far(clause: str, usual: str, closes_after: int | None) -> None:
    with driven(SOURCE.format(clause), f"CREATE TABLE O AS {COUNTS};", timeout=usual) as driver:
        driver.feed([record("a", 1000), record("a", 3000)])
        driver.pass_time((closes_after or 10**9) - 1)
        assert seen(driver) == []
        driver.pass_time(1)
        assert seen(driver) == ([("a", 2)] if closes_after else [])


def test_what_comes_after_the_clock_has_closed_a_window_is_late() -> None:
    with driven(SOURCE.format(""), f"CREATE TABLE O AS {COUNTS};") as driver:
        driver.feed([record("a", 3000)])
        driver.pass_time(12_000)
        driver.feed([record("a", 4000), record("b", 9000), record("b", 12_000)])
        assert seen(driver) == [("a", 1)]
        driver.pass_time(9_999)
        assert seen(driver) == [("a", 1)]
        driver.pass_time(1)  # stream time went on from 15,000, and b's window ends at 20,000
        assert seen(driver) == [("a", 1), ("b", 1)]


def test_records_keep_the_clock_out() -> None:
    with driven(SOURCE.format(""), f"CREATE TABLE O AS {COUNTS};") as driver:
        for time in range(20):
            driver.feed([record("a", time)])
            driver.pass_time(2999)
        assert seen(driver) == []


def test_time_passes_from_query_to_query() -> None:
    copy = "CREATE STREAM P WITH (ksql.idle.timeout.ms = 1000) AS SELECT * FROM S WHERE N > 0;"
    with driven(SOURCE.format(""), copy, f"CREATE TABLE O AS {COUNTS.replace('FROM S', 'FROM P')};", timeout="0") as driver:
        driver.feed([record("a", 3000)])
        driver.pass_time(12_000)
        assert seen(driver) == [("a", 1)]
        driver.execute("ASSERT STREAM P (K STRING KEY, N INT) WITH (ksql.idle.timeout.ms = 1000);")


def test_rows_of_an_outer_join_come_out_when_nothing_can_match_them_any_more() -> None:
    with driven(
        "CREATE STREAM L (K STRING KEY, N INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        "CREATE STREAM R (K STRING KEY, N INT) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON', ksql.idle.timeout.ms = 5000);",
        """
        CREATE STREAM O AS SELECT L.K AS K, L.N AS N, R.N AS M
            FROM L LEFT JOIN R WITHIN 10 SECONDS GRACE PERIOD 2 SECONDS ON L.K = R.K;
        """,
        """
        CREATE TABLE C AS SELECT K, COUNT(*) AS C
            FROM O WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 0 SECONDS) GROUP BY K EMIT FINAL;
        """,
    ) as driver:
        driver.feed([record("a", 1000), record("b", 2000), Record("r", b"b", b'{"N": 2}', 3000)])
        assert [r.key for r in driver.read("O")] == [b"b"]
        driver.pass_time(10_000)
        assert [r.key for r in driver.read("O")] == [b"b"]
        driver.pass_time(1)
        assert [(r.key, r.value) for r in driver.read("O")[1:]] == [(b"a", b'{"N":1,"M":null}')]
        driver.pass_time(0)
        assert seen(driver, "C") == [("b", 1)]


def test_each_partition_falls_silent_by_itself() -> None:
    with world() as it:
        it.run(f"{SOURCE.format('')} CREATE TABLE O AS {COUNTS};")
        it.write(0, ("a", 3000))
        it.write(1, ("b", 3000))
        it.task.step()
        for _ in range(4):
            it.now_ms += 3000
            it.write(1, ("b", 4000))
            it.task.step()
        assert it.counts() == [[("a", 1)], []]


def test_nobody_is_idle_while_there_is_something_to_read() -> None:
    """Not even a partition that has nothing: what is read for it may be in the next batch."""
    with world(batch_records=1) as it:
        it.run(f"{SOURCE.format('')} CREATE TABLE O AS {COUNTS};")
        it.write(0, ("a", 3000))
        it.task.step()
        it.now_ms += 100_000
        it.write(1, ("b", 3001), ("b", 3002), ("b", 3003))
        it.write(0, ("a", 4000))
        while it.task.has_more():
            it.task.step()
        assert it.counts() == [[], []]
        it.now_ms += 12_000
        it.task.step()
        assert it.counts() == [[("a", 2)], [("b", 3)]]


@pytest.mark.parametrize("restarts", [(), (0,), (1,), (0, 1, 2)])
def test_a_restart_goes_on_from_what_has_come_out(restarts: Sequence[int]) -> None:
    """Nothing comes out twice, and what was silent before the restart is so for as long again."""
    with world() as it:
        it.run(f"{SOURCE.format('')} CREATE TABLE O AS {COUNTS};")
        it.write(0, ("a", 3000), ("a", 12_000))
        for step in range(3):
            while it.task.has_more():
                it.task.step()
            if step in restarts:
                it.restart()
            it.now_ms += 14_000
        while it.task.has_more():
            it.task.step()
        assert it.counts() == [[("a", 1), ("a", 1)], []]


def test_a_server_waits_for_the_clock_and_not_for_records() -> None:
    """Without a hand that moves it: the engine's own clock, and windows of a moment."""
    properties = {"auto.offset.reset": "earliest", "ksql.idle.timeout.ms": "1"}
    with ksql.connect(properties=properties) as db:
        db.execute(f"""
            {SOURCE.format(", PARTITIONS=1")}
            CREATE TABLE O AS SELECT K, COUNT(*) AS C FROM S WINDOW TUMBLING (SIZE 2 MILLISECONDS, GRACE PERIOD 0 SECONDS)
                GROUP BY K EMIT FINAL;
        """)
        changes = db.execute("SELECT K, C FROM O EMIT CHANGES LIMIT 1;")
        windows = db.execute("""
            SELECT K, COUNT(*) AS C FROM S WINDOW TUMBLING (SIZE 2 MILLISECONDS, GRACE PERIOD 0 SECONDS)
                GROUP BY K EMIT FINAL LIMIT 1;
        """)
        db.execute("INSERT INTO S (ROWTIME, K, N) VALUES (1, 'a', 1);")
        assert [tuple(row.values()) for row in changes.fetchall()] == [("a", 1)]
        assert [tuple(row.values()) for row in windows.fetchall()] == [("a", 1)]


def test_a_push_query_waits_for_the_clock() -> None:
    with world() as it:
        it.run(SOURCE.format(""))
        [query] = it.engine.session(properties=it.properties).execute(COUNTS + ";")
        assert isinstance(query, RunningPushQuery)
        it.write(0, ("a", 3000))
        assert query.next_changes(0) is None
        it.now_ms += 12_000
        changes = query.next_changes(TIMEOUT_S)
        query.close()
    assert changes is not None
    assert changes.table.to_pylist() == [{"K": "a", "C": 1, "W": 0}]


@pytest.mark.parametrize("value", ["-1", "soon", "1.5"])
def test_what_is_no_time_is_refused(value: str) -> None:
    with driven() as driver:
        with pytest.raises(StatementError, match=r"must be a number, 0 or more"):
            driver.execute(f"SET 'ksql.idle.timeout.ms' = '{value}';")
        with pytest.raises(StatementError, match=r"KSQL.IDLE.TIMEOUT.MS must"):
            driver.execute(SOURCE.format(f", ksql.idle.timeout.ms = '{value}'"))


def test_a_table_has_no_idle_timeout() -> None:
    with driven() as driver, pytest.raises(StatementError, match="CREATE TABLE has no property KSQL"):
        driver.execute(
            "CREATE TABLE T (K INT PRIMARY KEY, N INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', ksql.idle.timeout.ms=1);"
        )


@dataclass
class World:
    """An engine over a topic of two partitions, whose only query is taken forward by hand."""

    log: MemoryLog = field(default_factory=MemoryLog)
    batch_records: int = 1000
    now_ms: int = 1_700_000_000_000

    def __post_init__(self) -> None:
        self.log.create_topic("s", TopicConfig(partitions=2))
        self.properties = {"auto.offset.reset": "earliest", "ksql.idle.timeout.ms": "3000"}
        self.engine = self.new_engine()

    def new_engine(self) -> Engine:
        return Engine(self.log, clock=lambda: self.now_ms, batch_records=self.batch_records)

    def run(self, statements: str) -> None:
        for _ in self.engine.session(properties=self.properties).execute(statements):
            pass

    def restart(self) -> None:
        self.engine.close()
        self.engine = self.new_engine()
        assert not self.task.has_more()

    @property
    def task(self) -> Task:
        (query,) = self.engine.queries.values()
        query.task = query.task or query.make_task()
        return query.task

    def write(self, partition: int, *keys_and_times: tuple[str, int]) -> None:
        keys, times = zip(*keys_and_times, strict=True)
        count = len(keys)
        columns = [pa.array([key.encode() for key in keys]), pa.array([b'{"N": 1}'] * count), pa.array(times, pa.int64())]
        with self.log.transaction() as transaction:
            rows = pa.RecordBatch.from_arrays([*columns, pa.nulls(count, HEADERS_TYPE)], schema=RECORD_SCHEMA)
            transaction.append("s", partition, rows)

    def counts(self) -> list[list[tuple[str, int]]]:
        """By partition of O, keys and counts, where the key's partition is that of its records."""
        found: dict[str, list[tuple[str, int]]] = {"a": [], "b": []}
        for partition in range(2):
            end = self.log.end_offset("O", partition)
            rows = self.log.fetch("O", partition, 0, end).records if end else None
            for row in rows.to_pylist() if rows is not None else ():
                key = row["key"][:-8].decode()
                found[key].append((key, json.loads(row["value"])["C"]))
        return list(found.values())


@contextmanager
def world(batch_records: int = 1000) -> Iterator[World]:
    made = World(batch_records=batch_records)
    yield made
    made.engine.close()
    made.log.close()
