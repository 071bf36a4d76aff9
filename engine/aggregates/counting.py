"""COUNT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.aggregates.declare import ONCE, Bound, LiteralValue, Undoable, aggregate
from ksql.engine.kernels.nulls import numbers, validity
from ksql.engine.kernels.scans import running_sum, signed
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import BIGINT, SqlType


class Count(Undoable):
    """Rows; with an argument, rows where it is not null."""

    returns = BIGINT
    state = (("count", pa.int64()),)

    def scan(
        self,
        arguments: Sequence[pa.Array],
        old: Sequence[pa.Array],
        segments: Segments,
        wanted: np.ndarray,
        signs: np.ndarray | None = None,
    ) -> list[pa.Array]:
        ones = validity(arguments[0]).astype(np.int64) if arguments else np.ones(len(segments.order), dtype=np.int64)
        return [pa.array(running_sum(signed(ones, signs), numbers(old[0]), segments)[wanted])]

    def step(self, state: Sequence[Any], arguments: Sequence[Any], sign: int = 1) -> list[Any]:
        counts = not arguments or arguments[0] is not None
        return [(state[0] or 0) + (sign if counts else 0)]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return [pc.add(left[0], right[0])]

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return [left[0] + right[0]]


@aggregate(
    "COUNT", "Rows in the group, or rows where the argument is not null.", ["*", "T"], "COUNT(*)", tables=True, distinct=ONCE
)
def bind_count(types: Sequence[SqlType], literals: Sequence[LiteralValue]) -> Bound | None:
    return Count() if len(types) <= 1 and not literals else None
