"""Values as an array: COLLECT_LIST and COLLECT_SET."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.declare import Bound, LiteralValue, Mergeable, Undoable, aggregate, java_identity
from ksql.engine.aggregates.merging import with_rows, with_steps
from ksql.engine.kernels.distinct import Entries
from ksql.engine.kernels.lists import GrowingLists, sizes_of, slices_of
from ksql.engine.kernels.lives import Limit, Lives
from ksql.engine.kernels.nulls import numbers
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import Array, SqlType

_UNLIMITED = 2**31 - 1


class _Collected(Mergeable):
    """Values in an array, at most `_most`. Groups merge as if the values of the second came after those of the first."""

    def __init__(self, type_: SqlType) -> None:
        self.returns = Array(type_)
        self.state: Sequence[tuple[str, pa.DataType]] = (("values", self.returns.arrow),)
        self._most = _UNLIMITED

    def limit(self, most: int) -> None:
        self._most = most

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return with_rows(self, left, sizes_of(right[0]), [right[0].flatten()])

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return with_steps(self, left, [[value] for value in right[0]])


class CollectList(_Collected, Undoable):
    """All values in order of arrival, at most `_most`; more are ignored. To take a value back removes the last equal one."""

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        if signs is not None:
            return [self._signed(arguments[0], old[0], segments, wanted, signs)]
        lists = GrowingLists(arguments[0], np.ones(segments.rows, dtype=bool), old[0], segments)
        counts = np.minimum(lists.counts[wanted], self._most)
        return [lists.slices(wanted, np.zeros(len(counts), dtype=np.int64), counts)]

    def _signed(self, values: pa.Array, old: pa.Array, segments: Segments, wanted: np.ndarray, signs: np.ndarray) -> pa.Array:
        known = old.flatten()
        amounts = np.append(np.ones(len(known), dtype=np.int64), signs)
        lives = Lives(sizes_of(old), known, values, amounts, np.zeros_like(amounts), segments, Limit(self._most))
        spans = lives.of_items()
        offsets, shown = spans.at(wanted)
        return pa.ListArray.from_arrays(offsets, lives.values.take(pa.array(spans.items[shown])))

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        values = list(state[0] or [])
        if sign > 0:
            return [[*values, arguments[0]] if len(values) < self._most else values]
        gone = java_identity(arguments[0])
        last = next((i for i in reversed(range(len(values))) if java_identity(values[i]) == gone), None)
        return [values if last is None else values[:last] + values[last + 1 :]]


class CollectSet(_Collected):
    """Distinct values in order of first appearance, null among them; at most `_most`."""

    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        entries = Entries(sizes_of(old[0]), old[0].flatten(), arguments[0], np.ones(segments.rows, dtype=bool), segments)
        counts = np.minimum(entries.counts[wanted], self._most)
        return [slices_of(entries.values, entries.starts[segments.segment[wanted]], counts)]

    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        values = list(state[0] or [])
        known = java_identity(arguments[0]) in map(java_identity, values)
        return [values if known or len(values) >= self._most else [*values, arguments[0]]]


class CountedSet(_Collected, Undoable):
    """As `CollectSet`, with how often each value is there; one that is taken back for the last time leaves, and is again at
    the end when it comes again."""

    def __init__(self, type_: SqlType) -> None:
        super().__init__(type_)
        self.state = (*self.state, ("counts", pa.list_(pa.int64())))

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        known = old[0].flatten()
        signs = np.ones(segments.rows, dtype=np.int64) if signs is None else signs
        amounts = np.append(numbers(old[1].flatten()), signs)
        limit = Limit(self._most, distinct=True)
        lives = Lives(sizes_of(old[0]), known, arguments[0], amounts, np.zeros_like(amounts), segments, limit)
        spans = lives.of_values()
        offsets, shown = spans.at(wanted)
        items = spans.items[shown]
        counts = lives.numbers(items, np.repeat(wanted, np.diff(offsets.to_numpy())))
        values = lives.values.take(pa.array(items))
        return [pa.ListArray.from_arrays(offsets, values), pa.ListArray.from_arrays(offsets, pa.array(counts))]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        entries = list(zip(state[0] or [], state[1] or [], strict=True))
        identity = java_identity(arguments[0])
        if not any(java_identity(value) == identity for value, _ in entries):
            if sign > 0 and len(entries) < self._most:
                entries.append((arguments[0], 1))
        else:
            entries = [(value, count + sign * (java_identity(value) == identity)) for value, count in entries]
        entries = [(value, count) for value, count in entries if count]
        return [[value for value, _ in entries], [count for _, count in entries]]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        counts, lengths = numbers(right[1].flatten()), sizes_of(right[0])
        sizes = np.bincount(np.repeat(np.arange(len(lengths)), lengths), counts, len(lengths)).astype(np.int64)
        values = right[0].flatten().take(pa.array(np.repeat(np.arange(len(counts)), counts)))
        return with_rows(self, left, sizes, [values])

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        rows = zip(right[0] or [], right[1] or [], strict=True)
        return with_steps(self, left, [[value] for value, count in rows for _ in range(count)])


def _set_of_table(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return CountedSet(types[0]) if len(types) == 1 and not literals else None


@aggregate("COLLECT_LIST", "All values as an array, nulls included.", ["T"], tables=True, distinct="COLLECT_SET")
def bind_collect_list(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return CollectList(types[0]) if len(types) == 1 and not literals else None


@aggregate(
    "COLLECT_SET",
    "The distinct values as an array, null among them, in order of first appearance.",
    ["T"],
    tables=_set_of_table,
    distinct="COLLECT_SET",
)
def bind_collect_set(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return CollectSet(types[0]) if len(types) == 1 and not literals else None
