"""The table-table join against its step twin, which looks at one change at a time."""

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
from ksql.engine.operators.table_table_join import TableSide, TableTableJoin
from ksql.engine.planning.rows_state import rows_state
from ksql.engine.state.keyed_state import KeyedState
from tests.engine.operators.given import CONTEXT, Given, Holds, publish, states_of


class Change(NamedTuple):
    """`value` None deletes the row."""

    side: int
    key: str
    time: int
    value: int | None


class Output(NamedTuple):
    """`row` None: a tombstone."""

    place: int
    key: str
    time: int
    row: tuple[int | None, int | None] | None


@dataclass
class Twin:
    """A change at a time; rows are (value, timestamp) by key. condition: what must be true of both values besides.

    retention: by side how long a window, the key's number, is there by the times of the side's changes; None: for ever.
    """

    outer: tuple[bool, bool]
    condition: Callable[[Any, Any], bool] | None = None
    rows: tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]] = field(default_factory=lambda: ({}, {}))
    retention: tuple[int | None, int | None] = (None, None)
    times: list[dict[int, int]] = field(default_factory=lambda: [{}, {}])

    def in_time(self, place: int, change: Change) -> Iterator[Output]:
        """As `step`, where windows leave."""
        times, partition = self.times[change.side], PARTITIONS[change.key[0]]
        times[partition] = max(times.get(partition, 0), change.time)
        for side, rows in enumerate(self.rows):
            for key in [key for key in rows if self.left(side, key)]:
                del rows[key]
        if not self.left(change.side, change.key):
            yield from self.step(place, change)

    def left(self, side: int, key: str) -> bool:
        retention = self.retention[side]
        return retention is not None and int(key[1:]) + retention <= self.times[side].get(PARTITIONS[key[0]], 0)

    def step(self, place: int, change: Change) -> Iterator[Output]:
        side, key = change.side, change.key
        old, other = self.rows[side].pop(key, None), self.rows[1 - side].get(key)
        if change.value is not None:
            self.rows[side][key] = change.value, change.time
        if self.condition is not None:
            yield from self.conditional(place, change, old, other)
            return
        if other is None and not (self.outer[side] and (old is not None or change.value is not None)):
            return
        values = {side: change.value, 1 - side: None if other is None else other[0]}
        there = [values[s] is not None and (self.outer[s] or values[1 - s] is not None) for s in (0, 1)]
        time = max(change.time, change.time if other is None else other[1])
        yield Output(place, key, time, (values[0], values[1]) if any(there) else None)

    def conditional(
        self, place: int, change: Change, old: tuple[int, int] | None, other: tuple[int, int] | None
    ) -> Iterator[Output]:
        """Two rows that do not satisfy the condition are as if either was not there, in the result."""
        side, outer, other_outer = change.side, self.outer[change.side], self.outer[1 - change.side]
        had = other is not None and old is not None and self.true(side, old[0], other[0])
        has = other is not None and change.value is not None and self.true(side, change.value, other[0])
        if not (had or has or (outer and (old is not None or change.value is not None))):
            return
        own, partner = change.value if has or outer else None, other if has or other_outer else None
        beside = partner or (other if had and change.value is None else None) or (other if had and not outer else None)
        time = max(change.time, beside[1] if beside else 0)
        values = {side: own, 1 - side: partner[0] if partner else None}
        there = has or (outer and change.value is not None) or other_outer
        yield Output(place, change.key, time, (values[0], values[1]) if there else None)

    def true(self, side: int, own: int, other: int) -> bool:
        assert self.condition is not None
        return self.condition(*((own, other) if side == 0 else (other, own)))


PARTITIONS = {"a": 0, "b": 0, "c": 2}
CHANGE = st.builds(
    Change, st.integers(0, 1), st.sampled_from("aaabc"), st.integers(0, 9), st.none() | st.none() | st.integers(0, 99)
)


WINDOWED = st.builds(
    Change,
    st.integers(0, 1),
    st.builds("{}{}".format, st.sampled_from("aaabc"), st.integers(0, 5)),
    st.integers(0, 9) | st.integers(0, 30),
    st.none() | st.integers(0, 99) | st.integers(0, 99),
)


