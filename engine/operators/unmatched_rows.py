"""The unmatched rows of an outer stream-stream join with a grace period: they wait until their time is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.kernels.unmatched import NEVER, NO_LOOK, NOTHING, Looks, Waiting, emissions
from ksql.engine.operators.batch import PARTITION, TIMESTAMP
from ksql.engine.operators.join_records import SEQUENCE, Outputs, Pairs, Records, Side
from ksql.engine.state.numbers import Numbers
from ksql.engine.state.stateful import Stateful


@dataclass(slots=True)
class _Rows:
    """Waiting rows of one side that a batch has to do with: those that arrive in it, and stored ones (`slots`, else -1).

    row: of `Records.candidates`; arrives: the record with which it begins to wait (-1: before); leaves: the first that matches.
    """

    row: np.ndarray
    arrives: np.ndarray
    leaves: np.ndarray
    time: np.ndarray
    partition: np.ndarray
    sequence: np.ndarray
    encoded: pa.Array
    slots: np.ndarray


class UnmatchedRows:
    """Rows wait by side, key and timestamp. With which record they come out is for `kernels.unmatched` to say."""

    def __init__(self, name: str, sides: Sequence[Side], grace_ms: int, look_interval_ms: int) -> None:
        self._sides = sides
        self._lasts = (sides[0].after_ms + grace_ms, sides[1].after_ms + grace_ms)
        self._look_interval_ms = look_interval_ms
        self._next_looks: dict[int, int] = {}
        self._minima = Numbers[int](f"{name}.unmatched", pa.int32())
        names = (f"{name}.unmatched-leading", f"{name}.unmatched-other")
        self._states = [
            side.new_state(name, None, [(side.encoded, pa.binary())]) for side, name in zip(sides, names, strict=True)
        ]
        self.states: Sequence[Stateful] = (self._minima, *self._states)

    def process(
        self, records: Records, pairs: Pairs, new: np.ndarray, stream_time: np.ndarray, now_ms: int
    ) -> Sequence[Outputs]:
        """What comes out. new: the records that begin to wait. stream_time: at every record."""
        sides = [self._rows(side, records, pairs, new[records.side[new] == side], stream_time) for side in (0, 1)]
        minima = dict(self._minima.latest)
        outputs = []
        came_out = [np.zeros(len(rows.row), dtype=bool) for rows in sides]
        for partition in np.unique(records.partition[records.looks]).tolist():
            found = self._come_out(partition, records, sides, stream_time, minima, now_ms)
            for side, rows in enumerate(sides):
                record, which, position = np.array(found[side], dtype=np.int64).reshape(-1, 3).T
                came_out[side][which] = True
                outputs.append(Outputs.of(side, record, 0, rows.row[which], rows.time[which], position))
        self._minima.stage(minima)
        for side, rows in enumerate(sides):
            self._stage(side, records, rows, came_out[side])
        return outputs

    def _come_out(
        self,
        partition: int,
        records: Records,
        sides: Sequence[_Rows],
        stream_time: np.ndarray,
        minima: dict[int, int],
        now_ms: int,
    ) -> list[list[tuple[int, int, int]]]:
        """For each side the (record, row of `sides`, position among all) of the rows of a partition that come out."""
        at = np.flatnonzero(records.looks & (records.partition == partition))
        side, which = _in_order(partition, sides)
        time, arrives, leaves = (
            np.concatenate([getattr(found, name) for found in sides])[which + side * len(sides[0].row)]
            for name in ("time", "arrives", "leaves")
        )
        arrives, leaves = (np.where((n < 0) | (n == NEVER), n, np.searchsorted(at, n)) for n in (arrives, leaves))
        waiting = Waiting(time.tolist(), side.tolist(), arrives.tolist(), leaves.tolist())
        # The clock looks whenever it moves: it does when something is due.
        by_clock = bool(records.by_clock[at].any())
        looks = Looks(minima.get(partition, NOTHING), float("inf") if by_clock else self._looks_left(partition, now_ms))
        before = looks.left
        reached = stream_time[at] - np.array(self._lasts)[records.side[at]]
        limits = np.where(stream_time[at] == records.time[at], np.where(records.by_clock[at], NOTHING, reached), NO_LOOK)
        found = emissions(waiting, limits, stream_time[at], self._lasts, looks, partial(self._behind, partition, sides))
        if looks.left < before and self._look_interval_ms:
            self._next_looks[partition] = now_ms + self._look_interval_ms
        minima[partition] = looks.minimum
        result: list[list[tuple[int, int, int]]] = [[], []]
        for position, (record, row) in enumerate(found):
            result[side[row]].append((int(at[record]), int(which[row]), position))
        return result

    def next_due(self, partitions: Iterable[int]) -> Mapping[int, int]:
        """By partition the stream time at which a row's time is over; it may have been already, for no record has looked."""
        found: dict[int, int] = {}
        for state, lasting in zip(self._states, self._lasts, strict=True):
            for partition, time in state.first_from(dict.fromkeys(partitions, -NEVER)).items():
                found[partition] = min(time + lasting + 1, found.get(partition, NEVER))
        return found

    def _behind(self, partition: int, sides: Sequence[_Rows], time: int, side: int) -> int:
        """The time of the next stored row behind one of that time and side. Rows at hand do not count."""
        stores = [state.store for state in self._states]
        # Of rows with one time those of the other side come first.
        bounds = (time, time) if side == 1 else (time, time + 1)
        return min(
            store.next_due(partition, bound, rows.slots) for store, bound, rows in zip(stores, bounds, sides, strict=True)
        )

    def _looks_left(self, partition: int, now_ms: int) -> float:
        if not self._look_interval_ms:
            return float("inf")
        return 1 if now_ms >= self._next_looks.get(partition, now_ms) else 0

    def _rows(self, side: int, records: Records, pairs: Pairs, new: np.ndarray, stream_time: np.ndarray) -> _Rows:
        """The new rows of a side, and the stored ones that come out or find a match, or may be the next to look at."""
        store = self._states[side].store
        matched = pairs.where(pairs.side == 1 - side)
        in_batch = matched.other < len(records.positions[side])
        leaves = np.full(len(records), NEVER)
        np.minimum.at(leaves, records.positions[side][matched.other[in_batch]], matched.record[in_batch])
        slots, leaving = self._matched(side, records, matched.where(~in_batch))
        asked = [slots]
        for partition in np.unique(records.partition[records.looks]).tolist():
            bound = int(stream_time[records.looks & (records.partition == partition)].max()) - self._lasts[side]
            asked += [store.due_before(partition, bound), store.due_ends(partition, bound, len(slots) + 1)]
        wanted = np.unique(np.concatenate(asked))
        stored = store.rows_at(wanted)
        stored_leaves = np.full(len(wanted), NEVER)
        stored_leaves[np.searchsorted(wanted, slots)] = leaving
        batch = records.candidates[side]
        encoded = self._sides[side].encoded
        new_rows = records.row[new]
        first = records.add(side, stored)
        return _Rows(
            np.append(new_rows, first + np.arange(len(wanted))),
            np.append(new, np.full(len(wanted), -1)),
            np.append(leaves[new], stored_leaves),
            np.append(records.time[new], stored.column(TIMESTAMP).to_numpy()),
            np.append(records.partition[new], stored.column(PARTITION).to_numpy()),
            np.append(records.sequence[new], stored.column(SEQUENCE).to_numpy()),
            pa.concat_arrays(
                [c.combine_chunks() for c in (batch.column(encoded).take(pa.array(new_rows)), stored.column(encoded))]
            ),
            np.append(np.full(len(new), -1), wanted),
        )

    def _matched(self, side: int, records: Records, matched: Pairs) -> tuple[np.ndarray, np.ndarray]:
        """(slot, first record that matches it) of the waiting rows among stored rows that matched."""
        state = self._states[side]
        keys = records.candidates[1 - side].select(self._sides[1 - side].keys).take(pa.array(matched.own))
        columns = [*keys.columns, pa.array(matched.other_time), pa.array(matched.other_sequence)]
        slots = state.store.lookup(pa.table(columns, state.keys), insert=False)
        known = slots >= 0
        known[known] = state.store.live(slots[known])
        distinct, which = np.unique(slots[known], return_inverse=True)
        first = np.full(len(distinct), NEVER)
        np.minimum.at(first, which, matched.record[known])
        return distinct, first

    def _stage(self, side: int, records: Records, rows: _Rows, came_out: np.ndarray) -> None:
        """Rows that still wait are remembered; stored ones that do not any more are forgotten."""
        state = self._states[side]
        over = came_out | (rows.leaves < NEVER)
        begins, ends = np.flatnonzero((rows.slots < 0) & ~over), np.flatnonzero((rows.slots >= 0) & over)
        table = records.candidates[side].take(pa.array(rows.row[np.append(begins, ends)]))
        table = table.append_column(SEQUENCE, pa.array(rows.sequence[np.append(begins, ends)]))
        keys = table.select(state.keys.names)
        slots = state.store.lookup(keys, insert=True)
        live = np.append(np.ones(len(begins), dtype=bool), np.zeros(len(ends), dtype=bool))
        state.stage(slots, keys, table.select(state.rows.names), live)


def _in_order(partition: int, sides: Sequence[_Rows]) -> tuple[np.ndarray, np.ndarray]:
    """(side, row of it) of a partition's rows in the order in which a look walks them: by time, the other side's first, by key
    and number.
    """
    here = [np.flatnonzero(found.partition == partition) for found in sides]
    side, which = np.repeat([0, 1], [len(rows) for rows in here]), np.concatenate(here)
    time, sequence = (
        np.concatenate([getattr(f, name)[rows] for f, rows in zip(sides, here, strict=True)]) for name in ("time", "sequence")
    )
    order = np.lexsort((sequence, -side, time))
    same = (np.diff(time[order]) == 0) & (np.diff(side[order]) == 0)
    if same.any():
        encoded = pa.concat_arrays([found.encoded.take(pa.array(rows)) for found, rows in zip(sides, here, strict=True)])
        ranks = pc.rank(encoded, tiebreaker="dense").to_numpy().astype(np.int64)
        order = np.lexsort((sequence, ranks, -side, time))
    return side[order], which[order]
