"""SUM_LIST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.declare import ONCE, Bound, LiteralValue, Undoable, aggregate
from ksql.engine.aggregates.sums import sum_of
from ksql.engine.kernels.lists import sizes_of
from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, Array, SqlType


class SumList(Undoable):
    """Each list is summed by itself, and the sums are summed. Null lists and null elements change nothing."""

    def __init__(self, sum_: Undoable) -> None:
        self._sum = sum_
        self.returns, self.state = sum_.returns, sum_.state

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        return self._sum.scan([self._sums(arguments[0])], old, segments, wanted, signs)

    def _sums(self, lists: pa.Array) -> pa.Array:
        """The sum of each list, 0 for an empty one, null for null."""
        inside = Segments(np.repeat(np.arange(len(lists)), sizes_of(lists)))
        zero = [pa.nulls(len(inside), type_) for _, type_ in self._sum.state]
        sums = self._sum.scan([lists.flatten()], zero, inside, inside.ends)[0]
        # The list that holds each sum; those without elements get the 0 behind the last sum.
        source = np.full(len(lists), len(sums), dtype=np.int64)
        source[inside.slots] = np.arange(len(sums))
        return pa.concat_arrays([sums, pa.array([0], sums.type)]).take(pa.array(source, mask=~validity(lists)))

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        if arguments[0] is None:
            return self._sum.step(state, [None], sign)
        inner: list[Any] = [None] * len(self._sum.state)
        for value in arguments[0]:
            inner = self._sum.step(inner, [value])
        return self._sum.step(state, inner if arguments[0] else [0], sign)

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return self._sum.merge(left, right)

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return self._sum.merge_of(left, right)


@aggregate(
    "SUM_LIST",
    "Sum of all elements of all arrays.",
    ["ARRAY<INT>", "ARRAY<BIGINT>", "ARRAY<DOUBLE>"],
    tables=True,
    distinct=ONCE,
)
def bind_sum_list(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    if len(types) != 1 or literals or not isinstance(types[0], Array):
        return None
    return SumList(sum_of(types[0].item)) if types[0].item in (INTEGER, BIGINT, DOUBLE) else None
