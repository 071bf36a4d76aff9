"""The order in which the records of several partitions are processed.

It is that of taking, again and again, the partition whose next record has the lowest time (ties: source order, then partition).
That is the order of (running maximum of the times in the partition, source, partition, offset): one sort. What was taken before
has no say in it, so a reader that goes on from some offsets needs to know nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: A partition's place among those with records of one time: source, then number.
Rank = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records of one partition that wait: the running maximum of their times. `cut`: there are more behind them."""

    rank: Rank
    running: np.ndarray
    cut: bool


class MergedOrder:
    """Places of the records of several partitions, up to where the first cut lies, and of no more than `most` records.

    A partition that is cut may go on with any time from its last one on: what others have behind that point stays.
    """

    def __init__(self, waiting: Sequence[Waiting], most: int) -> None:
        self._running = [w.running for w in waiting]
        ranks = np.empty(len(waiting), dtype=np.int64)
        ranks[sorted(range(len(waiting)), key=lambda i: waiting[i].rank)] = np.arange(len(waiting))
        bound = min(((int(w.running[-1]), int(ranks[i])) for i, w in enumerate(waiting) if w.cut), default=None)
        self._taken = [self._within(i, int(ranks[i]), bound) for i in range(len(waiting))]
        self._taken = self._first(most, ranks)
        self._places = self._number(ranks)
        self.records = sum(self._taken)

    def places(self, i: int) -> np.ndarray:
        """Where the first records of partition `i` come: as many as are taken."""
        return self._places[i]

    def _within(self, i: int, rank: int, bound: tuple[int, int] | None) -> int:
        """How many records of partition `i` come no later than `bound`."""
        running = self._running[i]
        if bound is None:
            return len(running)
        return int(np.searchsorted(running, bound[0], side="right" if rank <= bound[1] else "left"))

    def _first(self, most: int, ranks: np.ndarray) -> list[int]:
        """How many records of each partition are among the first `most`: all before some time, and of that time by rank."""
        running = [r[:n] for r, n in zip(self._running, self._taken, strict=True)]
        if sum(self._taken) <= most:
            return self._taken
        last = np.partition(np.concatenate(running), most - 1)[most - 1]
        taken = [int(np.searchsorted(r, last, side="left")) for r in running]
        left = most - sum(taken)
        for i in np.argsort(ranks):
            of_that_time = int(np.searchsorted(running[i], last, side="right")) - taken[i]
            taken[i] += min(of_that_time, left)
            left -= min(of_that_time, left)
        return taken

    def _number(self, ranks: np.ndarray) -> list[np.ndarray]:
        if len(self._taken) == 1:
            return [np.arange(self._taken[0], dtype=np.int64)]
        running = np.concatenate([r[:n] for r, n in zip(self._running, self._taken, strict=True)])
        rank = np.repeat(ranks, self._taken)
        places = np.empty(len(running), dtype=np.int64)
        # Rows of one partition are in offset order already, and lexsort is stable.
        places[np.lexsort((rank, running))] = np.arange(len(running))
        return np.split(places, np.cumsum(self._taken)[:-1])
