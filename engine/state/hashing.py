"""64-bit hashes in NumPy, and text as 64-bit words."""

from __future__ import annotations

import numpy as np

_PRIME = np.uint64(0xBF58476D1CE4E5B9)
_PRIME_2 = np.uint64(0x94D049BB133111EB)

#: By number of bytes: the bytes of a little-endian word that count; at the end, for the length -1 of a null: none.
_MASKS = np.array([*((1 << 8 * n) - 1 for n in range(9)), 0], dtype=np.uint64)


def mix(values: np.ndarray) -> np.ndarray:
    """The finalizer of splitmix64: every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(30))) * _PRIME
    values = (values ^ (values >> np.uint64(27))) * _PRIME_2
    return np.asarray(values ^ (values >> np.uint64(31)))


def as_words(data: np.ndarray) -> np.ndarray:
    """Bytes as aligned words, with room for `load_words` to read past the end."""
    words = np.zeros(len(data) // 8 + 2, dtype="<u8")
    words.view(np.uint8)[: len(data)] = data
    return words


def load_words(words: np.ndarray, at: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The 8 bytes from byte `at` on, of which the first `length` count; the others are 0 (as is all of a null: length -1).

    Two aligned reads and shifts are several times faster in NumPy than one read that is not aligned.
    """
    index = at >> 3
    shift = ((at & 7) << 3).view(np.uint64)
    low = words[index] >> shift
    high = words[index + 1] << (np.uint64(63) - shift) << np.uint64(1)
    return np.asarray((low | high) & _MASKS[np.minimum(length, 8)])
