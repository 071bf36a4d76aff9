"""Stream time: the greatest timestamp that has reached an operator, for each partition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.scans import by_partition_maximum
from ksql.engine.state.idle import Idle
from ksql.engine.state.numbers import Numbers

_LATEST = np.iinfo(np.int64).max


class StreamTimes(Numbers[int]):
    """Stream time by partition, ms.

    Where there is an idle timeout, the stream time of a partition that no record has reached for so long, by the clock, is that
    at its last record and the time since then: it goes on as the clock does, from where the records left it. After a restart it
    goes on from what was committed, once there was no record for so long again.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, pa.int32())
        #: For each partition what the clock said when a record last reached it, and when its stream time last went on.
        self._clock: dict[int, tuple[int, int]] = {}

    def advance(self, timestamps: np.ndarray, partitions: np.ndarray) -> np.ndarray:
        """Stream time at each record, itself included, ms. The records' maxima are staged."""
        times = dict(self.latest)
        running = by_partition_maximum(timestamps, partitions, times)
        self.stage(times)
        return running

    def go_on(self, reached: np.ndarray, idle: Idle) -> Mapping[int, int]:
        """The new stream times, which are staged, of the partitions that have been idle long enough.

        reached: the partitions of the records that have come. Nobody is idle as long as there is something to read.
        """
        heard = set(np.unique(reached).tolist())
        moved = {}
        for partition, time in self.latest.items():
            if partition in heard or not idle.caught_up:
                self._clock[partition] = idle.now_ms, idle.now_ms
            silent_since, gone_on = self._clock.setdefault(partition, (idle.now_ms, idle.now_ms))
            by_clock = min(time + idle.now_ms - gone_on, _LATEST)
            if idle.now_ms - silent_since >= idle.timeout_ms and by_clock > time:
                moved[partition] = by_clock
                self._clock[partition] = silent_since, idle.now_ms
        self.stage({**self.latest, **moved})
        return moved

    def reached_at(self, wanted: Mapping[int, int], idle: Idle) -> int | None:
        """What the clock will say when the first of the partitions comes to its `wanted` stream time, if no record does."""
        moments = []
        for partition, time in wanted.items():
            silent_since, gone_on = self._clock.setdefault(partition, (idle.now_ms, idle.now_ms))
            if max(time, self.latest[partition] + 1) > _LATEST:  # there is no such time
                continue
            moments.append(max(silent_since + idle.timeout_ms, gone_on + time - self.latest[partition]))
        return min(moments, default=None)