class Windowed:
    """The join of tables whose key is a letter and a window's start. A restart makes the states anew from their changelog."""

    def __init__(
        self, outer: tuple[bool, bool], condition: Callable[[Any, Any], bool] | None, retention: tuple[int | None, int | None]
    ) -> None:
        self._parts = outer, condition, retention
        self._written: list[list[pa.RecordBatch | None]] = []
        self.restart()

    def restart(self) -> None:
        outer, condition, retention = self._parts
        self.given = [Given({f"{n}.k": pa.string(), f"{n}.w": pa.int64(), f"{n}.v": pa.int64()}) for n in "lr"]
        sides = []
        for name, node, retention_ms, is_outer in zip("lr", self.given, retention, outer, strict=True):
            state, leaves = windowed(name, retention_ms)
            sides.append(TableSide(node, [f"{name}.k", f"{name}.w"], state, is_outer, leaves))
        holds = None if condition is None else Holds("l.v", "r.v", condition)
        self.join = TableTableJoin(sides[0], sides[1], ["key", "start"], holds)
        for batch in self._written:
            for state, changes in zip(states_of(self.join), batch, strict=True):
                if changes is not None:
                    state.restore(changes, 0)

    def process(self, batch: Sequence[tuple[int, Change]]) -> list[Output]:
        for side, (node, name) in enumerate(zip(self.given, "lr", strict=True)):
            node.rows = [windowed_row(name, place, change) for place, change in batch if change.side == side]
        rows = self.join.process(CONTEXT).to_pylist()
        self._written.append([state.changes() for state in states_of(self.join)])
        publish(self.join)
        return [Output(r["$n"], f"{r['key']}{r['start']}", r["$ts"], None if r["$del"] else (r["l.v"], r["r.v"])) for r in rows]


def windowed_row(name: str, place: int, change: Change) -> dict[str, Any]:
    letter, start = change.key[0], int(change.key[1:])
    meta = {"$n": place, "$ts": change.time, "$p": PARTITIONS[letter], "$del": change.value is None}
    return {**meta, f"{name}.k": letter, f"{name}.w": start, f"{name}.v": change.value}


def windowed(name: str, retention_ms: int | None) -> Any:
    keys = pa.schema([(f"{name}.k", pa.string()), (f"{name}.w", pa.int64())])
    rows = pa.schema([(f"{name}.v", pa.int64()), ("$ts", pa.int64())])
    return rows_state(name, keys, rows, Window("TUMBLING", 1, retention_ms), (f"{name}.w",))


def joined(outer: tuple[bool, bool], condition: Callable[[Any, Any], bool] | None = None) -> tuple[TableTableJoin, list[Given]]:
    nodes = [Given({f"{name}.k": pa.string(), f"{name}.v": pa.int64()}) for name in "lr"]
    sides = [
        TableSide(
            node,
            [f"{name}.k"],
            KeyedState(
                name, pa.schema([(f"{name}.k", pa.string())]), pa.schema([(f"{name}.v", pa.int64()), ("$ts", pa.int64())])
            ),
            outer[i],
        )
        for i, (name, node) in enumerate(zip("lr", nodes, strict=True))
    ]
    holds = None if condition is None else Holds("l.v", "r.v", condition)
    return TableTableJoin(sides[0], sides[1], ["key"], holds), nodes


