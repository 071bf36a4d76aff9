"""The k largest values so far."""

from __future__ import annotations

import numpy as np

from ksql.engine.kernels.scans import identity, previous, running_extreme
from ksql.engine.kernels.segments import Segments


def running_top(ranks: np.ndarray, initial: np.ndarray, segments: Segments) -> np.ndarray:
    """The k largest ranks after every row, largest first, shape (rows, k); `identity(largest=True)` where there are fewer.

    ranks: int64 per sorted row, distinct within a segment. initial: (segments, k), each descending.

    Level by level: the running maximum is the largest; what does not become or stay the maximum competes for the next level.
    """
    levels, rising = [], ranks
    for before in initial.T:
        best = running_extreme(rising, before, segments, largest=True)
        levels.append(best)
        rising = np.minimum(previous(best, before, segments), rising)
    return np.stack(levels, axis=1) if levels else np.full((len(ranks), 0), identity(largest=True))
