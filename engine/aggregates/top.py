"""TOPK and TOPKDISTINCT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.declare import Bound, LiteralValue, Mergeable, aggregate, java_order
from ksql.engine.aggregates.extremes import ORDERED
from ksql.engine.aggregates.merging import with_rows, with_steps
from ksql.engine.aggregates.standing import StandingTop
from ksql.engine.errors import StatementError
from ksql.engine.kernels.distinct import Entries
from ksql.engine.kernels.lists import sizes_of
from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.ranks import order_codes
from ksql.engine.kernels.scans import identity
from ksql.engine.kernels.segments import Segments, stable_order
from ksql.engine.kernels.top import running_top
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, STRING, Array, Decimal, SqlType, Struct

_NONE = identity(largest=True)


class Top(Mergeable):
    """The k largest values, largest first, equal ones in order of arrival; nulls are skipped.

    With more columns than the one to sort by, the items are structs of all columns. `distinct`: equal values count once.
    """

    def __init__(self, types: Sequence[SqlType], k: int, *, distinct: bool) -> None:
        names = ["sort_col", *(f"col{i}" for i in range(len(types) - 1))]
        self._item = types[0] if len(types) == 1 else Struct(tuple(zip(names, types, strict=True)))
        self.returns = Array(self._item)
        self.state = (("top", self.returns.arrow),)
        self._k, self._distinct, self._single = k, distinct, len(types) == 1

    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        sizes, known = sizes_of(old[0]), old[0].flatten()
        new = arguments[0] if self._single else pa.StructArray.from_arrays(list(arguments), fields=list(self._item.arrow))
        items = pa.concat_arrays([known, new])
        sort_values = items if self._single else items.field(0)
        counted = validity(arguments[0])
        if self._distinct:
            counted = Entries(sizes, known, arguments[0], counted, segments).is_new
        # Of equal values the earlier ranks higher, so they are ranked in reverse.
        by_rank = len(items) - 1 - stable_order(order_codes(sort_values)[0][::-1])
        ranks = np.empty(len(items), dtype=np.int64)
        ranks[by_rank] = np.arange(len(items))
        before = np.full((len(segments), self._k), _NONE)
        before[np.arange(self._k) < sizes[:, np.newaxis]] = ranks[: len(known)]
        top = running_top(np.where(counted, ranks[len(known) :], _NONE), before, segments)[wanted]
        shown = top != _NONE
        offsets = np.append(0, np.cumsum(shown.sum(axis=1)))
        return [pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), items.take(pa.array(by_rank[top[shown]])))]

    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        top = list(state[0] or [])
        if arguments[0] is None:
            return [top]
        item = arguments[0] if self._single else dict(zip(self._item.arrow.names, arguments, strict=True))
        orders = [java_order(value if self._single else value["sort_col"]) for value in top]
        order = java_order(arguments[0])
        if not (self._distinct and order in orders):
            top.insert(sum(other >= order for other in orders), item)
        return [top[: self._k]]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        items = right[0].flatten()
        return with_rows(self, left, sizes_of(right[0]), [items] if self._single else items.flatten())

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return with_steps(self, left, [[item] if self._single else list(item.values()) for item in right[0]])


_ORDERED_NAMES = ("INT", "BIGINT", "DOUBLE", "DECIMAL", "STRING", "BYTES", "DATE", "TIME", "TIMESTAMP")


def _k(literals: Sequence[LiteralValue]) -> int | None:
    """The one literal, if it is a number. Raises StatementError when it is less than 1."""
    if len(literals) != 1 or isinstance(literals[0], (bool, str)):
        return None
    if literals[0] < 1:
        raise StatementError(f"k must be at least 1, not {literals[0]}")
    return literals[0]


def _top_of_table(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> StandingTop | None:
    if bind_top(types, literals) is None:
        return None
    if len(types) > 1:
        raise StatementError(
            "TOPK of several columns cannot be used on a table",
            detail="which of the rows with equal values is the first depends on when each of them came",
            hint="TOPK of one column can, and so can TOPKDISTINCT.",
        )
    return StandingTop(types[0], _k(literals) or 1, distinct=False)


def _top_distinct_of_table(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> StandingTop | None:
    fits = bind_top_distinct(types, literals) is not None
    return StandingTop(types[0], _k(literals) or 1, distinct=True) if fits else None


@aggregate(
    "TOPK",
    "The k largest values, largest first; with more columns, structs of the k best rows.",
    [f"{name}, ANY…, INT literal" for name in ("INT", "BIGINT", "DOUBLE", "STRING")],
    "TOPK(price, 3)",
    tables=_top_of_table,
    distinct="TOPKDISTINCT",
)
def bind_top(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    if not types or types[0] not in (INTEGER, BIGINT, DOUBLE, STRING):
        return None
    k = _k(literals)
    return None if k is None else Top(types, k, distinct=False)


@aggregate(
    "TOPKDISTINCT",
    "The k largest distinct values, largest first.",
    [f"{name}, INT literal" for name in _ORDERED_NAMES],
    "TOPKDISTINCT(price, 3)",
    tables=_top_distinct_of_table,
    distinct="TOPKDISTINCT",
)
def bind_top_distinct(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    if len(types) != 1 or not (types[0] in ORDERED or isinstance(types[0], Decimal)):
        return None
    k = _k(literals)
    return None if k is None else Top(types, k, distinct=True)
