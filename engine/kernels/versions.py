"""Versions of the rows of keyed tables: which row a change replaces, and which one another record sees at its own place."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ksql.engine.kernels.scans import previous
from ksql.engine.kernels.segments import Segments


class Versions:
    """The changes of a keyed table in one batch: each makes a new version of the row of its slot, good from its place on.

    What is known of a version is one value per change (its row number, say), and what is known of the stored row that the first
    change of a slot replaces is one value per touched slot, in the order of `touched`.
    """

    def __init__(self, slots: np.ndarray, places: np.ndarray) -> None:
        """`slots` and `places` (below 2^32, ascending) of the changes, in processing order."""
        self._slots, self._places = slots, places
        self._segments = Segments(slots)

    @property
    def touched(self) -> np.ndarray:
        """The slots that change, ascending."""
        return np.asarray(self._segments.slots)

    @property
    def last(self) -> np.ndarray:
        """Number of the last change of each touched slot."""
        return np.asarray(self._segments.order[self._segments.ends])

    def before(self, values: np.ndarray, stored: np.ndarray) -> np.ndarray:
        """For each change the value of the version it replaces: that of the slot's previous change, else the `stored` one."""
        return np.asarray(previous(values[self._segments.order], stored, self._segments)[self._segments.inverse])

    def old_rows(self, live: np.ndarray, stored_live: np.ndarray) -> np.ndarray:
        """For each change the row it replaces: the number of a change; number of changes + number of a touched slot for a
        stored row; -1 where there is none.

        live, stored_live: whether the versions are rows at all; a delete is a version that is none.
        """
        rows = np.arange(len(live) + len(stored_live))
        return self.before(np.where(live, rows[: len(live)], -1), np.where(stored_live, rows[len(live) :], -1))

    def at(self, slots: np.ndarray, places: np.ndarray, *, inclusive: bool = False) -> np.ndarray:
        """For each slot (-1: unknown) and place the number of the last change before it; -1 where none was in this batch.

        inclusive: a change at the place itself counts too, as for the right side of a join of a table with itself.
        """
        if not len(self._slots):
            return np.full(len(slots), -1, dtype=np.int64)
        found = np.searchsorted(self._packed, slots << 32 | places, side="right" if inclusive else "left") - 1
        change = self._segments.order[np.maximum(found, 0)]
        return np.where((found >= 0) & (self._slots[change] == slots), change, -1)

    @cached_property
    def _packed(self) -> np.ndarray:
        """(slot, place) of the sorted changes as one number."""
        return np.asarray((self._slots << 32 | self._places)[self._segments.order])


def last_of_each(slots: np.ndarray) -> np.ndarray:
    """Row of the last occurrence of each slot, in ascending order of rows."""
    segments = Segments(slots)
    return np.sort(segments.order[segments.ends])
