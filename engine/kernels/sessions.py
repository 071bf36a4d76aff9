"""Which session each record belongs to, and which sessions it makes one: sessions as numbers, without what is in them.

A group's rows form chains: each row of a chain belongs to the session that the row before it left. A chain begins with a new
session, with a stored one, or with several that its first row merges. So whatever sessions hold is computed by scans of chains.

A group is calm if no row is too late and every row joins the newest session or starts a newer one; all calm groups are worked
out at once. The rows of the others are gone through one by one, on plain lists of numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ksql.engine.kernels.scans import last_valid, previous, running_extreme
from ksql.engine.kernels.segments import Segments, stable_order

#: No session: it ends before every time.
_NEVER = np.iinfo(np.int64).min // 4


@dataclass(frozen=True, slots=True)
class Stored:
    """Sessions of groups (by their number) that are remembered, by group, then end; `slots` says where."""

    groups: np.ndarray
    slots: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


#: Given numbers of groups and times, the stored sessions of each that end at its time or later.
Recall = Callable[[np.ndarray, np.ndarray], Stored]


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of the rows sorted by group; each row's session has to end at `closes` or later, and so do those it joins."""

    times: np.ndarray
    closes: np.ndarray
    gap: int


@dataclass(frozen=True, slots=True)
class Sources:
    """The sessions that chains begin with, by chain, then in order: a chain by its number, a stored one as -1 - its slot."""

    chains: np.ndarray
    sessions: np.ndarray


@dataclass(frozen=True, slots=True)
class Gone:
    """The sessions that rows replace by others, by row, then in order."""

    rows: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


@dataclass(frozen=True, slots=True)
class Chains:
    """`chain` is the number of the first row of each row's chain, -1 where the row is too late; `starts` and `ends` are the
    bounds of the session after the row. Rows are sorted by group.

    levels: by row, of the chain that begins with it: 0, or more than those of all chains it begins with.
    """

    chain: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    sources: Sources
    gone: Gone
    levels: np.ndarray

    @property
    def standing(self) -> np.ndarray:
        """By row: whether a chain begins with it whose session is there in the end."""
        there = np.zeros(len(self.chain), dtype=bool)
        there[self.chain[self.chain >= 0]] = True
        there[self.sources.sessions[self.sources.sessions >= 0]] = False
        return there


def chains_of(timing: Timing, groups: Segments, newest: Stored, recall: Recall) -> Chains:
    """newest: the session of each group that ends last, of those that have any."""
    calm, chains = _calm(timing, groups, newest)
    return chains if calm.all() else _with_disturbed(chains, timing, groups, calm, recall)


def _calm(timing: Timing, groups: Segments, newest: Stored) -> tuple[np.ndarray, Chains]:
    """(which groups are calm, chains as if all were)"""
    starts_before, ends_before, slots = np.full((3, len(groups)), _NEVER)
    starts_before[newest.groups], ends_before[newest.groups], slots[newest.groups] = newest.starts, newest.ends, newest.slots
    times = timing.times
    ends = running_extreme(times, ends_before, groups, largest=True)
    before = previous(ends, ends_before, groups)
    is_new = times > before + timing.gap
    began = last_valid(is_new, groups)
    starts = np.where(began >= 0, times[began], groups.spread(starts_before))
    fits = (times >= starts) & (np.where(is_new, times, before) >= timing.closes)
    first = groups.starts
    chain = np.where(began >= 0, began, groups.spread(first))
    goes_on = ~is_new[first]
    replaced = np.flatnonzero(~is_new & (starts < ends))
    sources = Sources(first[goes_on], -1 - slots[goes_on])
    gone = Gone(replaced, starts[replaced], before[replaced])
    return np.logical_and.reduceat(fits, first), Chains(chain, starts, ends, sources, gone, np.zeros_like(chain))


