"""Places by owner and time: which places an owner has in a span of time. Sorted runs, as in `sorted_runs`."""

from __future__ import annotations

import numpy as np

from ksql.engine.kernels.ranges import written_out
from ksql.engine.kernels.segments import stable_order

_NONE = np.zeros(0, dtype=np.int64)
#: What the number of an owner leaves.
_STEP_BITS = 31


class TimeOrder:
    """Places by owner (a number from 0 on, below 2^32) and time, ms."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def add(self, owners: np.ndarray, times: np.ndarray, places: np.ndarray) -> None:
        if not len(places):
            return
        self._runs.append(_Run(owners, times, places))
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = self._runs[-1].merged(last)

    def between(self, owners: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(number of the query, place) of each owner's places at times from `first` to `last`, by query, time and age."""
        # Asked in their order, the answers lie near each other in memory.
        asked = stable_order(owners)
        owners, first, last = owners[asked], first[asked], last[asked]
        queries, times, places = [_NONE], [_NONE], [_NONE]
        for run in self._runs:
            query, rows = written_out(*run.between(owners, first, last))
            queries.append(query)
            times.append(run.times(rows))
            places.append(run.places[rows])
        query, time = asked[np.concatenate(queries)], np.concatenate(times)
        order = np.lexsort((time, query))
        return query[order], np.concatenate(places)[order]

    def last(self, owners: np.ndarray) -> np.ndarray:
        """The place of the greatest time of each owner; -1 where it has none."""
        best, places = np.full(len(owners), np.iinfo(np.int64).min), np.full(len(owners), -1)
        for run in self._runs:
            row = run.last(owners)
            times = run.times(row)
            later = (row >= 0) & (times >= best)
            best[later], places[later] = times[later], run.places[row[later]]
        return places


class _Run:
    """Rows in the order of owner and time; equal ones keep theirs.

    One number tells both, the owner in its upper bits, a step in its lower ones: how far the time is from the first one, or,
    where that takes too many bits, its rank.
    """

    def __init__(self, owners: np.ndarray, times: np.ndarray, places: np.ndarray) -> None:
        self._first, self._last = int(times.min()), int(times.max())
        self._bits = (self._last - self._first + 1).bit_length()
        self._known: np.ndarray | None = None
        if self._bits > _STEP_BITS:
            self._known = np.unique(times)
            self._bits = len(self._known).bit_length()
        numbers = owners << self._bits | self._steps(times)
        order = np.argsort(numbers, kind="stable")
        self._numbers, self.places = numbers[order], places[order]

    def __len__(self) -> int:
        return len(self.places)

    def merged(self, later: _Run) -> _Run:
        """The rows of both."""
        runs = (self, later)
        owners, times, places = (
            np.concatenate(columns)
            for columns in (
                [run._numbers >> run._bits for run in runs],
                [run.times(np.arange(len(run))) for run in runs],
                [run.places for run in runs],
            )
        )
        return _Run(owners, times, places)

    def times(self, rows: np.ndarray) -> np.ndarray:
        steps = self._numbers[rows] & ((1 << self._bits) - 1)
        return np.asarray(steps + self._first if self._known is None else self._known[steps])

    def between(self, owners: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(first row, how many rows) of each owner's rows at times from `first` to `last`."""
        owners = owners << self._bits
        start = np.searchsorted(self._numbers, owners | self._steps(first))
        end = np.searchsorted(self._numbers, owners | self._steps(last, after=True))
        return start, np.maximum(end - start, 0)

    def last(self, owners: np.ndarray) -> np.ndarray:
        """The last row of each owner; -1 where it has none."""
        row = np.searchsorted(self._numbers, owners << self._bits | (1 << self._bits) - 1, side="right") - 1
        return np.where((row >= 0) & (self._numbers[row] >> self._bits == owners), row, -1)

    def _steps(self, times: np.ndarray, *, after: bool = False) -> np.ndarray:
        """The step of the first time of the run that is not before each of `times`; `after`: that is after it."""
        if self._known is not None:
            return np.asarray(np.searchsorted(self._known, times, side="right" if after else "left"))
        steps = np.clip(times, self._first, self._last) - self._first
        return np.asarray(steps + (times >= self._first if after else times > self._last))
