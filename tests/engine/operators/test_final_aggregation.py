"""EMIT FINAL against its step twin, and against the last change that EMIT CHANGES gives each window."""

from __future__ import annotations

import json
import math
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.aggregates import resolve_aggregate
from ksql.engine.operators.aggregation import Aggregation
from ksql.engine.operators.batch import BatchContext
from ksql.engine.operators.closed_windows import KEY_BYTES, ClosedWindows, Closing
from ksql.engine.operators.final_windows import FinalWindows
from ksql.engine.operators.groups import AggregateCall
from ksql.engine.operators.windows import WINDOW_START, TimeWindows
from ksql.engine.state.idle import Idle
from ksql.engine.types.sql_types import DOUBLE
from ksql.testing import Record, TestDriver
from tests.engine.operators.given import CONTEXT, Given, publish, states_of

#: A key lies in one partition.
PARTITIONS = {"a": 0, "b": 0, "B": 0, "c": 1, "d": 1}


class Row(NamedTuple):
    key: str
    time: int
    partition: int
    value: float


class Closed(NamedTuple):
    place: int
    start: int
    key: str
    time: int
    count: int
    #: Bits of the sum.
    total: bytes


@dataclass
class Open:
    partition: int
    time: int = -1
    count: int = 0
    total: float = 0.0

    def add(self, row: Row) -> None:
        self.time, self.count, self.total = max(self.time, row.time), self.count + 1, self.total + row.value


@dataclass
class Twin:
    """One row after the other; windows in a dictionary that is looked through."""

    windows: TimeWindows
    interval: int = 0
    times: dict[int, int] = field(default_factory=dict)
    open: dict[tuple[str, int], Open] = field(default_factory=dict)
    next_looks: dict[int, int] = field(default_factory=dict)
    #: By partition: when a record last came, by the clock, and stream time then.
    silent: dict[int, tuple[int, int]] = field(default_factory=dict)

    def step(self, place: int, row: Row, now: int) -> Iterator[Closed]:
        time = self.times[row.partition] = max(self.times.get(row.partition, row.time), row.time)
        size, advance = self.windows.size_ms, self.windows.advance_ms
        for start in range(0, row.time + 1, advance):
            if start <= row.time < start + size and self.closes(start) > time:
                self.open.setdefault((row.key, start), Open(row.partition)).add(row)
        due = [w for w, window in self.open.items() if window.partition == row.partition and self.closes(w[1]) <= time]
        if not due or (self.interval and now < self.next_looks.get(row.partition, now)):
            return
        self.next_looks[row.partition] = now + self.interval
        yield from self.close(place, due)

    def close(self, place: int, due: list[tuple[str, int]]) -> Iterator[Closed]:
        for key, start in sorted(due, key=lambda window: (window[1], window[0].encode())):
            window = self.open.pop((key, start))
            yield Closed(place, start, key, window.time, window.count, bits(window.total))

    def pass_time(self, batch: Sequence[tuple[int, Row]], idle: Idle) -> Iterator[Closed]:
        """What the clock does after the rows of a batch."""
        for partition, time in self.times.items():
            if not idle.caught_up or any(row.partition == partition for _, row in batch):
                self.silent[partition] = idle.now_ms, time
            since, before = self.silent.setdefault(partition, (idle.now_ms, time))
            if idle.now_ms - since >= idle.timeout_ms:
                self.times[partition] = max(time, before + idle.now_ms - since)
        windows = self.open.items()
        due = [w for w, window in windows if self.closes(w[1]) <= self.times[window.partition]]
        yield from self.close(batch[-1][0] if batch else 0, due)

    def closes(self, start: int) -> int:
        return start + self.windows.size_ms + self.windows.grace_ms


def bits(number: float) -> bytes:
    return b"nan" if math.isnan(number) else struct.pack(">d", number)


class KeyBytes:
    def run_over(self, batch: pa.Table, context: BatchContext) -> pa.Table:  # noqa: ARG002
        return pa.table({KEY_BYTES: batch.column("k").cast(pa.binary())})


