"""When the unmatched rows of an outer stream-stream join come out.

A row that found no match waits. It leaves when a match comes, or when a record looks for rows whose time is over. Which record
looks is decided by a remembered minimum, which every look sets anew: so looks are gone through one by one, on plain lists of
numbers. The records between two looks are not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import repeat

import numpy as np

#: The remembered minimum while nothing waits.
NOTHING = (1 << 63) - 1
#: "Never": behind every record.
NEVER = 1 << 62
#: The limit of a record that does not look: no minimum is below it.
NO_LOOK = -(1 << 63)
#: The next look is sought among so many records one by one, then among ever more at a time.
_ONE_BY_ONE, _AT_A_TIME = 32, 512


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that wait, in the order in which a look walks them; those of one side may be due earlier than those of the other.

    `arrives` is the number of the record with which a row begins to wait (-1: it did so before), `leaves` that of the first
    record that matches it (NEVER: none does).
    """

    times: Sequence[int]
    sides: Sequence[int]
    arrives: Sequence[int]
    leaves: Sequence[int]


@dataclass(slots=True)
class Looks:
    """What is remembered from record to record: the minimum, and how many more looks there may be."""

    minimum: int = NOTHING
    left: float = float("inf")


def emissions(
    rows: Waiting,
    limits: np.ndarray,
    times: np.ndarray,
    lasts: tuple[int, int],
    looks: Looks,
    behind: Callable[[int, int], int],
) -> list[tuple[int, int]]:
    """(number of the record, number of the row) of the rows that come out, in order; brings `looks` up to date.

    limits: a record looks if the minimum is below its limit (NO_LOOK: it never does). times: stream time at each record.
    lasts: how long after its timestamp a row of either side waits.
    behind(time, side): the time of the next row behind one of that time and side, among waiting rows that `rows` does not hold.
    """
    sides, arrives, row_times = (np.array(values, dtype=np.int64) for values in (rows.sides, rows.arrives, rows.times))
    new_rows = np.flatnonzero(arrives >= 0)
    new_rows = new_rows[np.argsort(arrives[new_rows], kind="stable")]
    minima = _Minima(limits, arrives[new_rows], row_times[new_rows])
    arriving, arrivals = new_rows.tolist(), arrives[new_rows].tolist()
    waiting = np.flatnonzero(arrives < 0)
    # In ascending order they are heaps.
    heaps = [waiting[sides[waiting] == side].tolist() for side in (0, 1)]
    # The greatest row is the last one that a look without two open sides reads.
    greatest = (-waiting[::-1]).tolist()
    gone = list(repeat(False, len(rows.times)))
    out: list[tuple[int, int]] = []
    come = 0
    record, looks.minimum = minima.next_look(0, looks.minimum, looks.left)
    while record < len(limits):
        first, come = come, bisect_left(arrivals, record, come)
        new = arriving[first:come]
        for side, heap in enumerate(heaps):
            _push(heap, [row for row in new if rows.sides[row] == side])
        _push(greatest, [-row for row in new])
        looks.left -= 1
        looks.minimum = _look(rows, record, int(times[record]), lasts, heaps, greatest, gone, behind, out)
        looks.minimum = min(looks.minimum, minima.arriving[record])
        record, looks.minimum = minima.next_look(record + 1, looks.minimum, looks.left)
    return out


def _push(heap: list[int], rows: list[int]) -> None:
    """Many at once are put in order faster than one by one."""
    if len(rows) > _ONE_BY_ONE:
        heap += rows
        heapify(heap)
    else:
        for row in rows:
            heappush(heap, row)


class _Minima:
    """Finds the records that look. `arriving`: by record the time of the row that begins to wait with it, else NOTHING."""

    def __init__(self, limits: np.ndarray, records: np.ndarray, times: np.ndarray) -> None:
        arrivals = np.full(len(limits), NOTHING)
        arrivals[records] = times
        self._limits, self._arrivals = limits, arrivals
        self.limits, self.arriving = limits.tolist(), arrivals.tolist()

    def next_look(self, record: int, minimum: int, left: float) -> tuple[int, int]:
        """The first record from `record` on that looks (their number if none does), and the minimum there."""
        end = len(self.limits)
        if left <= 0:
            return end, min([minimum, *self.arriving[record:]])
        for one in range(record, min(record + _ONE_BY_ONE, end)):
            if minimum < self.limits[one]:
                return one, minimum
            minimum = min(minimum, self.arriving[one])
        record, size = min(record + _ONE_BY_ONE, end), _AT_A_TIME
        while record < end:
            to = min(record + size, end)
            minima = np.minimum.accumulate(np.append(minimum, self._arrivals[record:to]))
            looking = np.flatnonzero(minima[:-1] < self._limits[record:to])
            if len(looking):
                return record + int(looking[0]), int(minima[looking[0]])
            record, size, minimum = to, 2 * size, int(minima[-1])
        return end, minimum


def _look(
    rows: Waiting,
    record: int,
    time: int,
    lasts: tuple[int, int],
    heaps: list[list[int]],
    greatest: list[int],
    gone: list[bool],
    behind: Callable[[int, int], int],
    out: list[tuple[int, int]],
) -> int:
    """Let out what is due; the minimum to remember."""
    while greatest and (gone[-greatest[0]] or rows.leaves[-greatest[0]] < record):
        heappop(greatest)
    last = -greatest[0] if greatest else -1
    due = []
    for heap, lasting in zip(heaps, lasts, strict=True):
        while heap and (rows.leaves[heap[0]] < record or rows.times[heap[0]] + lasting < time):
            row = heappop(heap)
            if rows.leaves[row] >= record:
                gone[row] = True
                due.append(row)
    out += [(record, row) for row in sorted(due)]
    if heaps[0] and heaps[1]:
        # It reads one row more before it sees that it has met rows of both sides that stay.
        stop = max(heap[0] for heap in heaps)
        following = min(_next(rows, record, stop, last, gone), behind(rows.times[stop], rows.sides[stop]))
        return rows.times[stop] if following == NOTHING else following
    return rows.times[last] if last >= 0 else NOTHING


def _next(rows: Waiting, record: int, row: int, last: int, gone: list[bool]) -> int:
    """The time of the row behind `row`."""
    for following in range(row + 1, last + 1):
        if rows.arrives[following] < record <= rows.leaves[following] and not gone[following]:
            return rows.times[following]
    return NOTHING
