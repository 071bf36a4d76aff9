"""Foreign-key join of two tables: every left row meets the right row whose primary key it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.kernels.distinct import equality_codes
from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.ranges import written_out
from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, TIMESTAMP, BatchContext, Node, with_bytes
from ksql.engine.operators.changing_table import ChangingTable
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.timed_state import TimedState

#: A column of the index from foreign to primary keys that is the same in all rows: its order means nothing.
_NO_ORDER = "$order"


@dataclass(frozen=True, slots=True)
class LeftTable:
    """`key`: ref of the primary key, `encoded`: of its bytes, `foreign`: of the foreign key; all columns of `input`."""

    input: Node
    key: str
    encoded: str
    foreign: str
    state: KeyedState


@dataclass(frozen=True, slots=True)
class RightTable:
    input: Node
    key: str
    state: KeyedState


def index_state(name: str, left: LeftTable, foreign_type: pa.DataType) -> TimedState:
    """The state that finds the primary keys of the left rows that hold a foreign key."""
    key = left.state.keys.field(0)
    keys = pa.schema([("foreign", foreign_type), (_NO_ORDER, pa.int64()), key])
    return TimedState(name, keys, pa.schema([(PARTITION, pa.int32())]), None, time=_NO_ORDER, partition=PARTITION)


class ForeignKeyJoin:
    """Joins `left` on a foreign key with the primary key of `right`; out come changes of the result, by the left primary key.

    A left change meets the right row of its own place. A change of a right row reaches the left rows that hold its key at its
    place, in order of their primary keys' bytes; they are found by `index`. outer: left rows without a right one come out, too.
    """

    def __init__(self, left: LeftTable, right: RightTable, index: TimedState, *, outer: bool) -> None:
        self.left, self.right, self.index, self.outer = left, right, index, outer
        self.inputs = (left.input, right.input)
        self.states = (left.state, right.state, index)

    def describe(self) -> str:
        return f"{'Left' if self.outer else 'Inner'} foreign-key join on {self.left.foreign} = {self.right.key}"

    def decode(self, context: BatchContext) -> None:
        self.left.input.decode(context)
        self.right.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        left = ChangingTable(self.left.state, with_bytes(self.left.input.process(context), self.left.encoded))
        batch = _Batch(self, left, ChangingTable(self.right.state, self.right.input.process(context)))
        outputs = [batch.of_left_changes(), batch.of_right_changes()]
        batch.remember()
        return batch.rows(outputs)


@dataclass(slots=True)
class _Outputs:
    """Rows that come out: at which place, of which partition and time; the left and the right row of each, as rows of the
    candidates (-1: none); whether it is a tombstone; the left primary key, as a row of the candidates.
    """

    place: np.ndarray
    partition: np.ndarray
    time: np.ndarray
    left: np.ndarray
    right: np.ndarray
    deleted: np.ndarray
    key: np.ndarray


class _Batch:
    """One batch of the join. Candidates are the batch's changes of a side, and behind them stored rows that were looked up."""

    def __init__(self, join: ForeignKeyJoin, left: ChangingTable, right: ChangingTable) -> None:
        self._join, self._left, self._right = join, left, right
        touched, store = left.versions.touched, join.left.state.store
        self._touched_live = store.live(touched)
        self._old = left.versions.old_rows(left.live, self._touched_live)
        foreign = left.changes.column(join.left.foreign).combine_chunks()
        #: The foreign keys of the left changes, and behind them those of the stored rows that they touch.
        self._foreign = pa.concat_arrays([foreign, store.rows_at(touched).column(join.left.foreign).combine_chunks()])

    def of_left_changes(self) -> _Outputs:
        """See `ForeignKeyJoin`; what comes out without a match, and which tombstones are sent, is as in ksqlDB."""
        join = self._join
        n = len(self._left.live)
        had, has = self._old >= 0, self._left.live
        old_key, new_key = self._foreign.take(pa.array(self._old, mask=~had)), self._foreign.slice(0, n)
        new_key = pc.if_else(pa.array(has), new_key, pa.scalar(None, new_key.type))
        codes = equality_codes(pa.concat_arrays([new_key, old_key]))
        same = codes[:n] == codes[n:]
        match = self._right_of(new_key)
        matched = match >= 0
        if join.outer:
            result, tombstone = has, had & ~has
        else:
            result = has & matched
            tombstone = np.where(has, had & ~same & ~matched, had & validity(old_key))
        times = np.maximum(self._left.time, self._time_of(match))
        if not join.outer:
            gone = ~has & tombstone
            times[gone] = np.maximum(times[gone], self._time_of(self._right_of(old_key))[gone])
        which = np.flatnonzero(result | tombstone)
        own = np.where(result, np.arange(n), -1)[which]
        return _Outputs(
            self._left.place[which],
            self._left.partition[which],
            times[which],
            own,
            np.where(result, match, -1)[which],
            ~result[which],
            which,
        )

    def of_right_changes(self) -> _Outputs:
        """Every right change with the left rows that hold its key at its place."""
        join = self._join
        change, left = self._holders()
        order = self._by_key_bytes(change, left)
        change, left = change[order], left[order]
        live = self._right.live[change]
        return _Outputs(
            self._right.place[change],
            self._right.partition[change],
            self._right.time[change],
            np.where(live | join.outer, left, -1),
            np.where(live, change, -1),
            ~live & (not join.outer),
            left,
        )

    def _right_of(self, keys: pa.Array) -> np.ndarray:
        """The right row that each left change sees by a foreign key, as a row of the candidates; -1 where there is none."""
        slots = np.where(validity(keys), self._right.find(keys), -1)
        return self._right.seen(slots, self._left.place)

    def _time_of(self, rows: np.ndarray) -> np.ndarray:
        times = self._right.column(TIMESTAMP).to_numpy()
        return np.where(rows >= 0, np.append(times, 0)[rows], np.iinfo(np.int64).min)

    def _holders(self) -> tuple[np.ndarray, np.ndarray]:
        """(right change, left row) of the left rows that hold the key of a right change at its place."""
        of_batch, of_store = self._holders_of_batch(), self._holders_of_store()
        return np.append(of_batch[0], of_store[0]), np.append(of_batch[1], of_store[1])

    def _holders_of_batch(self) -> tuple[np.ndarray, np.ndarray]:
        """Left rows of this batch. A primary key that held the key once is a candidate; its version at the place decides."""
        held = np.flatnonzero(self._left.live & validity(self._foreign)[: len(self._left.live)])
        wanted = self._right.changes.column(self._join.right.key).combine_chunks()
        codes = equality_codes(pa.concat_arrays([self._foreign.take(pa.array(held)), wanted]))
        foreign, asked = codes[: len(held)], codes[len(held) :]
        slots = self._left.slots[held]
        pairs = np.unique(np.stack([foreign, slots]), axis=1)
        low, high = (np.searchsorted(pairs[0], asked, side) for side in ("left", "right"))
        change, found = written_out(low, high - low)
        slot = pairs[1][found]
        version = self._left.versions.at(slot, self._right.place[change], inclusive=True)
        codes_of = np.full(len(self._left.live) + 1, -1)
        codes_of[held] = foreign
        holds = (version >= 0) & (codes_of[version] == asked[change])
        return change[holds], version[holds]

    def _holders_of_store(self) -> tuple[np.ndarray, np.ndarray]:
        """Left rows that were stored before this batch, as long as no change of it has replaced them."""
        join = self._join
        wanted = pa.table([self._right.changes.column(join.right.key)], names=["foreign"])
        change, found = join.index.store.between(wanted)
        keys = join.index.store.rows_at(found).select([join.left.key])
        slots = self._left.find(keys.column(0))
        untouched = self._left.versions.at(slots, self._right.place[change], inclusive=True) < 0
        change, slots = change[untouched], slots[untouched]
        return change, self._left.add(slots)

    def _by_key_bytes(self, change: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Order by right change, then by the bytes of the left primary key."""
        encoded = self._left.column(self._join.left.encoded).take(pa.array(left))
        ranks = pc.rank(encoded.combine_chunks(), tiebreaker="dense").to_numpy().astype(np.int64)
        return np.lexsort((ranks, change))

    def remember(self) -> None:
        self._left.remember()
        self._right.remember()
        self._index(self._left.last(), self._left.live[self._left.versions.last])

    def _index(self, rows: pa.Table, live: np.ndarray) -> None:
        """The touched primary keys leave their old foreign keys in the index, and come to the new ones."""
        join, n = self._join, len(self._left.live)
        old, new = self._foreign.slice(n), rows.column(join.left.foreign).combine_chunks()
        was = validity(old) & self._touched_live
        held = validity(new) & live
        keys = rows.column(join.left.key).combine_chunks()
        entries = pa.table(
            [
                pa.concat_arrays([old.filter(pa.array(was)), new.filter(pa.array(held))]),
                pa.array(np.zeros(int(was.sum() + held.sum()), dtype=np.int64)),
                pa.concat_arrays([keys.filter(pa.array(was)), keys.filter(pa.array(held))]),
            ],
            join.index.keys,
        )
        partitions = rows.column(PARTITION).to_numpy()
        slots = join.index.store.lookup(entries, insert=True)
        # An entry that is both left and come to stays.
        last = np.unique(slots[::-1], return_index=True)[1]
        last = len(slots) - 1 - last
        values = pa.table([pa.array(np.append(partitions[was], partitions[held]).astype(np.int32))], join.index.rows)
        taken = pa.array(last)
        join.index.stage(slots[last], entries.take(taken), values.take(taken), last >= was.sum())

    def rows(self, outputs: list[_Outputs]) -> pa.Table:
        """Changes of the result in the order of their places, those that the left side causes first."""
        joined = [np.concatenate([getattr(part, name) for part in outputs]) for name in _Outputs.__slots__]
        order = np.argsort(joined[0], kind="stable")
        place, partition, time, left, right, deleted, key = (column[order] for column in joined)
        data = _picked(self._right, right) | _picked(self._left, left)
        key_ref = self._join.left.key
        data[key_ref] = self._left.column(key_ref).take(pa.array(key))
        meta = {PLACE: pa.array(place), TIMESTAMP: pa.array(time), PARTITION: pa.array(partition), DELETED: pa.array(deleted)}
        return pa.table({**meta, **data})


def _picked(table: ChangingTable, rows: np.ndarray) -> dict[str, pa.ChunkedArray]:
    """The data columns of rows of the candidates; null where there is none (-1)."""
    picked = table.candidates.take(pa.array(rows, mask=rows < 0))
    return {name: picked.column(name) for name in table.columns}
