"""Lists that grow by one value per record: each segment's final list is built once, and every change is a slice of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.errors import QueryError
from ksql.engine.kernels.nulls import arrow, numbers
from ksql.engine.kernels.scans import running_sum
from ksql.engine.kernels.segments import Segments

#: Arrow's list offsets have 32 bits.
_MOST_VALUES = 2**31 - 1


class GrowingLists:
    """The lists `old` (one per segment, null = empty), to which each sorted row whose `kept` is true adds its value.

    counts: length of the list after every row.
    """

    def __init__(self, values: pa.Array, kept: np.ndarray, old: pa.Array, segments: Segments) -> None:
        before = sizes_of(old)
        self.counts = running_sum(kept.astype(np.int64), before, segments)
        final = self.counts[segments.ends]
        starts = np.cumsum(final) - final
        self._row_starts = segments.spread(starts)
        old_values = old.flatten()
        source = np.empty(int(final.sum()), dtype=np.int64)
        source[ranges(starts, before)] = np.arange(len(old_values))
        added = np.flatnonzero(kept)
        source[self._row_starts[added] + self.counts[added] - 1] = len(old_values) + added
        self._values = pa.concat_arrays([old_values, values]).take(pa.array(source))

    def slices(self, rows: np.ndarray, first: np.ndarray, last: np.ndarray) -> pa.Array:
        """Of the lists after the sorted rows `rows` the values number first (from 0) to last (exclusive)."""
        return slices(self._values, self._row_starts[rows] + first, last - first)


def ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """starts[0], starts[0] + 1, … (lengths[0] numbers), starts[1], …"""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - lengths), lengths))


def sizes_of(lists: pa.Array) -> np.ndarray:
    """How many values each list has; 0 for null."""
    return numbers(pc.list_value_length(lists)).astype(np.int64)


def slices(values: pa.Array, starts: np.ndarray, lengths: np.ndarray) -> pa.Array:
    """A list array whose i-th list is values[starts[i] : starts[i] + lengths[i]]. The cost is that of the result."""
    return slices_of(lambda rows: values.take(pa.array(rows)), starts, lengths)


def slices_of(values: Callable[[np.ndarray], pa.Array], starts: np.ndarray, lengths: np.ndarray) -> pa.Array:
    """A list array whose i-th list is values(starts[i] … starts[i] + lengths[i] - 1).

    Raises QueryError when the lists together have more values than an Arrow list array can address.
    """
    offsets = offsets_of(lengths)
    return pa.ListArray.from_arrays(offsets, values(ranges(starts, lengths)))


def at_ends(lists: pa.Array, segments: Segments, wanted: np.ndarray) -> pa.Array:
    """One list per segment where its last row is wanted, else null."""
    segment = segments.segment[wanted]
    return lists.take(arrow(segment, pa.int64(), wanted == segments.ends[segment]))


def offsets_of(lengths: np.ndarray) -> pa.Array:
    """Offsets of lists that lie one after the other. Raises QueryError when they are too long together for 32 bits."""
    offsets = np.append(0, np.cumsum(lengths))
    if offsets[-1] > _MOST_VALUES:
        raise QueryError(
            f"the lists of one batch have {offsets[-1]} values together, more than {_MOST_VALUES}",
            hint="a limit such as ksql.functions.collect_list.limit keeps lists short.",
        )
    return pa.array(offsets.astype(np.int32))
