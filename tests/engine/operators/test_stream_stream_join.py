"""The stream-stream join against its step twin: one record at a time, rows in lists that are looked through."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.operators.join_records import Side
from ksql.engine.operators.stream_stream_join import StreamStreamJoin
from ksql.engine.state.idle import Idle
from ksql.engine.state.timed_state import TimedState
from tests.engine.operators.given import CONTEXT, Given, Holds, publish

DAY = 86_400_000
NAMES = ("l", "r")


class Record(NamedTuple):
    side: int
    key: str | None
    time: int
    partition: int
    value: int | None


class Output(NamedTuple):
    place: int
    time: int
    partition: int
    key: str | None
    left: int | None
    right: int | None


@dataclass
class Kind:
    before: int
    after: int
    grace: int | None
    outer: tuple[bool, bool]
    #: What must be true of the values of both sides.
    condition: Callable[[Any, Any], bool] | None = None

    def are_partners(self, record: Record, other: Record) -> bool:
        left, right = (record, other) if record.side == 0 else (other, record)
        return self.condition is None or self.condition(left.value, right.value)

    def reach(self, side: int) -> tuple[int, int]:
        """How long before and after a row of the side those of the other may lie."""
        return (self.before, self.after) if side == 0 else (self.after, self.before)


@dataclass
class Twin:
    """The join of one partition, step by step."""

    kind: Kind
    rows: list[list[Record]] = field(default_factory=lambda: [[], []])
    own_times: list[int] = field(default_factory=lambda: [-1, -1])
    time: int = -1
    waiting: list[tuple[int, int, bytes, Record]] = field(default_factory=list)
    minimum: int = 2**63 - 1
    #: When a record last came, by the clock, and stream time then.
    silent: tuple[int, int] | None = None

    def step(self, place: int, record: Record) -> Iterator[Output]:
        kind, side = self.kind, record.side
        self.time = max(self.time, record.time)
        if record.key is None or record.value is None:
            if record.value is not None and kind.outer[side]:
                yield output(place, record, None, record.time)
            return
        self.own_times[side] = max(self.own_times[side], record.time)
        looks = kind.grace is not None and record.time == self.time
        if looks and self.minimum < self.time - kind.reach(side)[1] - (kind.grace or 0):
            yield from self.look(place)
        before, after = kind.reach(side)
        matches = [
            other
            for other in self.rows[1 - side]
            if other.key == record.key
            and record.time - before <= other.time <= record.time + after
            and other.time > self.own_times[1 - side] - self.retention
            and kind.are_partners(record, other)
        ]
        for other in sorted(matches, key=lambda row: row.time):
            yield output(place, record, other, max(record.time, other.time))
            self.waiting = [w for w in self.waiting if w != waits(other)]
        if not matches and kind.outer[side]:
            if kind.grace is None or record.time + after < self.time:
                yield output(place, record, None, record.time)
            else:
                self.waiting.append(waits(record))
                self.minimum = min(self.minimum, record.time)
        self.rows[side].append(record)

    @property
    def retention(self) -> int:
        return self.kind.before + self.kind.after + (DAY if self.kind.grace is None else self.kind.grace)

    def pass_time(self, batch: Sequence[tuple[int, Record]], partition: int, idle: Idle) -> Iterator[Output]:
        """What the clock does after the records of a batch."""
        if any(record.partition == partition for _, record in batch) or self.silent is None:
            self.silent = (idle.now_ms, self.time) if self.time >= 0 else None
        elif idle.now_ms - self.silent[0] >= idle.timeout_ms and self.kind.grace is not None:
            self.time = max(self.time, self.silent[1] + idle.now_ms - self.silent[0])
            yield from self.look(batch[-1][0] if batch else 0)

    def look(self, place: int) -> Iterator[Output]:
        grace = self.kind.grace or 0
        self.minimum, still_open = 2**63 - 1, set()
        for row in sorted(self.waiting, key=lambda w: w[:3]):
            self.minimum, side = row[0], row[3].side
            if still_open == {0, 1}:
                break
            if row[0] + self.kind.reach(side)[1] + grace >= self.time:
                still_open.add(side)
                continue
            self.waiting.remove(row)
            yield output(place, row[3], None, row[0])


def waits(record: Record) -> tuple[int, int, bytes, Record]:
    return record.time, 1 - record.side, (record.key or "").encode(), record


def output(place: int, record: Record, other: Record | None, time: int) -> Output:
    values = {record.side: record.value, **({} if other is None else {other.side: other.value})}
    return Output(place, time, record.partition, record.key, values.get(0), values.get(1))


class Joined:
    """The operator over batches."""

    def __init__(self, kind: Kind) -> None:
        self.given = [Given({f"{name}.k": pa.string(), f"{name}.b": pa.binary(), f"{name}.v": pa.int64()}) for name in NAMES]
        left, right = (self.side(i, kind) for i in (0, 1))
        condition = Holds("l.v", "r.v", kind.condition) if kind.condition else None
        self.join = StreamStreamJoin("join", (left, right), kind.grace, condition=condition)

    def side(self, i: int, kind: Kind) -> Side:
        key, value, encoded = (f"{NAMES[i]}.{column}" for column in "kvb")
        columns = {key: pa.string(), value: pa.int64()}
        return Side(self.given[i], [key], encoded, columns, *kind.reach(i), kind.outer[i])

    def process(self, batch: Sequence[tuple[int, Record]], idle: Idle | None = None) -> list[Output]:
        for side, node in enumerate(self.given):
            node.rows = [row(place, record) for place, record in batch if record.side == side]
        rows = self.join.process(replace(CONTEXT, idle=idle)).to_pylist()
        publish(self.join)
        return [
            Output(r["$n"], r["$ts"], r["$p"], r["l.k"] if r["l.v"] is not None else r["r.k"], r["l.v"], r["r.v"]) for r in rows
        ]


def row(place: int, record: Record) -> dict[str, object]:
    name, key = NAMES[record.side], record.key
    meta = {"$n": place, "$ts": record.time, "$p": record.partition, "$del": record.value is None}
    return {**meta, f"{name}.k": key, f"{name}.b": None if key is None else key.encode(), f"{name}.v": record.value}


#: A key lies in one partition.
PARTITIONS = {"a": 0, "b": 0, "B": 0, "c": 1, None: 1}
RECORD = st.builds(
    lambda side, key, time, value: Record(side, key, time, PARTITIONS[key], value),
    st.integers(0, 1),
    st.sampled_from(["a", "a", "a", "b", "B", "c", None]),
    st.integers(0, 60),
    st.sampled_from([0, 0, 0, 0, None]),
)
KIND = st.builds(
    Kind,
    st.integers(0, 6),
    st.integers(0, 6),
    st.sampled_from([None, 0, 3, 10]),
    st.sampled_from([(False, False), (True, False), (False, True), (True, True)]),
    st.sampled_from([None, None, operator.lt, lambda left, right: (left + right) % 2 == 0]),
)


@settings(max_examples=300, deadline=None)
@given(records=st.lists(RECORD, max_size=60), cuts=st.sets(st.integers(0, 60), max_size=6), kind=KIND)
def test_it_does_what_its_twin_does(records: list[Record], cuts: set[int], kind: Kind) -> None:
    numbered = [
        (place, record if record.value is None else record._replace(value=place)) for place, record in enumerate(records)
    ]
    twins = {0: Twin(kind), 1: Twin(kind)}
    expected = [row for place, record in numbered for row in twins[record.partition].step(place, record)]
    joined = Joined(kind)
    places = sorted({0, len(records), *(cut for cut in cuts if cut < len(records))})
    found = [row for a, b in pairwise(places) for row in joined.process(numbered[a:b])]
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(
    records=st.lists(RECORD, max_size=40),
    cuts=st.sets(st.integers(0, 40), max_size=6),
    kind=KIND,
    ticks=st.lists(st.integers(0, 12), min_size=20, max_size=20),
)
def test_time_goes_on_by_the_clock(records: list[Record], cuts: set[int], kind: Kind, ticks: list[int]) -> None:
    """Between the batches there are moments without one, at random or when something is due."""
    numbered = [(n, record if record.value is None else record._replace(value=n)) for n, record in enumerate(records)]
    twins, joined, now, next_tick = {0: Twin(kind), 1: Twin(kind)}, Joined(kind), 1000, iter(ticks)
    for start, end in pairwise(sorted({0, len(records), *(cut for cut in cuts if cut < len(records))})):
        for batch in (numbered[start:end], [], []):
            now += next(next_tick, 3)
            idle = Idle(5, now)
            expected = [row for place, record in batch for row in twins[record.partition].step(place, record)]
            expected += [row for p, twin in twins.items() for row in twin.pass_time(batch, p, idle)]
            assert sorted(joined.process(batch, idle), key=repr) == sorted(expected, key=repr)
            due = joined.join.due_at(idle)
            assert (due is None) == (not any(twin.waiting for twin in twins.values()))
            now = now if due is None else max(now, due - 1)


@pytest.mark.parametrize("outer", [(False, False), (True, True)])
def test_buffers_hold_what_may_still_match(outer: tuple[bool, bool]) -> None:
    joined = Joined(Kind(5, 5, 0, outer))
    for time in range(0, 10_000, 10):
        joined.process([(0, Record(0, "a", time, 0, 0)), (1, Record(1, "b", time + 1, 0, 0))])
    assert max(len(state.store) for state in joined.join.states if isinstance(state, TimedState)) <= 2
