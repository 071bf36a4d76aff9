"""NumPy arrays that grow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

#: Whole columns are copied in pieces of so many rows: temporary memory stays small, and no piece outgrows 32-bit offsets.
_PIECE_ROWS = 1 << 17


class Grow:
    """An array that is appended to, or made longer with zeros. Doubles when full."""

    def __init__(self, dtype: npt.DTypeLike, *initial: int) -> None:
        self._data = np.zeros(1024, dtype=dtype)
        self._data[: len(initial)] = initial
        self.size = len(initial)

    @property
    def array(self) -> np.ndarray:
        return self._data[: self.size]

    @property
    def nbytes(self) -> int:
        return self._data.nbytes

    @property
    def words(self) -> np.ndarray:
        """Of an array of bytes: the same as aligned 64-bit words, with at least two spare ones behind the end."""
        return self._data.view("<u8")

    def append(self, values: np.ndarray) -> None:
        start = self.size
        self.reserve(start + len(values))
        self._data[start : self.size] = values

    def reserve(self, size: int) -> None:
        """Make the array at least `size` long."""
        if size + 16 > len(self._data):
            grown = np.zeros(1 << (size + 16).bit_length(), dtype=self._data.dtype)
            grown[: self.size] = self.array
            self._data = grown
        self.size = max(size, self.size)

    def keep(self, places: np.ndarray) -> None:
        """Only the values at `places`."""
        kept = self._data[places]
        self._data, self.size = np.zeros(1024, dtype=kept.dtype), 0
        self.append(kept)


def pieces(slots: np.ndarray) -> Iterator[np.ndarray]:
    """`slots` in pieces of bounded length."""
    for start in range(0, len(slots), _PIECE_ROWS):
        yield slots[start : start + _PIECE_ROWS]
