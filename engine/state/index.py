"""A hash index from 64-bit hashes to slots: open addressing in NumPy, whole arrays at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Given row numbers of the batch and slots, which pairs have equal keys.
Verify = Callable[[np.ndarray, np.ndarray], np.ndarray]


class HashIndex:
    """Slots are numbered 0, 1, 2 … in order of insertion. The table is at most half full."""

    def __init__(self) -> None:
        self._table = np.full(1024, -1, dtype=np.int64)
        self._hashes = np.zeros(512, dtype=np.uint64)
        self.size = 0

    def find(self, hashes: np.ndarray, verify: Verify) -> np.ndarray:
        """The slot of each row, -1 where its key is unknown. Hashes collide, so `verify` decides."""
        found = np.full(len(hashes), -1, dtype=np.int64)
        mask = len(self._table) - 1
        rows = np.arange(len(hashes))
        places = (hashes & np.uint64(mask)).astype(np.int64)
        while len(rows):
            slots = self._table[places]
            used = slots >= 0
            if not used.all():
                rows, places, slots = rows[used], places[used], slots[used]
                if not len(rows):
                    break
            same = self._hashes[slots] == hashes[rows]
            if same.any():
                candidates = np.flatnonzero(same)
                same[candidates] = verify(rows[candidates], slots[candidates])
                found[rows[same]] = slots[same]
            rows, places = rows[~same], (places[~same] + 1) & mask
        return found

    def insert(self, hashes: np.ndarray) -> np.ndarray:
        """Slots of new, distinct keys with these hashes."""
        slots = np.arange(self.size, self.size + len(hashes), dtype=np.int64)
        self.size += len(hashes)
        if self.size > len(self._hashes):
            grown = np.zeros(max(self.size, 2 * len(self._hashes)), dtype=np.uint64)
            grown[: len(self._hashes)] = self._hashes
            self._hashes = grown
        self._hashes[slots] = hashes
        if 2 * self.size > len(self._table):
            self._rebuild()
        else:
            self._place(hashes, slots)
        return slots

    def _rebuild(self) -> None:
        size = len(self._table)
        while size < 4 * self.size:
            size *= 2
        self._table = np.full(size, -1, dtype=np.int64)
        self._place(self._hashes[: self.size], np.arange(self.size, dtype=np.int64))

    def _place(self, hashes: np.ndarray, slots: np.ndarray) -> None:
        """Put every slot into the first free place of its probe; of rivals for one place the last to write it wins."""
        mask = len(self._table) - 1
        places = (hashes & np.uint64(mask)).astype(np.int64)
        while len(slots):
            free = self._table[places] < 0
            self._table[places[free]] = slots[free]
            left = self._table[places] != slots
            slots, places = slots[left], (places[left] + 1) & mask