class Grouped:
    """The operator over batches; after some of them it is made anew from what it has written down."""

    def __init__(self, windows: TimeWindows, interval: int = 0) -> None:
        self.windows, self.interval = windows, interval
        self.given = Given({"k": pa.string(), "v": pa.float64()})
        self.written: list[list[pa.RecordBatch | None]] = []
        self.node = self.new()

    def new(self) -> FinalWindows:
        windows = self.windows
        calls = [
            AggregateCall(resolve_aggregate("COUNT", [], []), [], "count"),
            AggregateCall(resolve_aggregate("SUM", [DOUBLE], []), ["v"], "sum"),
        ]
        closed = ClosedWindows("aggregation", Closing(windows.order, windows.lasting_ms, KeyBytes(), self.interval))
        self.made = made = Aggregation("aggregation", self.given, [("k", pa.string())], calls, windows, leave_by=closed.times)
        self.store = made.timed.store
        return FinalWindows(made, closed)

    def process(self, batch: Sequence[tuple[int, Row]], now: int = 0, idle: Idle | None = None) -> list[Closed]:
        self.given.rows = [
            {"$n": place, "$ts": row.time, "$p": row.partition, "$del": False, "k": row.key, "v": row.value}
            for place, row in batch
        ]
        rows = self.node.process(replace(CONTEXT, now_ms=now, idle=idle)).to_pylist()
        self.written.append([state.changes() for state in states_of(self.node)])
        publish(self.node)
        return [Closed(r["$n"], r[WINDOW_START], r["k"], r["$ts"], r["count"], bits(r["sum"])) for r in rows]

    def restart(self) -> None:
        self.node = self.new()
        for batch in self.written:
            for state, changes in zip(states_of(self.node), batch, strict=True):
                if changes is not None:
                    state.restore(changes, 0)
        publish(self.node, -1)

    def readable(self) -> list[tuple[str, int, int]]:
        return sorted((r["k"], r[WINDOW_START], r["count"]) for r in self.node.rows(None).to_pylist())


ROW = st.builds(
    lambda key, time, value: Row(key, time, PARTITIONS[key], value),
    st.sampled_from(["a", "a", "a", "b", "B", "c", "d"]),
    st.integers(0, 40) | st.integers(0, 300),
    st.sampled_from([0.1, 0.2, 1e16, -1e16, math.nan, math.inf]),
)
ROWS = st.lists(ROW, max_size=60)
CUTS = st.sets(st.integers(0, 60), max_size=6)
WINDOWS = st.builds(
    lambda advance, times, grace, more: TimeWindows("", advance * times, advance, grace, advance * times + grace + more),
    st.integers(1, 7),
    st.integers(1, 3),
    st.sampled_from([0, 3, 20]),
    st.sampled_from([0, 1000]),
)


def batches(rows: list[Row], cuts: set[int]) -> Iterator[list[tuple[int, Row]]]:
    numbered = list(enumerate(rows))
    for start, end in pairwise(sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})):
        yield numbered[start:end]


@settings(max_examples=300, deadline=None)
@given(rows=ROWS, cuts=CUTS, restarts=CUTS, windows=WINDOWS)
def test_it_does_what_its_twin_does(rows: list[Row], cuts: set[int], restarts: set[int], windows: TimeWindows) -> None:
    twin = Twin(windows)
    expected = [closed for place, row in enumerate(rows) for closed in twin.step(place, row, 0)]
    grouped, found = Grouped(windows), []
    for batch in batches(rows, cuts):
        found += grouped.process(batch)
        if batch[-1][0] in restarts:
            grouped.restart()
    assert found == expected
    assert max(Counter((closed.key, closed.start) for closed in found).values(), default=1) == 1
    if windows.retention_ms >= 1000:  # none has left yet
        assert grouped.readable() == sorted((closed.key, closed.start, closed.count) for closed in found)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, cuts=CUTS, windows=WINDOWS, ticks=st.lists(st.integers(0, 6), min_size=7, max_size=7))
def test_looks_come_at_intervals(rows: list[Row], cuts: set[int], windows: TimeWindows, ticks: list[int]) -> None:
    twin, grouped, now = Twin(windows, 5), Grouped(windows, 5), 1000
    for batch, tick in zip(batches(rows, cuts), ticks, strict=False):
        now += tick
        expected = [closed for place, row in batch for closed in twin.step(place, row, now)]
        assert grouped.process(batch, now) == expected


