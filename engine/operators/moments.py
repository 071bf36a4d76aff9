"""When something happens in an operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Moments:
    """What has reached an operator, in order: where in the merged order, in which partition, and what stream time it is then.

    One array each, with an entry for every row, also for those that are too late for every window; and behind them one for
    every partition whose time goes on without one.
    """

    places: np.ndarray
    partitions: np.ndarray
    stream_times: np.ndarray

    def followed_by(self, times: Mapping[int, int]) -> Moments:
        """With the new stream times of some partitions, at the place of the last row."""
        last = self.places[-1] if len(self.places) else 0
        return Moments(
            np.append(self.places, np.full(len(times), last)),
            np.append(self.partitions, np.array(list(times), dtype=self.partitions.dtype)),
            np.append(self.stream_times, np.array(list(times.values()), dtype=np.int64)),
        )
