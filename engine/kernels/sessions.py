"""Which session each record belongs to, and which sessions it makes one: sessions as numbers, without what is in them.

A group's rows form chains: each row of a chain belongs to the session that the row before it left. A chain begins with a new
session, with a stored one, or with several that its first row merges. So whatever sessions hold is computed by scans of chains.

A group is calm if no row is too late and every row joins the newest session or starts a newer one; all calm groups are worked
out at once. The rows of the others are gone through one by one, on plain lists of numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat

import numpy as np

from ksql.engine.kernels.ranges import written_out
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
    first, lengths = groups.starts[disturbed], groups.lengths[disturbed]
    earliest = np.minimum.reduceat(timing.times, groups.starts)[disturbed] - timing.gap
    stored = recall(disturbed, np.maximum(earliest, timing.closes[first]))
    rows = written_out(first, lengths)[1]
    walk = _Walk(timing.gap)
    walk.through(
        zip(*(column.tolist() for column in (rows, timing.times[rows], timing.closes[rows])), strict=True),
        lengths.tolist(),
        zip(*(column.tolist() for column in (stored.starts, stored.ends, -1 - stored.slots)), strict=True),
        np.bincount(np.searchsorted(disturbed, stored.groups), minlength=len(disturbed)).tolist(),
    )
    chain_of, starts, ends = (column.copy() for column in (chains.chain, chains.starts, chains.ends))
    chain_of[rows], starts[rows], ends[rows] = _columns(walk.after, 3)
    levels = np.zeros_like(chain_of)
    levels[list(walk.levels)] = list(walk.levels.values())
    of_calm = groups.spread(calm)
    sources, gone = chains.sources, chains.gone
    return Chains(
        chain_of,
        starts,
        ends,
        Sources(*_joined([sources.chains, sources.sessions], of_calm, walk.sources)),
        Gone(*_joined([gone.rows, gone.starts, gone.ends], of_calm, walk.gone)),
        levels,
    )


def _joined(columns: Sequence[np.ndarray], of_calm: np.ndarray, others: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """What `columns`, the first of which are rows, hold of calm groups, and the others, by row."""
    added = _columns(others, len(columns))
    joined = [np.append(column[of_calm[columns[0]]], new) for column, new in zip(columns, added, strict=True)]
    order = stable_order(joined[0])
    return [column[order] for column in joined]


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> np.ndarray:
    return np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width).reshape(-1, width).T


@dataclass(slots=True)
class _Walk:
    """Goes through the rows of groups one by one: (chain, start, end) after each, and what else `Chains` says."""

    gap: int
    after: list[tuple[int, int, int]] = field(default_factory=list)
    sources: list[tuple[int, int]] = field(default_factory=list)
    gone: list[tuple[int, int, int]] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)

    def through(
        self,
        rows: Iterator[tuple[int, int, int]],
        lengths: Iterable[int],
        stored: Iterator[tuple[int, int, int]],
        numbers_stored: Iterable[int],
    ) -> None:
        """rows: number, time, and when sessions close. stored: (start, end, number), by end. Of so many of each is a group."""
        for length, number_stored in zip(lengths, numbers_stored, strict=True):
            sessions = zip(*islice(stored, number_stored), strict=True)
            self._group(islice(rows, length), [list(column) for column in sessions] or [[], [], []])

    def _group(self, rows: Iterable[tuple[int, int, int]], sessions: Sequence[list[int]]) -> None:
        """Sessions do not touch, but for those that ended too long ago for any row: they stand first, and stay there."""
        starts, ends, numbers = sessions
        for row, time, close in rows:
            since, until = max(time - self.gap, close), time + self.gap
            low = high = bisect_left(ends, since)
            while high < len(starts) and starts[high] <= until:
                high += 1
            if low == high and time < close:
                self.after.append((-1, time, time))
                continue
            found = starts[low:high], ends[low:high], numbers[low:high]
            start, end = (min(time, found[0][0]), max(time, found[1][-1])) if low < high else (time, time)
            number = self._chain(row, found[2])
            if start < end:
                self.gone += zip(repeat(row), *found[:2])
            starts[low:high], ends[low:high], numbers[low:high] = (start,), (end,), (number,)
            self.after.append((number, start, end))

    def _chain(self, row: int, found: list[int]) -> int:
        """The number of the row's chain, which begins with the sessions it found, unless it goes on with one of this batch."""
        if len(found) == 1 and found[0] >= 0:
            return found[0]
        if found:
            self.sources += zip(repeat(row), found)
            self.levels[row] = 1 + max(self.levels.get(session, 0) if session >= 0 else -1 for session in found)
        return row
