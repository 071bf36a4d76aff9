"""MIN, MAX, TOPK and TOPKDISTINCT of tables: what is taken back leaves the next one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.declare import java_identity, java_order
from ksql.engine.aggregates.values import GroupValues, OfValues
from ksql.engine.kernels.lists import offsets_of
from ksql.engine.kernels.lives import Spans
from ksql.engine.kernels.nulls import numbers, validity
from ksql.engine.kernels.ranks import order_codes
from ksql.engine.kernels.scans import identity, running_sum
from ksql.engine.kernels.segments import Segments
from ksql.engine.kernels.standing import largest_few_there, largest_there
from ksql.engine.types.sql_types import Array, SqlType

_NONE = identity(largest=True)


class StandingExtreme(OfValues):
    """The largest (smallest) of the values that are there, and how many there are."""

    def __init__(self, type_: SqlType, *, largest: bool) -> None:
        self.argument = self.returns = type_
        self.state = (("value", type_.arrow), ("count", pa.int64()))
        self.largest, self.smallest = (1, 0) if largest else (0, 1)

    def scan(self, values: GroupValues, old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray) -> list[pa.Array]:
        signs = values.signs
        assert signs is not None
        count = running_sum(np.where(validity(values.argument), signs, 0), numbers(old[1]), segments)[wanted]
        codes, decode = order_codes(values.lives.values)
        codes = codes if self.largest else ~codes
        spans = values.lives.of_values(ordered=False)
        some, first, end = _seen(spans, wanted)
        best = largest_there(first, end, codes[spans.items[some]], len(wanted))
        return [decode(best if self.largest else ~best, count > 0), pa.array(count)]

    def step(self, state: Sequence[Any], value: Any, sign: int, left: Sequence[Any]) -> list[Any]:  # noqa: ARG002
        best = (max if self.largest else min)(left, key=java_order, default=None)
        return [best, len(left)]


class StandingTop(OfValues):
    """The `k` largest of the values that are there, largest first. `distinct`: equal values count once."""

    def __init__(self, type_: SqlType, k: int, *, distinct: bool) -> None:
        self.argument, self.returns = type_, Array(type_)
        self.state = (("top", self.returns.arrow),)
        self.largest, self._distinct = k, distinct

    def scan(
        self,
        values: GroupValues,
        old: Sequence[pa.Array],  # noqa: ARG002
        segments: Segments,  # noqa: ARG002
        wanted: np.ndarray,
    ) -> list[pa.Array]:
        lives = values.lives if self._distinct else values.lives_of_each(self.largest)
        spans = lives.of_values(ordered=False) if self._distinct else lives.of_items(ordered=False)
        some, first, end = _seen(spans, wanted)
        items = spans.items[some]
        by_rank = np.argsort(order_codes(lives.values)[0][items], kind="stable")
        ranks = np.empty(len(items), dtype=np.int64)
        ranks[by_rank] = np.arange(len(items))
        top = largest_few_there(first, end, ranks, len(wanted), self.largest)
        shown = top != _NONE
        return [
            pa.ListArray.from_arrays(offsets_of(shown.sum(axis=1)), lives.values.take(pa.array(items[by_rank[top[shown]]])))
        ]

    def step(self, state: Sequence[Any], value: Any, sign: int, left: Sequence[Any]) -> list[Any]:  # noqa: ARG002
        kept = list({java_identity(item): item for item in left}.values()) if self._distinct else left
        return [sorted(kept, key=java_order, reverse=True)[: self.largest]]


def _seen(spans: Spans, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(spans that are there at some of the ascending `rows`, the number of the first of these rows, that behind the last)"""
    first, end = spans.within(rows)
    some = np.flatnonzero(first < end)
    return some, first[some], end[some]
