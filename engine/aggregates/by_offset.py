"""Values by order of arrival: LATEST_BY_OFFSET, EARLIEST_BY_OFFSET.

Groups that are merged keep beside their values the numbers of the rows that brought them, since of two groups neither need be
the older one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.aggregates.declare import Bound, LiteralValue, Mergeable, aggregate
from ksql.engine.errors import StatementError
from ksql.engine.kernels.lists import GrowingLists, sizes_of, slices
from ksql.engine.kernels.nulls import numbers, validity
from ksql.engine.kernels.scans import first_valid, last_valid
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import BIGINT, Array, SqlType

_ARRIVAL = "arrival"
_NEVER, _ALWAYS = -1, 2**63 - 1


class OneByOffset(Bound):
    """The latest or the earliest value. A second state column tells "no value yet" from a kept null."""

    def __init__(self, type_: SqlType, *, latest: bool, skip_nulls: bool) -> None:
        self.returns = type_
        self.state = (("value", type_.arrow), ("seen", pa.bool_()))
        self._latest, self._skip_nulls = latest, skip_nulls

    def mergeable(self) -> Mergeable:
        arrival = OneByOffset(BIGINT, latest=self._latest, skip_nulls=True)
        return OneByArrival(self, arrival, latest=self._latest, skip_nulls=self._skip_nulls)

    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        values, before = arguments[0], old[0]
        kept = validity(values) if self._skip_nulls else np.ones(len(values), dtype=bool)
        seen = segments.spread(numbers(old[1]).astype(bool))
        row = last_valid(kept, segments) if self._latest else np.where(seen, -1, first_valid(kept, segments))
        # Candidates: the batch's values, then the old value of each segment.
        candidates = pa.concat_arrays([values, before])
        source = np.where(row >= 0, row, len(values) + segments.segment)[wanted]
        return [candidates.take(pa.array(source)), pa.array((seen | (row >= 0))[wanted])]

    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        value = arguments[0]
        if (value is None and self._skip_nulls) or (state[1] and not self._latest):
            return [state[0], bool(state[1])]
        return [value, True]


class ManyByOffset(Bound):
    """The latest or earliest `count` values as an array."""

    def __init__(self, type_: SqlType, count: int, *, latest: bool, skip_nulls: bool) -> None:
        self.returns = Array(type_)
        self.state = (("values", self.returns.arrow),)
        self._count, self._latest, self._skip_nulls = count, latest, skip_nulls

    def mergeable(self) -> Mergeable:
        arrivals = ManyByOffset(BIGINT, self._count, latest=self._latest, skip_nulls=True)
        return ManyByArrival(self, arrivals, self._count, latest=self._latest, skip_nulls=self._skip_nulls)

    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        values = arguments[0]
        kept = validity(values) if self._skip_nulls else np.ones(len(values), dtype=bool)
        lists = GrowingLists(values, kept, old[0], segments)
        last = lists.counts[wanted]
        first = np.zeros(len(last), dtype=np.int64)
        if self._latest:
            first = np.maximum(last - self._count, 0)
        else:
            last = np.minimum(last, self._count)
        return [lists.slices(wanted, first, last)]

    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        values = list(state[0] or [])
        if arguments[0] is not None or not self._skip_nulls:
            values.append(arguments[0])
        return [values[-self._count :] if self._latest else values[: self._count]]


class _ByArrival(Mergeable):
    """`values`, and the same of the numbers of the rows (BIGINT), null where the value of the row is no value."""

    by_arrival = True

    def __init__(self, values: Bound, arrivals: Bound, *, latest: bool, skip_nulls: bool) -> None:
        self.returns = values.returns
        self.state = (*values.state, (_ARRIVAL, arrivals.state[0][1]))
        self._values, self._arrivals, self._latest, self._skip_nulls = values, arrivals, latest, skip_nulls

    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        values, arrivals = arguments
        after = self._values.scan([values], old[:-1], segments, wanted)
        if self._skip_nulls and values.null_count:
            arrivals = pc.if_else(values.is_valid(), arrivals, pa.scalar(None, pa.int64()))
        return [*after, self._arrivals.scan([arrivals], [old[-1], *old[1:-1]], segments, wanted)[0]]

    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        value, arrival = arguments
        after = self._values.step(state[:-1], [value])
        counts = value is not None or not self._skip_nulls
        return [*after, self._arrivals.step([state[-1], *state[1:-1]], [arrival if counts else None])[0]]


class OneByArrival(_ByArrival):
    """Of two groups that of the later (earlier) row; one that has no value yet gives way."""

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        mine, others = (numbers(side[-1], _NEVER if self._latest else _ALWAYS) for side in (left, right))
        source = np.arange(len(mine)) + np.where(others > mine if self._latest else others < mine, len(mine), 0)
        return [pa.concat_arrays([a, b]).take(pa.array(source)) for a, b in zip(left, right, strict=True)]

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        if left[-1] is None or right[-1] is None:
            return list(right if left[-1] is None else left)
        return list(right if (right[-1] > left[-1]) == self._latest else left)


class ManyByArrival(_ByArrival):
    """The latest (earliest) values of two groups in the order of their rows."""

    def __init__(self, values: Bound, arrivals: Bound, count: int, *, latest: bool, skip_nulls: bool) -> None:
        super().__init__(values, arrivals, latest=latest, skip_nulls=skip_nulls)
        self._count = count

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        values, arrivals = (pa.concat_arrays([a.flatten(), b.flatten()]) for a, b in zip(left, right, strict=True))
        sizes = [sizes_of(side[0]) for side in (left, right)]
        row = np.append(*(np.repeat(np.arange(len(size)), size) for size in sizes))
        order = pa.array(np.lexsort((arrivals.to_numpy(), row)))
        lengths = np.minimum(sizes[0] + sizes[1], self._count)
        ends = np.cumsum(sizes[0] + sizes[1])
        starts = ends - (lengths if self._latest else sizes[0] + sizes[1])
        return [slices(column.take(order), starts, lengths) for column in (values, arrivals)]

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        pairs = [pair for side in (left, right) for pair in zip(*side, strict=True)]
        pairs.sort(key=lambda pair: pair[1])
        pairs = pairs[-self._count :] if self._latest else pairs[: self._count]
        return [[value for value, _ in pairs], [arrival for _, arrival in pairs]]


def _bind(types: Sequence[SqlType], literals: Sequence[LiteralValue], *, latest: bool) -> Bound | None:
    if len(types) != 1 or len(literals) > 2:
        return None
    count = next((v for v in literals if isinstance(v, int) and not isinstance(v, bool)), None)
    skip_nulls = next((v for v in literals if isinstance(v, bool)), True)
    if [v for v in literals if v not in (count, skip_nulls)] or (len(literals) == 2 and isinstance(literals[0], bool)):
        return None
    if count is None:
        return OneByOffset(types[0], latest=latest, skip_nulls=skip_nulls)
    if count < 1:
        raise StatementError(f"the number of values must be at least 1, not {count}")
    return ManyByOffset(types[0], count, latest=latest, skip_nulls=skip_nulls)


_SIGNATURES = ["T", "T, BOOLEAN literal", "T, INT literal", "T, INT literal, BOOLEAN literal"]


@aggregate(
    "LATEST_BY_OFFSET", "The last value, or the last n, in order of arrival; false as last argument keeps nulls.", _SIGNATURES
)
def bind_latest(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return _bind(types, literals, latest=True)


@aggregate(
    "EARLIEST_BY_OFFSET",
    "The first value, or the first n, in order of arrival; false as last argument keeps nulls.",
    _SIGNATURES,
)
def bind_earliest(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return _bind(types, literals, latest=False)
