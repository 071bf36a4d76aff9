"""When the unmatched rows of an outer stream-stream join come out.

A row that found no match waits. It leaves when a match comes, or when a record looks for rows whose time is over. Which record
looks is decided by a remembered minimum, which every look sets anew: a state machine over the records, so it is run through
one by one, on plain lists of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import repeat

#: The remembered minimum while nothing waits.
NOTHING = (1 << 63) - 1
#: "Never": behind every record.
NEVER = 1 << 62


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
    times: Sequence[int | None],
    reach: Sequence[int],
    lasts: tuple[int, int],
    looks: Looks,
    behind: Callable[[int, int], int],
) -> list[tuple[int, int]]:
    """(number of the record, number of the row) of the rows that come out, in order; brings `looks` up to date.

    times: for each record the stream time if that is its own timestamp, else None: then it does not look. reach: how far behind
    stream time the minimum must lie for each record to look. lasts: how long after its timestamp a row of either side waits.
    behind(time, side): the time of the next row behind one of that time and side, among waiting rows that `rows` does not hold.
    """
    arriving = sorted((record, row) for row, record in enumerate(rows.arrives) if record >= 0)
    heaps = [[row for row, side in enumerate(rows.sides) if side == s and rows.arrives[row] < 0] for s in (0, 1)]
    # The greatest row is the last one that a look without two open sides reads.
    greatest = [-row for heap in heaps for row in heap]
    for heap in (*heaps, greatest):
        heapify(heap)
    gone = list(repeat(False, len(rows.times)))
    out: list[tuple[int, int]] = []
    next_arrival = 0
    for record, (time, distance) in enumerate(zip(times, reach, strict=True)):
        if time is not None and looks.minimum < time - distance and looks.left > 0:
            looks.left -= 1
            looks.minimum = _look(rows, record, time, lasts, heaps, greatest, gone, behind, out)
        while next_arrival < len(arriving) and arriving[next_arrival][0] == record:
            row = arriving[next_arrival][1]
            heappush(heaps[rows.sides[row]], row)
            heappush(greatest, -row)
            looks.minimum = min(looks.minimum, rows.times[row])
            next_arrival += 1
    return out


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
