"""Stream time: the greatest timestamp that has reached an operator, for each partition."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.scans import by_partition_maximum
from ksql.engine.state.numbers import Numbers


class StreamTimes(Numbers[int]):
    """Stream time by partition, ms."""

    def __init__(self, name: str) -> None:
        super().__init__(name, pa.int32())

    def advance(self, timestamps: np.ndarray, partitions: np.ndarray) -> np.ndarray:
        """Stream time at each record, itself included, ms. The records' maxima are staged."""
        times = dict(self.latest)
        running = by_partition_maximum(timestamps, partitions, times)
        self.stage(times)
        return running
