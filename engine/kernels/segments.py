"""Records of a batch brought together by slot: one stable sort, then every key's records lie side by side."""

from __future__ import annotations

from functools import cached_property

import numpy as np


class Segments:
    """The records of a batch sorted by slot; records of one slot (a segment) keep their order.

    order: record number of each sorted row; `values[order]` sorts a column of the batch.
    starts, ends, lengths, slots: one entry per segment, in ascending order of slots: its first and its last sorted row, its
    number of rows (at least 1), its slot.
    """

    def __init__(self, slots: np.ndarray) -> None:
        """`slots` of the records (int64, any value) in processing order."""
        self.order = stable_order(slots)
        ordered = slots[self.order]
        self.starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(slots)])
        self.lengths = np.diff(np.append(self.starts, len(slots)))
        self.ends = self.starts + self.lengths - 1
        self.slots = ordered[self.starts]

    def __len__(self) -> int:
        """Number of segments."""
        return len(self.starts)

    @property
    def rows(self) -> int:
        """Number of records."""
        return len(self.order)

    @cached_property
    def segment(self) -> np.ndarray:
        """Number of the segment of each sorted row."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @cached_property
    def inverse(self) -> np.ndarray:
        """Sorted row of each record: `sorted_values[inverse]` is in processing order again."""
        inverse = np.empty(self.rows, dtype=np.int64)
        inverse[self.order] = np.arange(self.rows)
        return inverse

    def spread(self, values: np.ndarray) -> np.ndarray:
        """One value per segment as one per sorted row."""
        return np.asarray(np.repeat(values, self.lengths, axis=0))


def stable_order(keys: np.ndarray) -> np.ndarray:
    """Numbers of the rows in ascending order of `keys` (int64), equal keys in their own order.

    NumPy sorts 16-bit numbers by radix, several times faster than wider ones: so the keys are sorted 16 bits at a time.
    """
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    low = int(keys.min())
    bits = (int(keys.max()) - low).bit_length()
    if bits > 48:
        return np.argsort(keys, kind="stable")
    distance = keys - low
    order = np.argsort(distance.astype(np.uint16), kind="stable")
    for shift in range(16, bits, 16):
        order = order[np.argsort((distance[order] >> shift).astype(np.uint16), kind="stable")]
    return order
