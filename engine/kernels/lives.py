"""Values that come and go: lists and multisets that rows add to and take from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.distinct import equality_codes
from ksql.engine.kernels.lists import offsets_of, ranges
from ksql.engine.kernels.scans import previous, running_extreme, running_sum
from ksql.engine.kernels.segments import Segments, stable_order


@dataclass(frozen=True, slots=True)
class Limit:
    """What comes while a segment has `most` values is ignored; `distinct`: different ones, and it has none equal to it."""

    most: int
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Spans:
    """Values, by their numbers in `Lives.values`, and the sorted rows from which to which (exclusive) each is there.

    Those of a segment stand in the order of their births.
    """

    items: np.ndarray
    births: np.ndarray
    deaths: np.ndarray

    def at(self, rows: np.ndarray) -> tuple[pa.Array, np.ndarray]:
        """(offsets of the lists of spans that there are after each of the ascending `rows`, the numbers of these spans)"""
        offsets = offsets_of(self.sums(np.ones(len(self.items)), rows))
        first, end = self.within(rows)
        row = ranges(first, end - first)
        return offsets, np.repeat(np.arange(len(self.items)), end - first)[stable_order(row)]

    def sums(self, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The sum of the spans' weights (whole numbers, sums below 2^53) over those that there are after each of `rows`."""
        first, end = self.within(rows)
        change = np.bincount(first, weights, len(rows) + 1) - np.bincount(end, weights, len(rows) + 1)
        return np.cumsum(change)[: len(rows)].astype(np.int64)

    def within(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.searchsorted(rows, self.births), np.searchsorted(rows, self.deaths)


class Lives:
    """How often each value of a segment is there after every sorted row.

    The items are what is there before (`sizes[s]` values of segment s, all one after the other in `known`), then one value per
    row. An item adds its amount to the number of its value, then raises it to its floor (0 or 1). So no value is there less
    than 0 times: to take away what is not there does nothing.
    """

    def __init__(
        self,
        sizes: np.ndarray,
        known: pa.Array,
        values: pa.Array,
        amounts: np.ndarray,
        floors: np.ndarray,
        segments: Segments,
        limit: Limit | None = None,
        codes: np.ndarray | None = None,
    ) -> None:
        """`amounts`, `floors`: int64, one per item. codes: numbers of the items, the same for the same value of the same
        segment, if they are known."""
        self.values = pa.concat_arrays([known, values])
        segment = np.append(np.repeat(np.arange(len(segments)), sizes), segments.segment)
        self._segment = segment
        self._rows, self._known = segments.rows, len(known)
        self._row = np.append(np.repeat(segments.starts, sizes), np.arange(segments.rows))
        self._end = segments.ends[segment] + 1
        if codes is None:
            codes = equality_codes(self.values)
            codes += segment * (int(codes.max(initial=0)) + 1)
        #: The items of one value in one segment, in order of time.
        self._groups = Segments(codes)
        if limit is not None:
            heard = ~self._refused(segment, codes, amounts, floors, limit)
            amounts, floors = amounts * heard, floors * heard
        self._before, self._after = _numbers(amounts, floors, self._groups)

    @cached_property
    def _items(self) -> Segments:
        """The items by segment."""
        return Segments(self._segment)

    def _refused(
        self, segment: np.ndarray, codes: np.ndarray, amounts: np.ndarray, floors: np.ndarray, limit: Limit
    ) -> np.ndarray:
        """Which items come when their segment is full."""
        refused = np.zeros(len(codes), dtype=bool)
        coming = self._groups.order[self._groups.starts] if limit.distinct else np.flatnonzero(amounts > 0)
        for crowded in np.flatnonzero(np.bincount(segment[coming]) > limit.most).tolist():
            at = np.searchsorted(self._items.slots, crowded)
            own = self._items.order[self._items.starts[at] : self._items.ends[at] + 1]
            refused[own] = _refused_in_turn(codes[own].tolist(), amounts[own].tolist(), floors[own].tolist(), limit)
        return refused

    def of_values(self, *, ordered: bool = True) -> Spans:
        """When each value is there: from its first to its last. ordered: the spans stand as `Spans` says."""
        came, went = (self._before == 0) & (self._after > 0), (self._before > 0) & (self._after == 0)
        return self._spans(np.flatnonzero(came | went), came, ordered=ordered)

    def of_items(self, *, ordered: bool = True) -> Spans:
        """When each single item is there, with amounts of 1 and -1: what is taken away is the last one that is equal."""
        came, went = self._after > self._before, self._after < self._before
        events = np.flatnonzero(came | went)
        level = np.maximum(self._before, self._after)[events]
        key = self._groups.segment[events] * (int(level.max(initial=0)) + 1) + level
        return self._spans(events[stable_order(key)], came, ordered=ordered)

    def _spans(self, events: np.ndarray, came: np.ndarray, *, ordered: bool) -> Spans:
        """Of `events`, comings each followed by its going if there is one (numbers of items sorted by group)."""
        items, born = self._groups.order[events], came[events]
        dies = np.append(~born[1:], False)[: len(born)]
        deaths = np.where(dies, np.append(self._row[items][1:], 0)[: len(items)], self._end[items])
        births = np.flatnonzero(born)
        if ordered:
            births = births[np.argsort(self._items.inverse[items[births]])]
        return Spans(items[births], self._row[items[births]], deaths[births])

    def numbers(self, items: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """How often the value of each item is there after the sorted row beside it, which is not before the item."""
        time = np.append(np.zeros(self._known, dtype=np.int64), np.arange(1, self._rows + 1))
        width = self._rows + 1
        passed = self._groups.segment * width + time[self._groups.order]
        now = self._groups.segment[self._groups.inverse[items]] * width + rows + 1
        return np.asarray(self._after[np.searchsorted(passed, now, side="right") - 1])


def _numbers(amounts: np.ndarray, floors: np.ndarray, groups: Segments) -> tuple[np.ndarray, np.ndarray]:
    """How often the value of a group is there before and after each of its items, sorted by group."""
    nothing = np.zeros(len(groups), dtype=np.int64)
    total = running_sum(amounts[groups.order], nothing, groups)
    # To add an amount and raise to a floor, item by item, is to add all amounts and the largest of 0 and what each floor lacks.
    after = total + running_extreme(floors[groups.order] - total, nothing, groups, largest=True)
    return previous(after, nothing, groups), after


def _refused_in_turn(codes: list[int], amounts: list[int], floors: list[int], limit: Limit) -> list[bool]:
    """Which items of one segment come when it is full: what comes after them depends on it, so one by one."""
    numbers: dict[int, int] = {}
    size, refused = 0, []
    for code, amount, floor in zip(codes, amounts, floors, strict=True):
        before = numbers.get(code, 0)
        full = (len(numbers) if limit.distinct else size) >= limit.most
        refused.append(full and amount + floor > 0 and not (limit.distinct and before))
        after = before if refused[-1] else max(before + amount, floor)
        size += after - before
        if after:
            numbers[code] = after
        else:
            numbers.pop(code, None)
    return refused
