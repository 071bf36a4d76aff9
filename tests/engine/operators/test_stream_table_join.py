"""The stream-table join against its step twin: a table as a dictionary, one record after the other."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.catalog.definitions import Window
from ksql.engine.operators.stream_table_join import StreamTableJoin
from ksql.engine.operators.window_retention import WindowRetention
from ksql.engine.planning.rows_state import rows_state
from ksql.engine.state.keyed_state import KeyedState
from tests.engine.operators.given import CONTEXT, Given, Holds, publish


class Record(NamedTuple):
    """`deleted`: without a value."""

    of_table: bool
    key: tuple[str | None, int | None]
    time: int
    deleted: bool


class Output(NamedTuple):
    place: int
    time: int
    key: tuple[str | None, int | None]
    table_key: tuple[str | None, int | None]
    #: The place at which the table's row came.
    row: int | None


@dataclass
class Twin:
    outer: bool
    condition: Callable[[Any, Any], bool] | None
    rows: dict[tuple[str | None, int | None], int] = field(default_factory=dict)
    #: For how long windows, the second key column, are there by the times of the table's changes, if not for ever.
    retention: int | None = None
    times: dict[int, int] = field(default_factory=dict)

    def in_time(self, place: int, record: Record) -> Iterator[Output]:
        """As `step`, where windows leave."""
        partition = partition_of(record)
        if record.of_table:
            self.times[partition] = max(self.times.get(partition, 0), record.time)
        late = self.left(record.key, partition)
        if late:
            self.rows.pop(record.key, None)
        if not (late and record.of_table):
            yield from self.step(place, record)

    def left(self, key: tuple[str | None, int | None], partition: int) -> bool:
        if self.retention is None or key[1] is None:
            return False
        return key[1] + self.retention <= self.times.get(partition, 0)

    def step(self, place: int, record: Record) -> Iterator[Output]:
        if record.of_table:
            self.rows.pop(record.key, None)
            if not record.deleted:
                self.rows[record.key] = place
        elif not record.deleted:
            row = None if None in record.key else self.rows.get(record.key)
            if row is not None and self.condition is not None and not self.condition(place, row):
                row = None
            if row is not None or self.outer:
                yield Output(place, record.time, record.key, (None, None) if row is None else record.key, row)


def partition_of(record: Record) -> int:
    return 1 if record.key[0] == "b" else 0


class Joined:
    def __init__(
        self,
        outer: bool,
        condition: Callable[[Any, Any], bool] | None,
        table: tuple[KeyedState, WindowRetention | None] | None = None,
    ) -> None:
        self.given = [Given({f"{n}.k": pa.string(), f"{n}.j": pa.int64(), f"{n}.v": pa.int64()}) for n in "st"]
        self.state, retention = table or (KeyedState("table", KEYS, ROWS), None)
        stream, changes = self.given
        self.join = StreamTableJoin(
            stream,
            changes,
            ["s.k", "s.j"],
            ["t.k", "t.j"],
            self.state,
            outer=outer,
            loads_first=False,
            condition=Holds("s.v", "t.v", condition) if condition else None,
            retention=retention,
        )

    def process(self, batch: Sequence[tuple[int, Record]]) -> list[Output]:
        for of_table, node in enumerate(self.given):
            node.rows = [row(place, record) for place, record in batch if record.of_table == of_table]
        rows = self.join.process(CONTEXT).to_pylist()
        publish(self.join)
        return [Output(r["$n"], r["$ts"], (r["s.k"], r["s.j"]), (r["t.k"], r["t.j"]), r["t.v"]) for r in rows]


def row(place: int, record: Record) -> dict[str, object]:
    name = "t" if record.of_table else "s"
    meta = {"$n": place, "$ts": record.time, "$p": partition_of(record), "$del": record.deleted}
    return {**meta, f"{name}.k": record.key[0], f"{name}.j": record.key[1], f"{name}.v": place}


KEYS, ROWS = pa.schema([("t.k", pa.string()), ("t.j", pa.int64())]), pa.schema([("t.v", pa.int64())])
RECORD = st.builds(
    Record,
    st.booleans(),
    st.tuples(st.sampled_from(["a", "a", "b", None]), st.sampled_from([1, 1, 2, None])),
    st.integers(0, 9),
    st.sampled_from([False, False, True]),
)


@settings(max_examples=200, deadline=None)
@given(
    records=st.lists(RECORD, max_size=40),
    cuts=st.sets(st.integers(0, 40), max_size=4),
    outer=st.booleans(),
    condition=st.sampled_from([None, operator.lt, lambda left, right: (left + right) % 2 == 0]),
)
def test_it_does_what_its_twin_does(
    records: list[Record], cuts: set[int], outer: bool, condition: Callable[[Any, Any], bool] | None
) -> None:
    numbered, twin, joined = list(enumerate(records)), Twin(outer, condition), Joined(outer, condition)
    expected = [output for place, record in numbered for output in twin.step(place, record)]
    places = sorted({0, len(records), *(cut for cut in cuts if cut < len(records))})
    assert [output for a, b in pairwise(places) for output in joined.process(numbered[a:b])] == expected


WINDOWED = st.builds(
    Record,
    st.booleans(),
    st.tuples(st.sampled_from(["a", "a", "b"]), st.integers(0, 5)),
    st.integers(0, 9) | st.integers(0, 30),
    st.sampled_from([False, False, True]),
)


@settings(max_examples=300, deadline=None)
@given(
    records=st.lists(WINDOWED, max_size=40),
    cuts=st.sets(st.integers(0, 40), max_size=4),
    outer=st.booleans(),
    condition=st.sampled_from([None, operator.lt]),
    retention=st.none() | st.integers(1, 12),
)
def test_windows_leave_whatever_the_batches(
    records: list[Record],
    cuts: set[int],
    outer: bool,
    condition: Callable[[Any, Any], bool] | None,
    retention: int | None,
) -> None:
    numbered, twin = list(enumerate(records)), Twin(outer, condition, retention=retention)
    expected = [output for place, record in numbered for output in twin.in_time(place, record)]
    joined = Joined(outer, condition, rows_state("table", KEYS, ROWS, Window("TUMBLING", 1, retention), ("t.j",)))
    places = sorted({0, len(records), *(cut for cut in cuts if cut < len(records))})
    assert [output for a, b in pairwise(places) for output in joined.process(numbered[a:b])] == expected
    assert len(joined.state.store) == sum(not twin.left(key, 1 if key[0] == "b" else 0) for key in twin.rows)
