"""MIN and MAX."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.declare import Bound, LiteralValue, Mergeable, aggregate, java_order
from ksql.engine.aggregates.merging import with_rows
from ksql.engine.aggregates.standing import StandingExtreme
from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.ranks import order_codes
from ksql.engine.kernels.scans import identity, last_valid, running_extreme
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import BIGINT, BYTES, DATE, DOUBLE, INTEGER, STRING, TIME, TIMESTAMP, Decimal, SqlType

ORDERED = (INTEGER, BIGINT, DOUBLE, STRING, BYTES, DATE, TIME, TIMESTAMP)


class Extreme(Mergeable):
    """The value of the highest (lowest) order-preserving code; nulls are skipped."""

    def __init__(self, type_: SqlType, *, largest: bool) -> None:
        self.returns = type_
        self.state = (("value", type_.arrow),)
        self._largest = largest

    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        rows = len(arguments[0])
        values = pa.concat_arrays([arguments[0], old[0]])
        codes, decode = order_codes(values)
        valid = validity(values)
        codes = np.where(valid, codes, identity(largest=self._largest))
        best = running_extreme(codes[:rows], codes[rows:], segments, largest=self._largest)
        some = segments.spread(valid[rows:]) | (last_valid(valid[:rows], segments) >= 0)
        return [decode(best[wanted], some[wanted])]

    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        best, value = state[0], arguments[0]
        if value is None or best is None:
            return [best if value is None else value]
        first, second = java_order(best), java_order(value)
        return [value if (second > first if self._largest else second < first) else best]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return with_rows(self, left, np.ones(len(right[0]), dtype=np.int64), right)

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return self.step(left, right)


def _bind(types: Sequence[SqlType], literals: Sequence[LiteralValue], *, largest: bool) -> Bound | None:
    if len(types) != 1 or literals or not (types[0] in ORDERED or isinstance(types[0], Decimal)):
        return None
    return Extreme(types[0], largest=largest)


def _on_table(types: Sequence[SqlType], literals: Sequence[LiteralValue], *, largest: bool) -> StandingExtreme | None:
    return None if _bind(types, literals, largest=largest) is None else StandingExtreme(types[0], largest=largest)


_SIGNATURES = ["INT", "BIGINT", "DOUBLE", "DECIMAL", "STRING", "BYTES", "DATE", "TIME", "TIMESTAMP"]


@aggregate(
    "MAX",
    "Largest value; null for no values.",
    _SIGNATURES,
    "MAX(price)",
    tables=partial(_on_table, largest=True),
    distinct="MAX",
)
def bind_max(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return _bind(types, literals, largest=True)


@aggregate(
    "MIN",
    "Smallest value; null for no values.",
    _SIGNATURES,
    "MIN(price)",
    tables=partial(_on_table, largest=False),
    distinct="MIN",
)
def bind_min(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return _bind(types, literals, largest=False)
