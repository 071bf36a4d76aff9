"""Values by order of arrival: LATEST_BY_OFFSET, EARLIEST_BY_OFFSET."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.declare import Bound, LiteralValue, aggregate
from ksql.engine.errors import StatementError
from ksql.engine.kernels.lists import GrowingLists
from ksql.engine.kernels.nulls import numbers, validity
from ksql.engine.kernels.scans import first_valid, last_valid
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import Array, SqlType


class OneByOffset(Bound):
    """The latest or the earliest value. A second state column tells "no value yet" from a kept null."""

    def __init__(self, type_: SqlType, *, latest: bool, skip_nulls: bool) -> None:
        self.returns = type_
        self.state = (("value", type_.arrow), ("seen", pa.bool_()))
        self._latest, self._skip_nulls = latest, skip_nulls

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
