"""Foreign-key join of two tables: every left row meets the right row whose primary key it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.kernels.distinct import row_groups
from ksql.engine.kernels.nulls import complete
from ksql.engine.kernels.ranges import written_out
from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, TIMESTAMP, BatchContext, Node, with_bytes
from ksql.engine.operators.changing_table import ChangingTable
from ksql.engine.operators.join_condition import JoinCondition
from ksql.engine.operators.join_kinds import described
from ksql.engine.state.foreign_keys import ForeignKeys
from ksql.engine.state.keyed_state import DELETED_KEY, KeyedState


@dataclass(frozen=True, slots=True)
class LeftTable:
    """`keys`: refs of the primary key, `encoded`: of its bytes, `foreign`: of the foreign key; all columns of `input`."""

    input: Node
    keys: Sequence[str]
    encoded: str
    foreign: Sequence[str]
    state: KeyedState


@dataclass(frozen=True, slots=True)
class RightTable:
    input: Node
    keys: Sequence[str]
    state: KeyedState


def index_of(name: str, left: LeftTable) -> ForeignKeys:
    """The state that finds the left rows that hold a foreign key. Its schema is of the time when it was written."""
    foreign = [(f"foreign-{i}" if i else "foreign", left.state.rows.field(ref).type) for i, ref in enumerate(left.foreign)]
    schema = [*foreign, ("$order", pa.int64()), *left.state.keys, (PARTITION, pa.int32()), (DELETED_KEY, pa.bool_())]
    return ForeignKeys(name, pa.schema(schema), left.state, left.foreign)


class ForeignKeyJoin:
    """Joins `left` on a foreign key with the primary key of `right`; out come changes of the result, by the left primary key.

    A left change meets the right row of its own place. A change of a right row reaches the left rows that hold its key at its
    place, in order of their primary keys' bytes; they are found by `index`. outer: left rows without a right one come out, too.
    condition: what must be true of both rows besides.
    """

    def __init__(
        self, left: LeftTable, right: RightTable, index: ForeignKeys, *, outer: bool, condition: JoinCondition | None = None
    ) -> None:
        self.left, self.right, self.index, self.outer = left, right, index, outer
        self.condition = condition
        self.inputs = (left.input, right.input)
        self.states = (left.state, right.state, index)

    def describe(self) -> str:
        equal = ", ".join(f"{own} = {other}" for own, other in zip(self.left.foreign, self.right.keys, strict=True))
        return described(f"{'Left' if self.outer else 'Inner'} foreign-key join on {equal}", self.condition)

    def decode(self, context: BatchContext) -> None:
        self.left.input.decode(context)
        self.right.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        left = ChangingTable(self.left.state, with_bytes(self.left.input.process(context), self.left.encoded))
        batch = _Batch(self, left, ChangingTable(self.right.state, self.right.input.process(context)), context)
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

    def __init__(self, join: ForeignKeyJoin, left: ChangingTable, right: ChangingTable, context: BatchContext) -> None:
        self._join, self._left, self._right, self._context = join, left, right, context
        touched, store = left.versions.touched, join.left.state.store
        self._touched_live = store.live(touched)
        self._old = left.versions.old_rows(left.live, self._touched_live)
        #: The foreign keys of the left changes, and behind them those of the stored rows that they touch.
        names = list(join.left.foreign)
        parts = [left.changes.select(names), store.columns(names, touched)]
        self._foreign = pa.concat_tables(parts).combine_chunks()

    def of_left_changes(self) -> _Outputs:
        """See `ForeignKeyJoin`; what comes out without a match, and which tombstones are sent, is as in ksqlDB.

        With a condition a foreign key does not tell whether there was a result: a tombstone is sent where there was one.
        """
        join = self._join
        n = len(self._left.live)
        had, has = self._old >= 0, self._left.live
        old_key, new_key = (
            self._foreign.take(pa.array(rows, mask=~there)) for rows, there in ((self._old, had), (np.arange(n), has))
        )
        match = self._right_of(new_key)
        old_match = np.full(n, -1) if join.outer else self._right_of(old_key)
        if join.condition is not None:
            match = self._partners(join.condition, np.where(has, np.arange(n), -1), match)
            old_match = self._partners(join.condition, self._left.replaced(), old_match)
        matched = match >= 0
        if join.outer:
            result, tombstone = has, had & ~has
        elif join.condition is not None:
            result, tombstone = matched, (old_match >= 0) & ~matched
        else:
            codes = row_groups(pa.concat_tables([new_key, old_key]))[0]
            same = codes[:n] == codes[n:]
            result = has & matched
            tombstone = np.where(has, had & ~same & ~matched, had & complete(old_key))
        times = np.maximum(self._left.time, self._time_of(match))
        if not join.outer:
            gone = ~has & tombstone
            times[gone] = np.maximum(times[gone], self._time_of(old_match)[gone])
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

    def _partners(self, condition: JoinCondition, lefts: np.ndarray, rights: np.ndarray) -> np.ndarray:
        """`rights`, the right row of each left change, where the condition is true of it and the left row; else -1."""
        there = np.flatnonzero((lefts >= 0) & (rights >= 0))
        holds = self._holds(condition, self._left.changes.take(pa.array(there)), lefts[there], rights[there])
        result = np.full(len(rights), -1)
        result[there[holds]] = rights[there[holds]]
        return result

    def _holds(self, condition: JoinCondition, causes: pa.Table, lefts: np.ndarray, rights: np.ndarray) -> np.ndarray:
        sides = (self._left.candidates, lefts), (self._right.candidates, rights)
        return condition.holds(causes, sides, self._context)

    def of_right_changes(self) -> _Outputs:
        """Every right change with the left rows that hold its key at its place."""
        join = self._join
        change, left = self._holders()
        order = self._by_key_bytes(change, left)
        change, left = change[order], left[order]
        if join.condition is not None:
            return self._of_right_changes(join.condition, change, left)
        live = self._right.live[change]
        return self._caused(change, left, live, live | join.outer)

    def _of_right_changes(self, condition: JoinCondition, change: np.ndarray, left: np.ndarray) -> _Outputs:
        """Only those that make or end a result."""
        causes = self._right.changes.take(pa.array(change))
        found = []
        for rows in (np.where(self._right.live, np.arange(len(self._right.live)), -1), self._right.replaced()):
            there = np.flatnonzero(rows[change] >= 0)
            holds = np.zeros(len(change), dtype=bool)
            holds[there] = self._holds(condition, causes.take(pa.array(there)), left[there], rows[change[there]])
            found.append(holds)
        has, had = found
        heard = np.flatnonzero(has | had)
        return self._caused(change[heard], left[heard], has[heard], (has | self._join.outer)[heard])

    def _caused(self, change: np.ndarray, left: np.ndarray, matched: np.ndarray, result: np.ndarray) -> _Outputs:
        """What a right change makes of left rows: whether it is their partner, and whether there is a result."""
        return _Outputs(
            self._right.place[change],
            self._right.partition[change],
            self._right.time[change],
            np.where(result, left, -1),
            np.where(matched, change, -1),
            ~result,
            left,
        )

    def _right_of(self, keys: pa.Table) -> np.ndarray:
        """The right row that each left change sees by a foreign key, as a row of the candidates; -1 where there is none."""
        return self._right.seen(np.where(complete(keys), self._right.find(keys), -1), self._left.place)

    def _time_of(self, rows: np.ndarray) -> np.ndarray:
        times = self._right.column(TIMESTAMP).to_numpy()
        return np.where(rows >= 0, np.append(times, 0)[rows], np.iinfo(np.int64).min)

    def _holders(self) -> tuple[np.ndarray, np.ndarray]:
        """(right change, left row) of the left rows that hold the key of a right change at its place."""
        if not len(self._right.live):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        of_batch, of_store = self._holders_of_batch(), self._holders_of_store()
        return np.append(of_batch[0], of_store[0]), np.append(of_batch[1], of_store[1])

    def _holders_of_batch(self) -> tuple[np.ndarray, np.ndarray]:
        """Left rows of this batch. A primary key that held the key once is a candidate; its version at the place decides."""
        held = np.flatnonzero(self._left.live & complete(self._foreign)[: len(self._left.live)])
        codes = row_groups(pa.concat_tables([self._foreign.take(pa.array(held)), self._right_keys()]))[0]
        foreign, asked = codes[: len(held)], codes[len(held) :]
        slots = self._left.slots[held]
        pairs = np.unique(foreign << 32 | slots)
        low, high = (np.searchsorted(pairs, codes << 32) for codes in (asked, asked + 1))
        change, found = written_out(low, high - low)
        slot = pairs[found] & 0xFFFF_FFFF
        version = self._left.versions.at(slot, self._right.place[change], inclusive=True)
        codes_of = np.full(len(self._left.live) + 1, -1)
        codes_of[held] = foreign
        holds = (version >= 0) & (codes_of[version] == asked[change])
        return change[holds], version[holds]

    def _holders_of_store(self) -> tuple[np.ndarray, np.ndarray]:
        """Left rows that were stored before this batch, as long as no change of it has replaced them."""
        change, slots = self._join.index.holders(self._right_keys())
        untouched = self._left.versions.at(slots, self._right.place[change], inclusive=True) < 0
        change, slots = change[untouched], slots[untouched]
        return change, self._left.add(slots)

    def _right_keys(self) -> pa.Table:
        """The primary keys of the right changes, under the names of the foreign key."""
        return self._right.changes.select(self._join.right.keys).rename_columns(self._foreign.column_names)

    def _by_key_bytes(self, change: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Order by right change, then by the bytes of the left primary key."""
        encoded = self._left.column(self._join.left.encoded).take(pa.array(left))
        ranks = pc.rank(encoded.combine_chunks(), tiebreaker="dense").to_numpy().astype(np.int64)
        return np.lexsort((ranks, change))

    def remember(self) -> None:
        self._left.remember()
        self._right.remember()
        last = self._left.versions.last
        held = self._foreign.take(pa.array(last, mask=~self._left.live[last]))
        self._join.index.stage(self._left.versions.touched, held)

    def rows(self, outputs: list[_Outputs]) -> pa.Table:
        """Changes of the result in the order of their places, those that the left side causes first."""
        joined = [np.concatenate([getattr(part, name) for part in outputs]) for name in _Outputs.__slots__]
        order = np.argsort(joined[0], kind="stable")
        place, partition, time, left, right, deleted, key = (column[order] for column in joined)
        data = _picked(self._right, right) | _picked(self._left, left)
        data |= {ref: self._left.column(ref).take(pa.array(key)) for ref in self._join.left.keys}
        meta = {PLACE: pa.array(place), TIMESTAMP: pa.array(time), PARTITION: pa.array(partition), DELETED: pa.array(deleted)}
        return pa.table({**meta, **data})


def _picked(table: ChangingTable, rows: np.ndarray) -> dict[str, pa.ChunkedArray]:
    """The data columns of rows of the candidates; null where there is none (-1)."""
    picked = table.pick(rows)
    return {name: picked.column(name) for name in table.columns}
