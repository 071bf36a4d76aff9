"""Aggregates over distinct values: COUNT_DISTINCT, HISTOGRAM, ATTR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.aggregates.counting import Count
from ksql.engine.aggregates.declare import Bound, LiteralValue, Mergeable, Undoable, aggregate, java_identity
from ksql.engine.aggregates.merging import with_rows, with_steps
from ksql.engine.aggregates.values import Once
from ksql.engine.kernels.distinct import Entries
from ksql.engine.kernels.lists import at_ends, ranges, sizes_of, slices_of
from ksql.engine.kernels.lives import Limit, Lives
from ksql.engine.kernels.nulls import arrow, numbers, validity
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import BIGINT, STRING, Map, SqlType

_MOST_IN_HISTOGRAM = 1000


class CountDistinct(Mergeable):
    """Exact: the distinct values are kept."""

    returns = BIGINT

    def __init__(self, type_: SqlType) -> None:
        self.state = (("count", pa.int64()), ("values", pa.list_(type_.arrow)))

    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        entries = Entries(sizes_of(old[1]), old[1].flatten(), arguments[0], validity(arguments[0]), segments)
        values = slices_of(entries.values, entries.starts, entries.counts[segments.ends])
        return [pa.array(entries.counts[wanted]), at_ends(values, segments, wanted)]

    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        values = list(state[1] or [])
        if arguments[0] is not None and java_identity(arguments[0]) not in map(java_identity, values):
            values.append(arguments[0])
        return [len(values), values]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return with_rows(self, left, sizes_of(right[1]), [right[1].flatten()])

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return with_steps(self, left, [[value] for value in right[1]])


class Histogram(Undoable):
    """A map from text to how often it came; of the first thousand texts only.

    A null is the text null, which it only adds to the map: it does not count it again, nor does it take it back.
    """

    returns = Map(STRING, BIGINT)
    state = (("counts", returns.arrow),)

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        lists, texts = _entries(old[0]), pc.fill_null(arguments[0], "null")
        if signs is not None:
            valid = validity(arguments[0])
            return [self._counted(lists, texts, np.where(valid, signs, 0), ~valid & (signs > 0), segments, wanted)]
        known, every = lists.flatten(), np.ones(segments.rows, dtype=bool)
        entries = Entries(sizes_of(lists), known.field(0), texts, every, segments)
        sizes = np.minimum(entries.counts[wanted], _MOST_IN_HISTOGRAM)
        shown = ranges(entries.starts[segments.segment[wanted]], sizes)
        adding = validity(arguments[0]) | entries.is_new
        counts = entries.occurrences(numbers(known.field(1)), adding, np.repeat(wanted, sizes), shown)
        offsets = pa.array(np.append(0, np.cumsum(sizes)).astype(np.int32))
        return [pa.MapArray.from_arrays(offsets, entries.values(shown), pa.array(counts))]

    def _counted(
        self,
        old: pa.Array,
        texts: pa.Array,
        amounts: np.ndarray,
        floors: np.ndarray,
        segments: Segments,
        wanted: np.ndarray,
    ) -> pa.Array:
        """The maps after the sorted rows `wanted`, each of which adds its amount to its text (see `Lives`)."""
        known = old.flatten()
        amounts = np.append(numbers(known.field(1)), amounts)
        floors = np.append(np.zeros(len(known), dtype=np.int64), floors)
        limit = Limit(_MOST_IN_HISTOGRAM, distinct=True)
        lives = Lives(sizes_of(old), known.field(0), texts, amounts, floors, segments, limit)
        spans = lives.of_values()
        offsets, shown = spans.at(wanted)
        items = spans.items[shown]
        counts = lives.numbers(items, np.repeat(wanted, np.diff(offsets.to_numpy())))
        return pa.MapArray.from_arrays(offsets, lives.values.take(pa.array(items)), pa.array(counts))

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        counts = dict(state[0] or [])
        text = "null" if arguments[0] is None else arguments[0]
        if arguments[0] is None and (text in counts or sign < 0):
            return [list(counts.items())]
        if text in counts or (sign > 0 and len(counts) < _MOST_IN_HISTOGRAM):
            counts[text] = counts.get(text, 0) + sign
        return [[(text, count) for text, count in counts.items() if count]]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        lists, other = _entries(left[0]), _entries(right[0])
        items = other.flatten()
        segments = Segments(np.repeat(np.arange(len(other)), sizes_of(other)))
        amounts = numbers(items.field(1))
        merged = self._counted(lists, items.field(0), amounts, np.zeros_like(amounts), segments, segments.ends)
        return [merged]

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        counts = dict(left[0])
        for text, count in right[0]:
            if text in counts or len(counts) < _MOST_IN_HISTOGRAM:
                counts[text] = counts.get(text, 0) + count
        return [list(counts.items())]


class OnlyValue(Undoable):
    """The only value of a group, null when there are several. All values are kept with their counts."""

    def __init__(self, type_: SqlType) -> None:
        self.returns = type_
        self._entry = pa.struct([("value", type_.arrow), ("count", pa.int64())])
        self.state = (("only", type_.arrow), ("entries", pa.list_(self._entry)))

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        if signs is not None:
            return self._counted(old[1], arguments[0], signs, segments, wanted)
        known, every = old[1].flatten(), np.ones(segments.rows, dtype=bool)
        entries = Entries(sizes_of(old[1]), known.field(0), arguments[0], every, segments)
        first = entries.values(entries.starts)
        only = first.take(arrow(segments.segment[wanted], pa.int64(), entries.counts[wanted] == 1))
        sizes = entries.counts[segments.ends]
        shown = ranges(entries.starts, sizes)
        counts = entries.occurrences(numbers(known.field(1)), every, np.repeat(segments.ends, sizes), shown)
        pairs = pa.StructArray.from_arrays([entries.values(shown), pa.array(counts)], fields=list(self._entry))
        return [only, at_ends(slices_of(lambda rows: pairs.take(pa.array(rows)), entries.starts, sizes), segments, wanted)]

    def _counted(
        self, old: pa.Array, values: pa.Array, amounts: np.ndarray, segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        """State after the sorted rows `wanted`, each of which adds its amount to the count of its value."""
        known = old.flatten()
        amounts = np.append(numbers(known.field(1)), amounts)
        lives = Lives(sizes_of(old), known.field(0), values, amounts, np.zeros_like(amounts), segments)
        spans = lives.of_values()
        # Where there is one span, the sum of their items is that of the only one.
        single = spans.sums(np.ones(len(spans.items)), wanted) == 1
        only = lives.values.take(arrow(spans.sums(spans.items, wanted), pa.int64(), single))
        offsets, shown = spans.at(segments.ends)
        items = spans.items[shown]
        counts = lives.numbers(items, np.repeat(segments.ends, np.diff(offsets.to_numpy())))
        entries = [lives.values.take(pa.array(items)), pa.array(counts)]
        lists = pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(entries, fields=list(self._entry)))
        return [only, at_ends(lists, segments, wanted)]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        entries = [dict(entry) for entry in state[1] or []]
        same = next((e for e in entries if java_identity(e["value"]) == java_identity(arguments[0])), None)
        if same is not None:
            same["count"] += sign
        elif sign > 0:
            entries.append({"value": arguments[0], "count": 1})
        entries = [entry for entry in entries if entry["count"]]
        return [entries[0]["value"] if len(entries) == 1 else None, entries]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        items = right[1].flatten()
        segments = Segments(np.repeat(np.arange(len(right[1])), sizes_of(right[1])))
        return self._counted(left[1], items.field(0), numbers(items.field(1)), segments, segments.ends)

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        entries = [dict(entry) for entry in left[1]]
        known = {java_identity(entry["value"]): entry for entry in entries}
        for entry in right[1]:
            same = known.get(java_identity(entry["value"]))
            if same is None:
                entries.append(dict(entry))
            else:
                same["count"] += entry["count"]
        return [entries[0]["value"] if len(entries) == 1 else None, entries]


def _entries(maps: pa.Array) -> pa.Array:
    """Maps as lists of their entries."""
    return maps.cast(pa.list_(maps.type.field(0).type))


def _one(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> bool:
    return len(types) == 1 and not literals


def _count_on_table(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Once | None:
    return Once(Count(), types[0]) if _one(types, literals) else None


@aggregate(
    "COUNT_DISTINCT",
    "Number of distinct values that are not null.",
    ["T"],
    tables=_count_on_table,
    distinct="COUNT_DISTINCT",
)
def bind_count_distinct(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return CountDistinct(types[0]) if _one(types, literals) else None


@aggregate(
    "HISTOGRAM",
    "Map from each text to how often it came; of the first 1000 texts.",
    ["STRING"],
    tables=True,
)
def bind_histogram(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return Histogram() if _one(types, literals) and types[0] == STRING else None


@aggregate("ATTR", "The only value of a group; null when there are several.", ["T"], tables=True, distinct="ATTR")
def bind_attr(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return OnlyValue(types[0]) if _one(types, literals) else None
