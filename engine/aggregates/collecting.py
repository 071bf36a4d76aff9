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
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import Array, SqlType

_UNLIMITED = 2**31 - 1


class CollectList(Undoable):
    """All values in order of arrival, at most `_most`; more are ignored. To take a value back removes the last equal one."""

    def __init__(self, type_: SqlType) -> None:
        self.returns = Array(type_)
        self.state = (("values", self.returns.arrow),)
        self._most = _UNLIMITED

    def limit(self, most: int) -> None:
        self._most = most

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

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return with_rows(self, left, sizes_of(right[0]), [right[0].flatten()])

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return with_steps(self, left, [[value] for value in right[0]])


class CollectSet(Mergeable):
    """Distinct values in order of first appearance, null among them; at most `_most`."""

    def __init__(self, type_: SqlType) -> None:
        self.returns = Array(type_)
        self.state = (("values", self.returns.arrow),)
        self._most = _UNLIMITED

    def limit(self, most: int) -> None:
        self._most = most

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

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return with_rows(self, left, sizes_of(right[0]), [right[0].flatten()])

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return with_steps(self, left, [[value] for value in right[0]])


@aggregate("COLLECT_LIST", "All values as an array, nulls included.", ["T"], tables=True)
def bind_collect_list(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return CollectList(types[0]) if len(types) == 1 and not literals else None


@aggregate("COLLECT_SET", "The distinct values as an array, null among them, in order of first appearance.", ["T"])
def bind_collect_set(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return CollectSet(types[0]) if len(types) == 1 and not literals else None
