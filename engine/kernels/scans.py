"""Running values within segments: after every record, what processing one record at a time would give.

All take and return arrays in sorted order (see `Segments`). `initial` holds one value per segment: what the key had before.
`plain_scan` is the definition; the others must equal it bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from ksql.engine.kernels.segments import Segments

#: Up to this length the k-th records of all segments are handled together; a longer segment costs one call of its own.
_LONGEST_IN_ROUNDS = 48


S = TypeVar("S")
V = TypeVar("V")


def plain_scan(step: Callable[[S, V], S], values: list[V], lengths: list[int], initial: list[S]) -> list[S]:
    """State after every record, one record at a time."""
    states, row = [], 0
    for length, before in zip(lengths, initial, strict=True):
        state = before
        for value in values[row : row + length]:
            state = step(state, value)
            states.append(state)
        row += length
    return states


def signed(values: np.ndarray, signs: np.ndarray | None) -> np.ndarray:
    """What to add for rows that are added (sign +1) or taken back (-1); None: all are added."""
    return values if signs is None else values * signs


def running_sum(values: np.ndarray, initial: np.ndarray, segments: Segments) -> np.ndarray:
    """Sums of int64 that wrap. For 32-bit sums take the low half of the result: it wraps the same way."""
    sums = np.cumsum(values)
    sums += segments.spread(initial - (sums[segments.starts] - values[segments.starts]))
    return sums


def running_double_sum(values: np.ndarray, valid: np.ndarray, initial: np.ndarray, segments: Segments) -> np.ndarray:
    """Sums of float64, added strictly from left to right; values that are not valid change nothing."""
    # x + -0.0 is x, to the last bit, for every x.
    return accumulate(np.add, values if valid.all() else np.where(valid, values, -0.0), initial, segments)


def running_extreme(codes: np.ndarray, initial: np.ndarray, segments: Segments, *, largest: bool) -> np.ndarray:
    """The largest (smallest) int64 so far. `identity` stands for "no value"."""
    return accumulate(np.maximum if largest else np.minimum, codes, initial, segments)


def identity(*, largest: bool) -> np.int64:
    """What never wins in `running_extreme`."""
    limits = np.iinfo(np.int64)
    return np.int64(limits.min if largest else limits.max)


def accumulate(operation: np.ufunc, values: np.ndarray, initial: np.ndarray, segments: Segments) -> np.ndarray:
    """`operation` (np.add, np.maximum …) applied strictly from left to right, starting with `initial`.

    Sums of doubles must come this way: a cumulative sum over all segments differs in the last bits, and one NaN would
    spoil other keys.
    """
    running = values.copy()
    with np.errstate(all="ignore"):
        running[segments.starts] = operation(initial, values[segments.starts])
        _rounds(operation, running, segments)
        long = segments.lengths > _LONGEST_IN_ROUNDS
        for start, length in zip(segments.starts[long].tolist(), segments.lengths[long].tolist(), strict=True):
            part = running[start : start + length]
            operation.accumulate(part, out=part)
    return running


def _rounds(operation: np.ufunc, running: np.ndarray, segments: Segments) -> None:
    """Round r handles the r-th record of every segment that has one and is not long."""
    short = (segments.lengths > 1) & (segments.lengths <= _LONGEST_IN_ROUNDS)
    lengths = segments.lengths[short]
    by_length = np.argsort(-lengths, kind="stable")
    rows = segments.starts[short][by_length]
    # How many of the segments, longest first, have more than r records.
    longer = np.searchsorted(-lengths[by_length], -np.arange(1, _LONGEST_IN_ROUNDS + 1), side="left")
    state = running[rows]
    for count in longer.tolist():
        if not count:
            break
        rows, state = rows[:count] + 1, state[:count]
        state = operation(state, running[rows])
        running[rows] = state


def last_valid(flags: np.ndarray, segments: Segments) -> np.ndarray:
    """For each row the sorted row of the last true flag up to it in its segment; -1 when there is none yet."""
    found = np.where(flags, np.arange(segments.rows), -1)
    np.maximum.accumulate(found, out=found)
    found[found < segments.spread(segments.starts)] = -1
    return found


def first_valid(flags: np.ndarray, segments: Segments) -> np.ndarray:
    """For each row the sorted row of the first true flag up to it in its segment; -1 when there is none yet."""
    rows = np.flatnonzero(flags)
    first = segments.spread(np.append(rows, segments.rows)[np.searchsorted(rows, segments.starts)])
    return np.where(first <= np.arange(segments.rows), first, -1)


def previous(values: np.ndarray, initial: np.ndarray, segments: Segments) -> np.ndarray:
    """The value before each record in its segment: `initial` for the first one."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[segments.starts] = initial
    return before


def by_partition_maximum(timestamps: np.ndarray, partitions: np.ndarray, so_far: dict[int, int]) -> np.ndarray:
    """Stream time after each record: the greatest timestamp of its partition. `so_far` (by partition) is brought up to date."""
    if not len(timestamps):
        return timestamps
    segments = Segments(partitions)
    known = segments.slots.tolist()
    before = np.array([so_far.get(partition, identity(largest=True)) for partition in known], dtype=np.int64)
    times = running_extreme(timestamps[segments.order], before, segments, largest=True)
    so_far.update(zip(known, times[segments.ends].tolist(), strict=True))
    return np.asarray(times[segments.inverse])