def _with_disturbed(chains: Chains, timing: Timing, groups: Segments, calm: np.ndarray, recall: Recall) -> Chains:
    """`chains` where groups are calm, and those of the others."""
    disturbed = np.flatnonzero(~calm)
    first, last = groups.starts[disturbed], groups.ends[disturbed]
    earliest = np.minimum.reduceat(timing.times, groups.starts)[disturbed] - timing.gap
    stored = recall(disturbed, np.maximum(earliest, timing.closes[first]))
    bounds = np.searchsorted(stored.groups, np.append(disturbed, len(groups)))
    walk = _Walk(timing.gap, chains.chain, chains.starts, chains.ends, chains.levels)
    for number, (start, end) in enumerate(zip(first.tolist(), (last + 1).tolist(), strict=True)):
        of_group = slice(bounds[number], bounds[number + 1])
        sessions = (stored.starts[of_group], stored.ends[of_group], -1 - stored.slots[of_group])
        walk.group(start, timing.times[start:end].tolist(), timing.closes[start:end].tolist(), sessions)
    of_calm = groups.spread(calm)
    return Chains(
        chains.chain,
        chains.starts,
        chains.ends,
        Sources(*_joined(chains.sources.chains, [chains.sources.chains, chains.sources.sessions], of_calm, walk.sources)),
        Gone(*_joined(chains.gone.rows, [chains.gone.rows, chains.gone.starts, chains.gone.ends], of_calm, walk.gone)),
        chains.levels,
    )


def _joined(
    rows: np.ndarray, columns: Sequence[np.ndarray], of_calm: np.ndarray, others: Sequence[tuple[int, ...]]
) -> list[np.ndarray]:
    """What `columns` hold of rows of calm groups, and the others, by row (the first of the columns)."""
    kept = of_calm[rows]
    added = np.array(others, dtype=np.int64).reshape(-1, len(columns)).T
    joined = [np.append(column[kept], new) for column, new in zip(columns, added, strict=True)]
    order = stable_order(joined[0])
    return [column[order] for column in joined]


@dataclass(slots=True)
class _Walk:
    """Goes through the rows of groups one by one; what it finds out goes to the arrays and lists."""

    gap: int
    chain: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    levels: np.ndarray
    sources: list[tuple[int, ...]] = field(default_factory=list)
    gone: list[tuple[int, ...]] = field(default_factory=list)

    def group(self, first: int, times: list[int], closes: list[int], sessions: Sequence[np.ndarray]) -> None:
        """`times` of the rows from `first` on. `sessions`: starts, ends and numbers of those stored, by end.

        Sessions do not touch each other, but for those that ended too long ago for any row: they stand first and stay there.
        """
        starts, ends, numbers = (column.tolist() for column in sessions)
        levels: dict[int, int] = {}
        after: list[tuple[int, int, int]] = []
        for row, (time, close) in enumerate(zip(times, closes, strict=True), start=first):
            low = high = bisect_left(ends, max(time - self.gap, close))
            while high < len(starts) and starts[high] <= time + self.gap:
                high += 1
            if low == high and time < close:
                after.append((-1, time, time))
                continue
            found = numbers[low:high]
            start, end = (time, time) if not found else (min(time, starts[low]), max(time, ends[high - 1]))
            number = found[0] if len(found) == 1 and found[0] >= 0 else row
            if number == row and found:
                self.sources += [(row, session) for session in found]
                levels[row] = 1 + max(levels.get(session, 0) if session >= 0 else -1 for session in found)
            if start < end:
                self.gone += [(row, *bounds) for bounds in zip(starts[low:high], ends[low:high], strict=True)]
            starts[low:high], ends[low:high], numbers[low:high] = [start], [end], [number]
            after.append((number, start, end))
        rows = slice(first, first + len(times))
        self.chain[rows], self.starts[rows], self.ends[rows] = np.array(after, dtype=np.int64).T
        for row, level in levels.items():
            self.levels[row] = level
