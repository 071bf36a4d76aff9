"""Stream time: the greatest timestamp that has reached an operator, for each partition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.scans import by_partition_maximum

_SCHEMA = pa.schema([("partition", pa.int32()), ("time", pa.int64())])
_NONE = np.zeros(0, dtype=np.int64)


class StreamTimes:
    """A `Stateful` of few numbers: every record of the changelog holds them all."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.schema = _SCHEMA
        self._times: dict[int, int] = {}
        self._staged: dict[int, int] | None = None
        self._offset = -1

    @property
    def published(self) -> Mapping[int, int]:
        """Stream time by partition, ms, as of the last batch that was committed."""
        return self._times

    @property
    def latest(self) -> Mapping[int, int]:
        """Stream time by partition, ms, with what is staged."""
        return self._times if self._staged is None else self._staged

    def advance(self, timestamps: np.ndarray, partitions: np.ndarray) -> np.ndarray:
        """Stream time at each record, itself included, ms. The records' maxima are staged."""
        times = dict(self.latest)
        running = by_partition_maximum(timestamps, partitions, times)
        self._staged = times
        return running

    def begin(self, times: Mapping[int, int]) -> None:
        """Go on from times that no record of the changelog holds."""
        self._replace(dict(times), -1)

    def changes(self) -> pa.RecordBatch | None:
        return None if self._staged is None or self._staged == self._times else _batch(self._staged)

    def publish(self, offset: int) -> np.ndarray:
        staged, self._staged = self._staged, None
        return _NONE if staged is None or staged == self._times else self._replace(staged, offset)

    def discard(self) -> None:
        self._staged = None

    def restore(self, changes: pa.RecordBatch, offset: int) -> np.ndarray:
        partitions, times = (column.to_pylist() for column in changes.columns)
        return self._replace(dict(zip(partitions, times, strict=True)), offset)

    def in_use(self, changes: pa.RecordBatch, offset: int) -> pa.RecordBatch:
        return changes if offset == self._offset else changes.slice(0, 0)

    def _replace(self, times: dict[int, int], offset: int) -> np.ndarray:
        replaced = np.full(len(self._times), self._offset)
        self._times, self._offset = times, offset
        return replaced


def _batch(times: Mapping[int, int]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array(list(times), pa.int32()), pa.array(list(times.values()), pa.int64())], schema=_SCHEMA
    )
