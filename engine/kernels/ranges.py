"""Ranges of numbers written out."""

from __future__ import annotations

import numpy as np


def written_out(starts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(number of the range, number in it) of all numbers of the ranges, counts[i] from starts[i] on, in order."""
    which = np.repeat(np.arange(len(counts)), counts)
    steps = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, starts[which] + steps