def process(join: TableTableJoin, nodes: Sequence[Given], batch: Sequence[tuple[int, Change]]) -> list[Output]:
    for side, (node, name) in enumerate(zip(nodes, "lr", strict=True)):
        node.rows = [
            # A delete may come with values: they are not to be seen.
            {
                "$n": n,
                "$ts": c.time,
                "$p": 0,
                "$del": c.value is None,
                f"{name}.k": c.key,
                f"{name}.v": -1 if c.value is None else c.value,
            }
            for n, c in batch
            if c.side == side
        ]
    rows = join.process(CONTEXT).to_pylist()
    publish(join)
    return [Output(r["$n"], r["key"], r["$ts"], None if r["$del"] else (r["l.v"], r["r.v"])) for r in rows]


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(CHANGE, max_size=40),
    cuts=st.sets(st.integers(0, 40), max_size=4),
    outer=st.tuples(st.booleans(), st.booleans()),
)
def test_it_does_what_its_twin_does(changes: list[Change], cuts: set[int], outer: tuple[bool, bool]) -> None:
    compare(changes, cuts, outer)


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(CHANGE, max_size=40),
    cuts=st.sets(st.integers(0, 40), max_size=4),
    outer=st.sampled_from([(False, False), (True, False), (False, True)]),
    condition=st.sampled_from([operator.lt, operator.gt, lambda left, right: (left + right) % 2 == 0]),
)
def test_with_a_condition(
    changes: list[Change], cuts: set[int], outer: tuple[bool, bool], condition: Callable[[Any, Any], bool]
) -> None:
    compare(changes, cuts, outer, condition)


def compare(
    changes: list[Change], cuts: set[int], outer: tuple[bool, bool], condition: Callable[[Any, Any], bool] | None = None
) -> None:
    numbered, twin = list(enumerate(changes)), Twin(outer, condition)
    expected = [row for place, change in numbered for row in twin.step(place, change)]
    join, nodes = joined(outer, condition)
    places = sorted({0, len(changes), *(cut for cut in cuts if cut < len(changes))})
    assert [row for a, b in pairwise(places) for row in process(join, nodes, numbered[a:b])] == expected


CONDITIONS = st.sampled_from([None, operator.lt, lambda left, right: (left + right) % 2 == 0])


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(WINDOWED, max_size=40),
    cuts=st.dictionaries(st.integers(1, 40), st.booleans(), max_size=4),
    outer=st.tuples(st.booleans(), st.booleans()),
    condition=CONDITIONS,
    retention=st.tuples(*[st.none() | st.integers(1, 12)] * 2),
)
def test_windows_leave_whatever_the_batches(
    changes: list[Change],
    cuts: dict[int, bool],
    outer: tuple[bool, bool],
    condition: Callable[[Any, Any], bool] | None,
    retention: tuple[int | None, int | None],
) -> None:
    """cuts: where a batch ends, and whether the query starts anew there."""
    condition = None if all(outer) else condition  # a FULL join has none
    numbered, twin = list(enumerate(changes)), Twin(outer, condition, retention=retention)
    expected = [row for place, change in numbered for row in twin.in_time(place, change)]
    join, rows = Windowed(outer, condition, retention), []
    places = sorted({0, len(changes), *(cut for cut in cuts if cut < len(changes))})
    for a, b in pairwise(places):
        rows += join.process(numbered[a:b])
        if cuts.get(b):
            join.restart()
    assert rows == expected
    if changes:
        kept = [len(side.state.store) for side in join.join.sides]
        held = [sum(not twin.left(side, key) for key in twin.rows[side]) for side in (0, 1)]
        assert cuts.get(len(changes)) or kept == held


def test_a_table_of_windows_joined_with_itself_hears_of_the_time_on_the_left_first() -> None:
    join = Windowed((True, False), None, (3, 3))
    batch = [(place, Change(side, f"a{start}", start, start)) for place, start in enumerate([0, 3, 0]) for side in (0, 1)]
    assert join.process(batch) == [
        *(Output(0, "a0", 0, row) for row in [(0, None), (0, 0)]),
        *(Output(1, "a3", 3, row) for row in [(3, None), (3, 3)]),
    ]


def test_a_table_joined_with_itself_changes_on_the_left_first() -> None:
    join, nodes = joined((False, False))
    both = [(0, Change(side, "a", 5, 1)) for side in (0, 1)]
    assert process(join, nodes, both) == [Output(0, "a", 5, (1, 1))]
    again = [(1, Change(side, "a", 6, 2)) for side in (0, 1)]
    assert process(join, nodes, again) == [Output(1, "a", 6, (2, 1)), Output(1, "a", 6, (2, 2))]
