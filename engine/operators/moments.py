"""When something happens in an operator, and when it will."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import PARTITION, TIMESTAMP, places_of
from ksql.engine.state.idle import Idle
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import TimedState


@dataclass(frozen=True, slots=True)
class Moments:
    """What has reached an operator, in order: where in the merged order, in which partition, and what stream time it is then.

    One array each, with an entry for every row, also for those that are too late for every window; and behind them one for
    every partition whose time goes on without one.
    """

    places: np.ndarray
    partitions: np.ndarray
    stream_times: np.ndarray

    @staticmethod
    def of(rows: pa.Table, times: StreamTimes, idle: Idle | None) -> Moments:
        """Those of a batch, which moves `times`; what is new of them is staged."""
        places, partitions = places_of(rows), rows.column(PARTITION).to_numpy()
        moments = Moments(places, partitions, times.advance(rows.column(TIMESTAMP).to_numpy(), partitions))
        return moments if idle is None else moments.followed_by(times.go_on(partitions, idle))

    def followed_by(self, times: Mapping[int, int]) -> Moments:
        """With the new stream times of some partitions, at the place of the last row."""
        last = self.places[-1] if len(self.places) else 0
        return Moments(
            np.append(self.places, np.full(len(times), last)),
            np.append(self.partitions, np.array(list(times), dtype=self.partitions.dtype)),
            np.append(self.stream_times, np.array(list(times.values()), dtype=np.int64)),
        )


def next_close(windows: TimedState, lasting_ms: int, times: StreamTimes, idle: Idle) -> int | None:
    """What the clock will say when the next window closes: one that is open, and closes `lasting_ms` past its own time."""
    still_open = {partition: time - lasting_ms + 1 for partition, time in times.published.items()}
    return times.reached_at({p: time + lasting_ms for p, time in windows.first_from(still_open).items()}, idle)
