"""DISTINCT in groups that may become one: a group's different values lie in its state, for another to take them in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.aggregates.declare import Bound, Mergeable, java_identity
from ksql.engine.aggregates.merging import with_rows, with_steps
from ksql.engine.kernels.distinct import Entries
from ksql.engine.kernels.lists import at_ends, sizes_of, slices_of
from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.segments import Segments
from ksql.engine.types.sql_types import SqlType


class OnceInState(Mergeable):
    """`function`, which skips nulls, of the different values of a group, each when it first comes."""

    def __init__(self, function: Bound, argument: SqlType) -> None:
        self._function = function
        self.returns = function.returns
        self.state = (*function.state, ("different", pa.list_(argument.arrow)))

    def scan(
        self, arguments: Sequence[pa.Array], old: Sequence[pa.Array], segments: Segments, wanted: np.ndarray
    ) -> list[pa.Array]:
        values, known = arguments[0], old[-1]
        entries = Entries(sizes_of(known), known.flatten(), values, validity(values), segments)
        new = pc.if_else(pa.array(entries.is_new), values, pa.scalar(None, values.type))
        different = slices_of(entries.values, entries.starts, entries.counts[segments.ends])
        return [*self._function.scan([new], old[:-1], segments, wanted), at_ends(different, segments, wanted)]

    def step(self, state: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        value, different = arguments[0], list(state[-1] or [])
        if value is None or java_identity(value) in map(java_identity, different):
            return [*self._function.step(state[:-1], [None]), different]
        return [*self._function.step(state[:-1], [value]), [*different, value]]

    def merge(self, left: Sequence[pa.Array], right: Sequence[pa.Array]) -> list[pa.Array]:
        return with_rows(self, left, sizes_of(right[-1]), [right[-1].flatten()])

    def merge_of(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return with_steps(self, left, [[value] for value in right[-1]])

    def result(self, state: Sequence[pa.Array]) -> pa.Array:
        return self._function.result(state[:-1])

    def result_of(self, state: Sequence[Any]) -> Any:
        return self._function.result_of(state[:-1])
