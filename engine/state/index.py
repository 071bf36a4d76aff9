"""A hash index from 64-bit hashes to slots: open addressing in NumPy, whole arrays at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ksql.engine.state.grow import Grow

#: Given row numbers of the batch and slots: which pairs have equal keys.
Verify = Callable[[np.ndarray, np.ndarray], np.ndarray]
#: Stores the keys of these rows of the batch at the next slots.
Append = Callable[[np.ndarray], None]

# An entry of the table: the upper 24 bits of the hash, and 40 bits of slot + 1. 0 = free.
_TAG = np.uint64(0xFFFF_FF00_0000_0000)
_SLOT = np.uint64(0x0000_00FF_FFFF_FFFF)
_ONE = np.uint64(1)


class HashIndex:
    """Slots are numbered 0, 1, 2 … as keys are inserted. The table is at most half full, so probes stay short."""

    def __init__(self) -> None:
        self._table = np.zeros(1024, dtype=np.uint64)
        self._hashes = Grow(np.uint64)

    @property
    def size(self) -> int:
        """Number of keys."""
        return self._hashes.size

    @property
    def nbytes(self) -> int:
        return self._table.nbytes + self._hashes.nbytes

    def find(self, hashes: np.ndarray, verify: Verify) -> np.ndarray:
        """The slot of each row, -1 where its key is unknown. Hashes collide, so `verify` decides."""
        return self._probe(hashes, verify, None)

    def find_or_insert(self, hashes: np.ndarray, verify: Verify, append: Append) -> np.ndarray:
        """The slot of each row; unknown keys are inserted."""
        return self._probe(hashes, verify, append)

    def keep(self, slots: np.ndarray) -> None:
        """Forget all keys but those at `slots` (ascending), which become slots 0, 1, 2 …"""
        self._hashes.keep(slots)
        self._rebuild(self.size)

    def _probe(self, hashes: np.ndarray, verify: Verify, append: Append | None) -> np.ndarray:
        """Every round looks at one place per row still open; rows whose place holds another key go on to the next place."""
        found = np.full(len(hashes), -1, dtype=np.int64)
        rows, places = np.arange(len(hashes)), self._home(hashes)
        while len(rows):
            entries = self._table[places]
            free = np.flatnonzero(entries == 0)
            again = free[:0]
            if len(free) and append is not None:
                if self._grow_for(hashes[rows[free]]):
                    places = self._home(hashes[rows])
                    continue
                again = free[~self._claim(rows[free], places[free], hashes, found, append)]
            next_ = self._others(rows, entries, hashes, found, verify)
            places = np.append((places[next_] + 1) & (len(self._table) - 1), places[again])
            rows = np.append(rows[next_], rows[again])
        return found

    def _others(
        self, rows: np.ndarray, entries: np.ndarray, hashes: np.ndarray, found: np.ndarray, verify: Verify
    ) -> np.ndarray:
        """Which rows met an entry of another key. The slots of those that met their own go to `found`."""
        tagged = ((entries ^ hashes[rows]) & _TAG) == 0
        tagged &= entries != 0
        met = np.flatnonzero(tagged)
        slots = ((entries[met] & _SLOT) - _ONE).view(np.int64)
        equal = verify(rows[met], slots)
        if equal.all():
            found[rows[met]] = slots
        else:
            found[rows[met[equal]]] = slots[equal]
            tagged[met[~equal]] = False
        return np.flatnonzero(~tagged & (entries != 0))

    def _grow_for(self, hashes: np.ndarray) -> bool:
        """Whether the table was too small for these new keys, and is larger now."""
        if 2 * (self.size + len(hashes)) <= len(self._table):
            return False
        needed = self.size + len(np.unique(hashes))
        if 2 * needed <= len(self._table):
            return False
        self._rebuild(needed)
        return True

    def _claim(self, rows: np.ndarray, places: np.ndarray, hashes: np.ndarray, found: np.ndarray, append: Append) -> np.ndarray:
        """Insert rows at free places. Of rivals for a place one wins; the others look again, their key may be there now.

        Returns which rows have won.
        """
        claims = rows.astype(np.uint64) + _ONE
        self._table[places] = claims
        won = np.asarray(self._table[places] == claims)
        winners = rows[won]
        slots = np.arange(self.size, self.size + len(winners))
        self._table[places[won]] = _entries(hashes[winners], slots)
        self._hashes.append(hashes[winners])
        append(winners)
        found[winners] = slots
        return won

    def _rebuild(self, needed: int) -> None:
        """A table for at least `needed` keys, a quarter to half full, with all keys so far."""
        size = max(1024, 1 << (4 * needed - 1).bit_length() - 1)
        self._table = np.zeros(size, dtype=np.uint64)
        # Inserted in the order of their homes, every key lies at home, or right behind the key before it.
        steps, bits = np.arange(self.size), self.size.bit_length()
        packed = np.sort(self._home(self._hashes.array) << bits | steps)
        slots = packed & ((1 << bits) - 1)
        places = np.maximum.accumulate((packed >> bits) - steps) + steps
        entries = _entries(self._hashes.array[slots], slots)
        end = int(np.searchsorted(places, size))
        self._table[places[:end]] = entries[:end]
        self._wrap(entries[end:])

    def _wrap(self, entries: np.ndarray) -> None:
        """Insert the few entries that found no place before the end of the table."""
        free = np.flatnonzero(self._table[: 16 + 8 * len(entries)] == 0)
        if len(free) < len(entries):
            free = np.flatnonzero(self._table == 0)
        self._table[free[: len(entries)]] = entries

    def _home(self, hashes: np.ndarray) -> np.ndarray:
        return np.asarray((hashes & np.uint64(len(self._table) - 1)).view(np.int64))


def _entries(hashes: np.ndarray, slots: np.ndarray) -> np.ndarray:
    return np.asarray((hashes & _TAG) | (slots.astype(np.uint64) + _ONE))
