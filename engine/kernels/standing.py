"""The largest of what is there, row by row, where things come and go."""

from __future__ import annotations

import numpy as np

from ksql.engine.kernels.scans import identity

_NONE = identity(largest=True)


def largest_there(first: np.ndarray, end: np.ndarray, codes: np.ndarray, rows: int) -> np.ndarray:
    """For each of `rows` rows the largest code of those that are there, from row first[i] to row end[i] (exclusive), at least
    one; `identity(largest=True)` where nothing is.

    Each range is two ranges of a power of two that may overlap: largest powers first, each is halved into those of the next.
    The cost is that of rows · log rows, however many things are there at a time.
    """
    powers = np.frexp((end - first).astype(np.float64))[1] - 1
    best = np.full(rows, _NONE)
    for power in range(int(powers.max(initial=-1)), -1, -1):
        here = powers == power
        np.maximum.at(best, first[here], codes[here])
        np.maximum.at(best, end[here] - (1 << power), codes[here])
        if power:
            half = 1 << (power - 1)
            # What begins at a row covers the half from there, and the half behind it.
            best[half:] = np.maximum(best[half:], best[:-half])
    return best


def largest_few_there(first: np.ndarray, end: np.ndarray, ranks: np.ndarray, rows: int, count: int) -> np.ndarray:
    """As `largest_there` for different ranks 0, 1, 2 …, the `count` largest: shape (rows, count), the largest first."""
    levels = []
    which = ranks
    for _ in range(count):
        best = largest_there(first, end, which, rows)
        levels.append(best)
        first, end, which = _without(first, end, which, best)
        if not len(which):
            break
    return np.stack(levels, axis=1) if levels else np.full((rows, 0), _NONE)


def _without(
    first: np.ndarray, end: np.ndarray, ranks: np.ndarray, best: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ranges without the rows where their own rank is the best."""
    starts = np.flatnonzero(np.append(True, best[1:] != best[:-1])[: len(best)])
    ends = np.append(starts[1:], len(best))
    cut = best[starts] != _NONE
    # A rank's ranges and what is cut out of them, in order: what is left begins where one begins or a cut ends.
    lefts, rights = np.append(first, ends[cut]), np.append(starts[cut], end)
    owners, others = np.append(ranks, best[starts][cut]), np.append(best[starts][cut], ranks)
    by_left, by_right = np.lexsort((lefts, owners)), np.lexsort((rights, others))
    lefts, rights, owners = lefts[by_left], rights[by_right], owners[by_left]
    some = lefts < rights
    return lefts[some], rights[some], owners[some]
