"""The foreign-key join against its step twin, which looks at one change at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.operators.foreign_key_join import ForeignKeyJoin, LeftTable, RightTable, index_of
from ksql.engine.state.keyed_state import KeyedState
from tests.engine.operators.given import CONTEXT, Given, publish


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

    def right_step(self, place: int, change: Right) -> Iterator[Output]:
        self.right.pop(change.key, None)
        if not change.deleted:
            self.right[change.key] = change.time, place
        for key, (foreign, left_place) in sorted(self.left.items()):
            if foreign == change.key:
                if change.deleted and not self.outer:
                    yield Output(place, key, change.time, None)
                else:
                    yield Output(place, key, change.time, (left_place, None if change.deleted else place))


def joined(outer: bool) -> tuple[ForeignKeyJoin, list[Given]]:
    nodes = [
        Given({"l.k": pa.string(), "l.b": pa.binary(), "l.f": pa.int64(), "l.v": pa.int64()}),
        Given({"r.k": pa.int64(), "r.v": pa.int64()}),
    ]
    time = ("$ts", pa.int64())
    left_rows = pa.schema([("l.b", pa.binary()), ("l.f", pa.int64()), ("l.v", pa.int64()), time])
    left = LeftTable(nodes[0], ["l.k"], "l.b", ["l.f"], KeyedState("left", pa.schema([("l.k", pa.string())]), left_rows))
    right_rows = pa.schema([("r.v", pa.int64()), time])
    right = RightTable(nodes[1], ["r.k"], KeyedState("right", pa.schema([("r.k", pa.int64())]), right_rows))
    return ForeignKeyJoin(left, right, index_of("index", left), outer=outer), nodes


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


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(CHANGE, max_size=40), cuts=st.sets(st.integers(0, 40), max_size=4), outer=st.booleans())
def test_it_does_what_its_twin_does(changes: list[Left | Right], cuts: set[int], outer: bool) -> None:
    numbered, twin = list(enumerate(changes)), Twin(outer)
    expected = [row for place, change in numbered for row in twin.step(place, change)]
    join, nodes = joined(outer)
    places = sorted({0, len(changes), *(cut for cut in cuts if cut < len(changes))})
    assert [row for a, b in pairwise(places) for row in process(join, nodes, numbered[a:b])] == expected
