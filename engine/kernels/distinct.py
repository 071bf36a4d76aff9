"""Which values of a segment are equal: sets, distinct counts, histograms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.kernels.nulls import numbers
from ksql.engine.kernels.ranks import double_codes
from ksql.engine.kernels.scans import running_sum
from ksql.engine.kernels.segments import Segments, stable_order


def equality_codes(values: pa.Array) -> np.ndarray:
    """Small int64 codes, equal for equal values. As in Java nulls are equal, NaNs are equal, and -0.0 is not 0.0."""
    if pa.types.is_nested(values.type):
        # Nested values are rare here; their printed form tells them apart.
        values = pa.array([repr(unordered(value)) for value in values.to_pylist()], pa.string())
    elif pa.types.is_floating(values.type):
        codes = pa.array(double_codes(numbers(values)), pa.int64())
        values = pc.if_else(values.is_valid(), codes, pa.scalar(None, pa.int64()))
    return numbers(values.dictionary_encode(null_encoding="encode").indices).astype(np.int64)


def row_groups(columns: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Rows that are equal in all `columns` (at least one).

    (number of its group per row, first row per group), groups by first appearance.
    """
    codes, *others = (equality_codes(column.combine_chunks()) for column in columns.columns)
    for part in others:
        mixed = pa.array(codes * (int(part.max(initial=0)) + 1) + part)
        codes = mixed.dictionary_encode().indices.to_numpy().astype(np.int64)
    first = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, first


def unordered(value: Any) -> Any:
    """`value` with the entries of maps (lists of pairs) sorted: maps are equal in any order."""
    if isinstance(value, list):
        items = [unordered(item) for item in value]
        return sorted(items, key=repr) if items and isinstance(items[0], tuple) else items
    if isinstance(value, tuple):
        return tuple(unordered(item) for item in value)
    if isinstance(value, dict):
        return {name: unordered(item) for name, item in value.items()}
    return value


class Entries:
    """The distinct values of each segment in order of first appearance: those known before, then what the records bring.

    sizes, known: how many distinct values each segment has at first, and these values one after the other.
    values: one per sorted row; where `counted` is false the row has no value.

    is_new: whether the row brought a new entry. counts: number of entries of its segment after every row.
    starts: segment s has the entries number starts[s], starts[s] + 1, …
    """

    def __init__(self, sizes: np.ndarray, known: pa.Array, values: pa.Array, counted: np.ndarray, segments: Segments) -> None:
        self._segments = segments
        rows = np.flatnonzero(counted)
        self._items = pa.concat_arrays([known, values.take(pa.array(rows))])
        segment = np.append(np.repeat(np.arange(len(segments)), sizes), segments.segment[rows])
        group, first = _groups(equality_codes(self._items), segment)
        by_appearance = stable_order(segment[first] * (len(self._items) + 1) + first)
        number = np.empty(len(first), dtype=np.int64)
        number[by_appearance] = np.arange(len(first))
        self._source = first[by_appearance]
        self._known_entries, self._rows, self._row_entries = number[group[: len(known)]], rows, number[group[len(known) :]]
        self.is_new = np.zeros(segments.rows, dtype=bool)
        self.is_new[rows[first[first >= len(known)] - len(known)]] = True
        self.counts = running_sum(self.is_new.astype(np.int64), sizes, segments)
        total = self.counts[segments.ends]
        self.starts = np.cumsum(total) - total

    def values(self, entries: np.ndarray) -> pa.Array:
        """The values of the entries with these numbers."""
        return self._items.take(pa.array(self._source[entries]))

    def occurrences(self, known: np.ndarray, adding: np.ndarray, rows: np.ndarray, entries: np.ndarray) -> np.ndarray:
        """How often each of `entries` came up to the sorted row of `rows` beside it.

        known: what each of the known values counts at first. adding: which sorted rows count.
        """
        before = np.zeros(len(self._source), dtype=np.int64)
        before[self._known_entries] = known
        width = self._segments.rows
        came = np.sort((self._row_entries * width + self._rows)[adding[self._rows]])
        upto = np.searchsorted(came, entries * width + rows, side="right")
        return np.asarray(before[entries] + upto - np.searchsorted(came, entries * width))


def _groups(codes: np.ndarray, segment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(group of each item: same segment and same code; first item of each group)"""
    keys = segment * (int(codes.max(initial=0)) + 1) + codes
    groups = Segments(keys)
    group = np.empty(len(keys), dtype=np.int64)
    group[groups.order] = groups.segment
    return group, groups.order[groups.starts]
