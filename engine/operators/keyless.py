"""Where records without a key go: spread over the partitions, those of a batch together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.state.numbers import Numbers

#: Most records of a batch: about as many small ones as Kafka's producer sends at once (16 KiB).
_BATCH_RECORDS = 100


class KeylessBatches:
    """Deals records without a key out to `partitions`, batch by batch in turn.

    A batch is what a producer that does not linger would send together: consecutive records of one timestamp, up to a number.
    Micro-batches have no say in it, so neither their size nor a restart moves a record.
    """

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        #: The last batch: its number, its timestamp, how many records it has.
        self.state = Numbers[str]("keyless", pa.string())

    def assign(self, timestamps: np.ndarray) -> np.ndarray:
        """The partitions of the next records, int32. timestamps: int64 ms, in the order of the records."""
        if not len(timestamps):
            return np.zeros(0, dtype=np.int32)
        last = {"batch": -1, "time": -1, "records": 0, **self.state.latest}
        rows = np.arange(len(timestamps))
        begins = np.diff(timestamps, prepend=last["time"]) != 0
        nth = rows - np.maximum.accumulate(np.where(begins, rows, -last["records"]))
        batches = last["batch"] + np.cumsum(nth % _BATCH_RECORDS == 0)
        self.state.stage({"batch": int(batches[-1]), "time": int(timestamps[-1]), "records": int(nth[-1]) + 1})
        return (batches % self._partitions).astype(np.int32)