@settings(max_examples=200, deadline=None)
@given(
    rows=ROWS,
    cuts=CUTS,
    windows=WINDOWS,
    ticks=st.lists(st.tuples(st.integers(0, 30), st.sampled_from([True, True, True, False])), min_size=20, max_size=20),
)
def test_time_goes_on_by_the_clock(
    rows: list[Row], cuts: set[int], windows: TimeWindows, ticks: list[tuple[int, bool]]
) -> None:
    """Between the batches there are moments without one, at random or when something is due."""
    twin, grouped, now, next_tick = Twin(windows), Grouped(windows), 1000, iter(ticks)
    for batch in batches(rows, cuts):
        for of_moment in (batch, [], []):
            elapsed, caught_up = next(next_tick, (5, True))
            now += elapsed
            idle = Idle(10, now, caught_up or not of_moment)
            expected = [closed for place, row in of_moment for closed in twin.step(place, row, now)]
            expected += twin.pass_time(of_moment, idle)
            assert sorted(grouped.process(of_moment, now, idle)) == sorted(expected)
            due = grouped.made.due_at(idle)
            assert (due is None) == (not twin.open)
            now = now if due is None or not caught_up else max(now, due - 1)


def test_open_windows_are_not_looked_at() -> None:
    """What has come out stays for readers, and costs a batch nothing."""
    grouped = Grouped(TimeWindows("", 10, 10, 0, 1_000_000))
    for time in range(0, 1000, 10):
        grouped.process([(0, Row("a", time, 0, 1.0))])
    seen: list[int] = []
    rows_at = grouped.store.rows_at
    grouped.store.rows_at = lambda slots: (seen.append(len(slots)), rows_at(slots))[1]  # type: ignore[method-assign]
    assert [closed.start for closed in grouped.process([(0, Row("b", 1000, 0, 1.0))])] == [990]
    assert seen == [1]
    assert len(grouped.readable()) == 100


def test_a_window_closes_by_the_partition_it_was_first_seen_in() -> None:
    """Should somebody put records of one key into two."""
    grouped = Grouped(TimeWindows("", 10, 10, 0, 10))
    rows = [Row("a", 0, 0, 1.0), Row("a", 5, 1, 1.0), Row("b", 100, 1, 1.0), Row("c", 100, 0, 1.0)]
    found = [[closed[2:5] for closed in grouped.process([(0, row)])] for row in rows]
    assert found == [[], [], [], [("a", 5, 2)]]
    assert len(grouped.store) == 2


VALUES = st.fixed_dictionaries({"A": st.integers(-3, 3), "D": st.sampled_from([0.1, 0.2, 1e16, -1e16])})
RECORDS = st.lists(
    st.builds(
        lambda key, value, time: Record("s", key and key.encode(), json.dumps(value).encode(), time),
        st.sampled_from(["a", "a", "b", "c", None]),
        VALUES,
        st.integers(0, 20_000),
    ),
    max_size=40,
)
QUERIES = [
    "SELECT K, SUM(D) AS D, WINDOWSTART AS WS, WINDOWEND AS WE FROM S WINDOW TUMBLING (SIZE 3 SECONDS, {}) GROUP BY K",
    "SELECT A, SUM(D) AS D, COLLECT_LIST(A) AS L FROM S WINDOW HOPPING (SIZE 4 SECONDS, ADVANCE BY 1 SECOND, {}) GROUP BY A",
    "SELECT K, SUM(A) AS C FROM S WINDOW TUMBLING (SIZE 2 SECONDS, {}) WHERE A <> 0 GROUP BY K HAVING SUM(A) > 0",
]


@pytest.mark.parametrize("query", QUERIES)
@settings(max_examples=5, deadline=None)
@given(records=RECORDS, cuts=CUTS, cache=st.booleans())
def test_what_comes_out_is_the_last_change_of_the_window(
    query: str, records: list[Record], cuts: set[int], cache: bool
) -> None:
    """And a query without EMIT sees just that."""
    query = query.format("RETENTION 1 DAY, GRACE PERIOD 1 SECOND")
    records = [*records, Record("s", b"end", b'{"A":1,"D":0.5}', 100_000)]
    with closing(TestDriver(cache=cache)) as driver:
        driver.create_topic("s")
        driver.execute(f"""
            CREATE STREAM S (K STRING KEY, A INT, D DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
            CREATE TABLE F AS {query} EMIT FINAL;
            CREATE TABLE C AS {query};
        """)
        for start, end in pairwise(sorted({0, len(records), *(cut for cut in cuts if cut < len(records))})):
            driver.feed(records[start:end], batch=True)
        final, changes = driver.read("F"), {record.key: record for record in driver.read("C")}
        (answer,) = driver.execute("SELECT COUNT(*) AS N FROM F;")
    last = [replace(record, topic="F") for record in changes.values() if record.value is not None]
    closed = [record for record in last if record.timestamp < 100_000]
    assert sorted(final, key=repr) == sorted(closed, key=repr)
    assert answer.table.to_pylist() == [{"N": len(closed)}]  # type: ignore[union-attr]
