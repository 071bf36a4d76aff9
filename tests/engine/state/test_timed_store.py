"""The timed store against a plain twin: rows in a list, looked through one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.state import store, timed_store
from ksql.engine.state.sorted_runs import DueTimes
from ksql.engine.state.time_order import TimeOrder
from ksql.engine.state.timed_store import TimedStore

KEYS = pa.schema([("k", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
ROWS = pa.schema([("v", pa.int64()), ("$p", pa.int32())])
Identity = tuple[str | None, int, int]

OWNER = st.sampled_from([None, "", "a", "b", "c"])
TIME = st.sampled_from([-(2**63), -5, 0, 1, 2, 3, 10, 11, 2**63 - 1])
_EVER = -(2**63), 2**63 - 1
KEY = st.tuples(OWNER, TIME, st.sampled_from([0, 4, 9]))


@dataclass
class Twin:
    """What `TimedStore` is, one row at a time."""

    rows: dict[Identity, tuple[int, int]] = field(default_factory=dict)
    #: Rows that were not given out as due.
    waiting: set[Identity] = field(default_factory=set)

    def put(self, key: Identity, value: int, partition: int) -> None:
        if key not in self.rows:
            self.waiting.add(key)
        self.rows[key] = value, self.rows[key][1] if key in self.rows else partition

    def delete(self, key: Identity) -> None:
        del self.rows[key]
        self.waiting.discard(key)

    def between(self, owner: str | None, first: int, last: int) -> list[Identity]:
        return sorted((key for key in self.rows if key[0] == owner and first <= key[1] <= last), key=lambda key: key[1])

    def take_due(self, partition: int, before: int) -> set[Identity]:
        due = {key for key in self.waiting if self.rows[key][1] == partition and key[2] < before}
        self.waiting -= due
        return due


def keys_of(kept: TimedStore, slots: np.ndarray) -> list[Identity]:
    return [(row["k"], row["start"], row["end"]) for row in kept.rows_at(slots).to_pylist()]


def key_table(keys: list[Identity]) -> pa.Table:
    return pa.table([pa.array([key[i] for key in keys], f.type) for i, f in enumerate(KEYS)], KEYS)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_it_does_what_its_twin_does(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_DEAD_AT_LEAST", 3)
        kept, twin = TimedStore(KEYS, ROWS, time="start", due="end", partition="$p"), Twin()
        for _ in range(data.draw(st.integers(1, 8))):
            change(kept, twin, data)
            look(kept, twin, data)


def change(kept: TimedStore, twin: Twin, data: st.DataObject) -> None:
    new = data.draw(st.lists(KEY, unique=True, max_size=6))
    # A row stays in its partition, as records of a key do.
    partitions = [twin.rows[key][1] if key in twin.rows else data.draw(st.integers(-1, 1)) for key in new]
    values = data.draw(st.lists(st.integers(), min_size=len(new), max_size=len(new)))
    values = [value % 1000 for value in values]
    slots = kept.lookup(key_table(new), insert=True)
    kept.put(slots, pa.table([pa.array(values, pa.int64()), pa.array(partitions, pa.int32())], ROWS))
    for key, value, partition in zip(new, values, partitions, strict=True):
        twin.put(key, value, partition)
    gone = data.draw(st.lists(st.sampled_from(sorted(twin.rows, key=repr)), unique=True, max_size=3)) if twin.rows else []
    kept.delete(kept.lookup(key_table(gone), insert=False))
    for key in gone:
        twin.delete(key)


def look(kept: TimedStore, twin: Twin, data: st.DataObject) -> None:
    asked = data.draw(st.lists(st.tuples(OWNER, TIME, TIME), max_size=4))
    owners, first, last = ([a[i] for a in asked] for i in range(3))
    bounds = (np.array(times, dtype=np.int64) for times in (first, last))
    rows, slots = kept.between(pa.table({"k": pa.array(owners, pa.string())}), *bounds)
    found = keys_of(kept, slots)
    for i, (owner, low, high) in enumerate(asked):
        here = [key for row, key in zip(rows.tolist(), found, strict=True) if row == i]
        assert [key[1] for key in here] == [key[1] for key in twin.between(owner, low, high)]
        assert set(here) == set(twin.between(owner, low, high))
    assert rows.tolist() == sorted(rows.tolist())
    last_of = kept.last_of(kept.number_owners(pa.table({"k": pa.array(owners, pa.string())})))
    for owner, slot in zip(owners, last_of.tolist(), strict=True):
        greatest = [key[1] for key in twin.between(owner, *_EVER)][-1:]
        assert (kept.times(np.array([slot])).tolist() if slot >= 0 else []) == greatest
    if data.draw(st.booleans()):
        partition, before = data.draw(st.integers(-1, 2)), data.draw(TIME)
        assert set(keys_of(kept, kept.take_due(partition, before))) == twin.take_due(partition, before)


def test_all_rows_of_an_owner() -> None:
    kept = TimedStore(KEYS, ROWS, time="start", due="end", partition="$p")
    keys: list[Identity] = [("a", 5, 6), ("b", 1, 2), ("a", 2, 3), ("a", 9, 10)]
    kept.put(kept.lookup(key_table(keys), insert=True), pa.table([pa.array([0] * 4), pa.array([0] * 4, pa.int32())], ROWS))
    rows, slots = kept.between(pa.table({"k": ["b", "zzz", "a"]}))
    assert rows.tolist() == [0, 2, 2, 2]
    assert keys_of(kept, slots) == [keys[1], keys[2], keys[0], keys[3]]


@pytest.mark.parametrize("span", [1, 1_000, 2**31 - 2, 2**31, 2**62])
def test_owners_and_times_of_any_size(span: int) -> None:
    random = np.random.default_rng(span)
    order, rows = TimeOrder(), np.zeros((3, 0), dtype=np.int64)
    for size in (50, 20, 100, 1):
        new = np.stack([random.choice([0, 1, 7, 2**32 - 1], size), random.integers(-span, span, size), np.arange(size)])
        order.add(*new)
        rows = np.append(rows, new, axis=1)
    owners = np.array([0, 7, 2**32 - 1, 3])
    low, high = random.integers(-span, span // 2 + 1, 4), random.integers(-span // 2, span, 4)
    query, places = order.between(owners, low, high)
    for i, owner in enumerate(owners):
        here = rows[:, (rows[0] == owner) & (rows[1] >= low[i]) & (rows[1] <= high[i])]
        assert places[query == i].tolist() == here[2, np.argsort(here[1], kind="stable")].tolist()


def test_a_partition_may_be_part_of_the_key() -> None:
    keys = pa.schema([("$p", pa.int32()), ("end", pa.int64())])
    kept = TimedStore(keys, pa.schema([]), time="end", due="end", partition="$p")
    rows = pa.table([pa.array([1, 0, 1], pa.int32()), pa.array([5, 5, 9])], keys)
    kept.put(kept.lookup(rows, insert=True), pa.table({}))
    assert kept.rows_at(kept.take_due(1, 9)).to_pylist() == [{"$p": 1, "end": 5}]
    assert kept.times(kept.last_of(kept.number_owners(rows.select(["$p"])))).tolist() == [9, 5, 9]


def test_owners_without_rows_are_forgotten() -> None:
    kept = TimedStore(KEYS, ROWS, time="start", due="end", partition="$p")
    with patch.object(timed_store, "_OWNERS_AT_LEAST", 3):
        for i in range(10):
            assert kept.last_of(kept.number_owners(pa.table({"k": [f"{i}a", f"{i}b"]}))).tolist() == [-1, -1]
            assert kept._owners.keys_known <= 5


def test_runs_stay_few() -> None:
    order, due = TimeOrder(), DueTimes()
    random = np.random.default_rng(1)
    for n in range(300):
        order.add(random.integers(0, 50, 100), random.integers(0, 9, 100), np.arange(100) + n * 100)
        due.add(random.integers(0, 10**6, 100), np.arange(100) + n * 100)
    assert len(order._runs) <= 9
    assert len(due._runs) <= 9
    taken = [due.take_before(bound) for bound in (10**5, 10**5, 10**6 + 1)]
    assert len(taken[1]) == 0
    assert sorted(np.concatenate(taken).tolist()) == list(range(30_000))
