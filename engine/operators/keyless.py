"""Where records without a key go: spread over the partitions, those of a batch together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

#: Most records of a batch: about as many small ones as Kafka's producer sends at once (16 KiB).
_BATCH_RECORDS = 100


class KeylessBatches:
    """Deals records without a key out to `partitions`, batch by batch in turn.

    A batch is what a producer that does not linger would send together: consecutive records of one timestamp, up to a number.
    Micro-batches have no say in it, so neither their size nor a restart moves a record.
    """

    name = "keyless"

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self.set_numbers({})

    def numbers(self) -> dict[str, int]:
        return {"batch": self._batch, "time": self._time, "records": self._records}

    def set_numbers(self, numbers: Mapping[str, int]) -> None:
        """Go on behind a batch of so many records and this timestamp; at first there is none."""
        self._batch = numbers.get("batch", -1)
        self._time = numbers.get("time", -1)
        self._records = numbers.get("records", 0)

    def assign(self, timestamps: np.ndarray) -> np.ndarray:
        """The partitions of the next records, int32. timestamps: int64 ms, in the order of the records."""
        if not len(timestamps):
            return np.zeros(0, dtype=np.int32)
        rows = np.arange(len(timestamps))
        begins = np.diff(timestamps, prepend=self._time) != 0
        nth = rows - np.maximum.accumulate(np.where(begins, rows, -self._records))
        batches = self._batch + np.cumsum(nth % _BATCH_RECORDS == 0)
        self._batch, self._time, self._records = int(batches[-1]), int(timestamps[-1]), int(nth[-1]) + 1
        return (batches % self._partitions).astype(np.int32)
