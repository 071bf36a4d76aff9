"""Whole numbers kept in order while more are added: a few sorted runs, each at most half as long as the one before it, so that
a number is sorted again only as often as the whole has doubled (a log-structured merge tree in NumPy).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_NONE = np.zeros(0, dtype=np.int64)
_NEVER = int(np.iinfo(np.int64).max)


class SortedRuns:
    """Rows of int64 columns in lexicographic order of all columns but the last; equal rows in the order they were added."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._runs: list[np.ndarray] = []

    def add(self, *columns: np.ndarray) -> None:
        """Add rows, a column each."""
        if not len(columns[0]):
            return
        self._runs.append(self._sorted(np.stack(columns)))
        while len(self._runs) > 1 and self._runs[-2].shape[1] <= 2 * self._runs[-1].shape[1]:
            last = self._runs.pop()
            self._runs[-1] = self._sorted(np.concatenate([self._runs[-1], last], axis=1))

    def _sorted(self, rows: np.ndarray) -> np.ndarray:
        keys = rows[-2::-1]
        return rows[:, np.argsort(keys[0], kind="stable") if len(keys) == 1 else np.lexsort(keys)]


class DueTimes(SortedRuns):
    """Places by time, taken out when their time has come."""

    def __init__(self) -> None:
        super().__init__(2)

    def take_before(self, bound: int) -> np.ndarray:
        """Remove and return the places whose time is below `bound`."""
        taken = [_NONE]
        for i, run in enumerate(self._runs):
            due = int(np.searchsorted(run[0], bound))
            taken.append(run[1][:due])
            self._runs[i] = run[:, due:]
        self._runs = [run for run in self._runs if run.shape[1]]
        return np.concatenate(taken)

    def before(self, bound: int, first: int | None = None) -> np.ndarray:
        """The places whose time is below `bound`, and not below `first`."""
        ends = [int(np.searchsorted(run[0], bound)) for run in self._runs]
        starts = [0 if first is None else int(np.searchsorted(run[0], first)) for run in self._runs]
        return np.concatenate([_NONE, *(run[1][a:b] for run, a, b in zip(self._runs, starts, ends, strict=True))])

    def first(self, bound: int, count: int) -> np.ndarray:
        """The first `count` places whose time is not below `bound`, in order of time."""
        starts = [int(np.searchsorted(run[0], bound)) for run in self._runs]
        return self._merged([run[:, start : start + count] for run, start in zip(self._runs, starts, strict=True)])[:count]

    def last(self, count: int) -> np.ndarray:
        """The last `count` places, in order of time."""
        return self._merged([run[:, -count:] for run in self._runs])[-count:]

    def next(self, bound: int, among: Callable[[np.ndarray], np.ndarray]) -> int:
        """The first time that is not below `bound`, of places that `among` keeps; the greatest int64 if there is none."""
        found = _NEVER
        for run in self._runs:
            start, size = int(np.searchsorted(run[0], bound)), 16
            while start < run.shape[1] and run[0, start] < found:
                part = run[:, start : start + size]
                kept = part[0, np.isin(part[1], among(part[1]))]
                found = min([found, *kept[:1].tolist()])
                start, size = start + size, size * 2
        return found

    def _merged(self, parts: list[np.ndarray]) -> np.ndarray:
        rows = np.concatenate([np.zeros((2, 0), dtype=np.int64), *parts], axis=1)
        return np.asarray(self._sorted(rows)[1])

    def renumber(self, places: np.ndarray) -> None:
        """Place p is places[p] from now on, or gone where that is negative."""
        moved = [np.stack([run[0], places[run[1]]]) for run in self._runs]
        self._runs = [run[:, run[1] >= 0] for run in moved]
