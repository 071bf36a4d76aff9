"""Keyed state whose rows belong to windows, and leave when their partition's stream time is past their retention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_store import NEVER, TimedStore

#: Partition of rows that an older version wrote, which did not say. They wait for the partition that is furthest behind.
UNKNOWN_PARTITION = -1


@dataclass(frozen=True, slots=True)
class Expiry:
    """Rows leave when the stream time of their partition is `retention_ms` past the time they go by."""

    times: StreamTimes
    retention_ms: int


class TimedState(KeyedState):
    """The keys end with the column `time`, by which the rows of a key are ordered, and what else tells them apart; keys or rows
    have a column `partition`. Without `expiry` they stay for ever; with it they go by the key column `due`, or else `time`.

    Rows that leave are in no record of the changelog: from the stream times it is plain which have left.
    """

    store: TimedStore

    def __init__(
        self,
        name: str,
        keys: pa.Schema,
        rows: pa.Schema,
        expiry: Expiry | None,
        *,
        time: str,
        partition: str,
        due: str | None = None,
    ) -> None:
        self._columns = time, due or time, partition
        self._expiry = expiry
        super().__init__(name, keys, rows)

    def _new_store(self) -> TimedStore:
        time, due, partition = self._columns
        return TimedStore(self.keys, self.rows, time, due=due, partition=partition)

    def publish(self, offset: int) -> np.ndarray:
        with self.store.lock:
            return np.append(super().publish(offset), self._expire())

    def read(self, keys: pa.Table | None) -> pa.Table:
        """As `KeyedState.read`; keys may lack the columns of the window, and then mean all windows of the key."""
        if keys is None or keys.num_columns == len(self.keys):
            return super().read(keys)
        with self.store.lock:
            return self.store.rows_at(self.store.between(keys)[1])

    def first_from(self, times: Mapping[int, int]) -> Mapping[int, int]:
        """By partition the time of the first row at a time or later; partitions without one are left out."""
        none = np.zeros(0, dtype=np.int64)
        found = {partition: self.store.next_due(partition, time, none) for partition, time in times.items()}
        return {partition: time for partition, time in found.items() if time < NEVER}

    def _expire(self) -> np.ndarray:
        """Delete what is past its retention."""
        if self._expiry is None:
            return np.zeros(0, dtype=np.int64)
        times = self._expiry.times.latest
        slowest = min(times.values(), default=0)
        gone = [
            self.store.take_due(partition, times.get(partition, slowest) - self._expiry.retention_ms + 1)
            for partition in self.store.due_partitions
        ]
        slots = np.concatenate([np.zeros(0, dtype=np.int64), *gone])
        return self.store.delete(slots) if len(slots) else slots
