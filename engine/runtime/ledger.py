"""How much of a changelog is in use: bytes by record, and how many of them belong to rows that no later record has replaced."""

from __future__ import annotations

import numpy as np

from ksql.engine.state.grow import Grow


class Ledger:
    """Records are entered in the order of their offsets. The bytes of a record are shared out evenly among its rows."""

    def __init__(self) -> None:
        self._offsets = Grow(np.int64)
        self._per_row = Grow(np.float64)
        #: Of all records entered and not removed.
        self.bytes = 0.0
        #: Of their rows that are not replaced.
        self.bytes_in_use = 0.0

    def enter(self, offset: int, rows: int, bytes_: int) -> None:
        self._offsets.append(np.array([offset]))
        self._per_row.append(np.array([bytes_ / max(rows, 1)]))
        self.bytes += bytes_
        self.bytes_in_use += bytes_

    def replace(self, offsets: np.ndarray) -> None:
        """Rows of the records at `offsets`, one for each row, are not in use any more; -1: the row was in no record."""
        entered = offsets[offsets >= self._offsets.array[0]] if self._offsets.size else offsets[:0]
        records = np.searchsorted(self._offsets.array, entered)
        self.bytes_in_use -= float(self._per_row.array[records].sum())

    def remove(self, bytes_: float) -> None:
        """So many bytes of the oldest records are gone; their rows have been written again, or were not in use."""
        self.bytes -= bytes_

    def forget_before(self, offset: int) -> None:
        """No row says any more that it was written before `offset`."""
        keep = np.arange(int(np.searchsorted(self._offsets.array, offset)), self._offsets.size)
        self._offsets.keep(keep)
        self._per_row.keep(keep)
