"""For how long the rows of a windowed table are kept behind the operator that makes the windows: as long as they are there."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.versions import Versions
from ksql.engine.operators.batch import PARTITION, TIMESTAMP, places_of
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import Expiry


class WindowRetention:
    """Rows leave when the stream time of their partition, here, is past the retention of their window.

    due: the ref of the bound that windows go by.
    """

    def __init__(self, name: str, retention_ms: int, due: str) -> None:
        self.times = StreamTimes(f"{name}.stream-times")
        self.expiry = Expiry(self.times, retention_ms)
        self.due = due

    def kept(self, changes: pa.Table) -> pa.Table:
        """Those whose window has not left yet at their place: whether a batch ended in between makes no difference."""
        return RetentionInBatch(self, changes).kept


class RetentionInBatch:
    """Which windows have left at which place of a batch, by the `changes` of their table."""

    def __init__(self, retention: WindowRetention, changes: pa.Table) -> None:
        self.due = retention.due
        self._retention_ms, self._changes = retention.expiry.retention_ms, changes
        self._before = retention.times.latest
        self._partitions = changes.column(PARTITION).to_numpy()
        self._times = retention.times.advance(changes.column(TIMESTAMP).to_numpy(), self._partitions)

    @property
    def kept(self) -> pa.Table:
        """The changes whose window has not left yet at their place."""
        kept = self._stay(self._changes.column(self.due).to_numpy(), self._times)
        return self._changes if kept.all() else self._changes.filter(pa.array(kept))

    def there(self, due: np.ndarray, partitions: np.ndarray, places: np.ndarray, *, inclusive: bool = False) -> np.ndarray:
        """Whether each row of the table, by its bound and partition, has not left yet at a place.

        inclusive: a change at the place itself counts, too.
        """
        numbers, which = np.unique(partitions, return_inverse=True)
        before = np.array([self._before.get(number, np.iinfo(np.int64).min) for number in numbers.tolist()], dtype=np.int64)
        change = self._versions.at(partitions.astype(np.int64), places, inclusive=inclusive)
        times = before[which]
        times[change >= 0] = self._times[change[change >= 0]]
        return self._stay(due, times)

    def _stay(self, due: np.ndarray, times: np.ndarray) -> np.ndarray:
        return np.asarray(due + self._retention_ms > times)

    @cached_property
    def _versions(self) -> Versions:
        """The stream time as a table: each change makes a new version of that of its partition."""
        return Versions(self._partitions.astype(np.int64), places_of(self._changes))
