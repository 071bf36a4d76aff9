"""The foreign-key join against its step twin, which looks at one change at a time."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.operators.foreign_key_join import ForeignKeyJoin, LeftTable, RightTable, index_of
from ksql.engine.state.keyed_state import KeyedState
from tests.engine.operators.given import CONTEXT, Given, Holds, publish


class Left(NamedTuple):
    """A change of the left table; `deleted`: a tombstone."""

    key: str
    time: int
    foreign: int | None
    deleted: bool


class Right(NamedTuple):
    key: int
    time: int
    deleted: bool


class Output(NamedTuple):
    """`row`: (place of the left change, place of the right one), None for a tombstone."""

    place: int
    key: str
    time: int
    row: tuple[int, int | None] | None


@dataclass
class Twin:
    outer: bool
    #: What must be true of the places of a left and a right change besides.
    condition: Callable[[Any, Any], bool] | None = None
    #: (foreign key, place) by primary key; (time, place) by the right key.
    left: dict[str, tuple[int | None, int]] = field(default_factory=dict)
    right: dict[int, tuple[int, int]] = field(default_factory=dict)

    def step(self, place: int, change: Left | Right) -> Iterator[Output]:
        yield from self.left_step(place, change) if isinstance(change, Left) else self.right_step(place, change)

    def left_step(self, place: int, change: Left) -> Iterator[Output]:
        old = self.left.pop(change.key, None)
        if not change.deleted:
            self.left[change.key] = change.foreign, place
        match = None if change.deleted or change.foreign is None else self.right.get(change.foreign)
        time = max(change.time, match[0] if match else 0)
        if self.condition is not None:
            yield from self.conditional_left_step(place, change, old, match)
            return
        row = place, match[1] if match else None
        if self.outer:
            if not change.deleted:
                yield Output(place, change.key, time, row)
            elif old is not None:
                yield Output(place, change.key, change.time, None)
        elif match:
            yield Output(place, change.key, time, row)
        elif old is not None and (change.deleted or old[0] != change.foreign):
            if change.deleted and old[0] is None:
                return
            was = self.right.get(old[0], (0, 0))[0] if change.deleted and old[0] is not None else 0
            yield Output(place, change.key, max(change.time, was), None)

    def conditional_left_step(
        self, place: int, change: Left, old: tuple[int | None, int] | None, match: tuple[int, int] | None
    ) -> Iterator[Output]:
        """A tombstone tells of every result that ends."""
        assert self.condition is not None
        was = None if old is None or old[0] is None else self.right.get(old[0])
        was = was if was and old and self.condition(old[1], was[1]) else None
        match = match if match and self.condition(place, match[1]) else None
        if match or (self.outer and not change.deleted):
            time = max(change.time, match[0] if match else 0)
            yield Output(place, change.key, time, (place, match[1] if match else None))
        elif was or (self.outer and old is not None):
            time = max(change.time, was[0]) if was and change.deleted and not self.outer else change.time
            yield Output(place, change.key, time, None)

    def right_step(self, place: int, change: Right) -> Iterator[Output]:
        old = self.right.pop(change.key, None)
        if not change.deleted:
            self.right[change.key] = change.time, place
        for key, (foreign, left_place) in sorted(self.left.items()):
            if foreign == change.key:
                has = not change.deleted
                if self.condition is not None:
                    had = old is not None and self.condition(left_place, old[1])
                    has = has and self.condition(left_place, place)
                    if not (had or has):
                        continue
                if not has and not self.outer:
                    yield Output(place, key, change.time, None)
                else:
                    yield Output(place, key, change.time, (left_place, place if has else None))


def joined(outer: bool, condition: Callable[[Any, Any], bool] | None) -> tuple[ForeignKeyJoin, list[Given]]:
    nodes = [
        Given({"l.k": pa.string(), "l.b": pa.binary(), "l.f": pa.int64(), "l.v": pa.int64()}),
        Given({"r.k": pa.int64(), "r.v": pa.int64()}),
    ]
    time = ("$ts", pa.int64())
    left_rows = pa.schema([("l.b", pa.binary()), ("l.f", pa.int64()), ("l.v", pa.int64()), time])
    left = LeftTable(nodes[0], ["l.k"], "l.b", ["l.f"], KeyedState("left", pa.schema([("l.k", pa.string())]), left_rows))
    right_rows = pa.schema([("r.v", pa.int64()), time])
    right = RightTable(nodes[1], ["r.k"], KeyedState("right", pa.schema([("r.k", pa.int64())]), right_rows))
    holds = Holds("l.v", "r.v", condition) if condition else None
    return ForeignKeyJoin(left, right, index_of("index", left), outer=outer, condition=holds), nodes


def process(join: ForeignKeyJoin, nodes: Sequence[Given], batch: Sequence[tuple[int, Left | Right]]) -> list[Output]:
    lefts = [(n, c) for n, c in batch if isinstance(c, Left)]
    rights = [(n, c) for n, c in batch if isinstance(c, Right)]
    nodes[0].rows = [
        {"$n": n, "$ts": c.time, "$p": 0, "$del": c.deleted, "l.k": c.key, "l.b": c.key.encode(), "l.f": c.foreign, "l.v": n}
        for n, c in lefts
    ]
    nodes[1].rows = [{"$n": n, "$ts": c.time, "$p": 0, "$del": c.deleted, "r.k": c.key, "r.v": n} for n, c in rights]
    rows = join.process(CONTEXT).to_pylist()
    publish(join)
    return [Output(r["$n"], r["l.k"], r["$ts"], None if r["$del"] else (r["l.v"], r["r.v"])) for r in rows]


FOREIGN = st.sampled_from([1, 1, 2, 3])
CHANGE = st.builds(
    Left, st.sampled_from("aabcd"), st.integers(0, 9), st.none() | FOREIGN, st.sampled_from([True, False, False])
) | (st.builds(Right, FOREIGN, st.integers(0, 9), st.sampled_from([True, False, False])))


@settings(max_examples=400, deadline=None)
@given(
    changes=st.lists(CHANGE, max_size=40),
    cuts=st.sets(st.integers(0, 40), max_size=4),
    outer=st.booleans(),
    condition=st.sampled_from([None, operator.lt, lambda left, right: (left + right) % 2 == 0]),
)
def test_it_does_what_its_twin_does(
    changes: list[Left | Right], cuts: set[int], outer: bool, condition: Callable[[Any, Any], bool] | None
) -> None:
    numbered, twin = list(enumerate(changes)), Twin(outer, condition)
    expected = [row for place, change in numbered for row in twin.step(place, change)]
    join, nodes = joined(outer, condition)
    places = sorted({0, len(changes), *(cut for cut in cuts if cut < len(changes))})
    assert [row for a, b in pairwise(places) for row in process(join, nodes, numbered[a:b])] == expected
