"""Table-table join by primary key: a change of either side meets the row that the other side has at its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.versions import Versions
from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, TIMESTAMP, BatchContext, Node
from ksql.engine.state.keyed_state import KeyedState


@dataclass(frozen=True, slots=True)
class TableSide:
    """One input of the join: changes of a table by the column `key`. `state` keeps its rows: key → the other columns and their
    timestamp. outer: its rows come out without one of the other side, too.
    """

    input: Node
    key: str
    state: KeyedState
    outer: bool

    @property
    def columns(self) -> list[str]:
        """Refs of all data columns, the key first."""
        return [self.key, *(name for name in self.state.rows.names if name != TIMESTAMP)]


class _Changes:
    """The changes of one side in a batch, with what they replace and what others see of them."""

    def __init__(self, side: TableSide, table: pa.Table) -> None:
        self.table = table
        self.side = side
        store = side.state.store
        self.place = table.column(PLACE).to_numpy()
        self.live = ~table.column(DELETED).to_numpy()
        self.versions = Versions(store.lookup(table.select([side.key]), insert=True), self.place)
        self.was = self.versions.before(self.live, store.live(self.versions.touched))
        self._candidates = [table.select([*side.columns, TIMESTAMP])]

    def seen(self, keys: pa.ChunkedArray, places: np.ndarray, *, inclusive: bool) -> np.ndarray:
        """For each key and place the row it sees, as a row of `candidates`; -1 where there is none."""
        store = self.side.state.store
        slots = store.lookup(pa.table([keys], self.side.state.keys), insert=False)
        change = self.versions.at(slots, places, inclusive=inclusive)
        stored = (change < 0) & (slots >= 0)
        stored[stored] = store.live(slots[stored])
        rows = np.where(change >= 0, np.where(np.append(self.live, False)[change], change, -1), -1)
        rows[stored] = len(self.live) + np.arange(np.count_nonzero(stored))
        self._candidates.append(store.rows_at(slots[stored]).select([*self.side.columns, TIMESTAMP]))
        return rows

    @property
    def candidates(self) -> pa.Table:
        """The batch's changes, then the stored rows that were seen."""
        return pa.concat_tables(self._candidates).combine_chunks()

    def remember(self) -> None:
        state = self.side.state
        last = self.table.take(pa.array(self.versions.last))
        live = self.live[self.versions.last]
        state.stage(self.versions.touched, last.select([self.side.key]), last.select(state.rows.names), live)


@dataclass(slots=True)
class _Changed:
    """Changes of one side that change the result: their numbers, the other side's row for each (-1: none), and whether there is
    a result now.
    """

    changes: _Changes
    which: np.ndarray
    seen: np.ndarray
    result: np.ndarray

    def column(self, ref: str) -> pa.ChunkedArray:
        return self.changes.table.column(ref).take(pa.array(self.which))

    @property
    def own(self) -> np.ndarray:
        """The side's own row for each; -1 where the change deletes it."""
        return np.where(self.changes.live[self.which], self.which, -1)


class TableTableJoin:
    """Joins the tables of two sides. Out come changes of the result: both sides' columns, and as `key` the key they share.

    Which changes come out although the result stays the same is as in ksqlDB. A side whose rows do not come out alone is heard
    whenever the other side has the key, be it with a delete of what never was; one whose rows do, also when it had the key.
    """

    def __init__(self, left: TableSide, right: TableSide, key: str) -> None:
        self.sides = left, right
        self._key = key
        self.inputs = (left.input, right.input)
        self.states = (left.state, right.state)

    def describe(self) -> str:
        left, right = self.sides
        kind = {(False, False): "Inner", (True, False): "Left", (False, True): "Right", (True, True): "Full"}
        return f"{kind[left.outer, right.outer]} table-table join on {left.key} = {right.key}"

    def decode(self, context: BatchContext) -> None:
        for side in self.sides:
            side.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        left, right = (_Changes(side, side.input.process(context)) for side in self.sides)
        # Of a table joined with itself the left side changes first.
        changed = self._changed(left, right, inclusive=False), self._changed(right, left, inclusive=True)
        for changes in (left, right):
            changes.remember()
        return self._rows(*changed)

    def _changed(self, own: _Changes, other: _Changes, *, inclusive: bool) -> _Changed:
        seen = other.seen(own.table.column(own.side.key), own.place, inclusive=inclusive)
        matched = seen >= 0
        heard = np.flatnonzero(own.live | own.was | matched if own.side.outer else matched)
        alone = own.live & own.side.outer
        result = matched | alone if other.side.outer else own.live & matched | alone
        return _Changed(own, heard, seen[heard], result[heard])

    def _rows(self, left: _Changed, right: _Changed) -> pa.Table:
        """Changes of the result in the order of their places, those that the left side causes first."""
        meta = {
            ref: pa.concat_arrays([c for part in (left, right) for c in part.column(ref).chunks]) for ref in (PLACE, PARTITION)
        }
        order = np.argsort(meta[PLACE].to_numpy(), kind="stable")
        keys = [part.column(part.changes.side.key) for part in (left, right)]
        key = pa.chunked_array([c for column in keys for c in column.chunks], keys[0].type)
        rows = np.append(left.own, right.seen)[order], np.append(left.seen, right.own)[order]
        picked = [part.changes.candidates.take(pa.array(of, mask=of < 0)) for part, of in zip((left, right), rows, strict=True)]
        caused = np.concatenate([part.column(TIMESTAMP).to_numpy() for part in (left, right)])[order]
        times = [caused, *(side.column(TIMESTAMP).fill_null(0).to_numpy() for side in picked)]
        back = pa.array(order)
        return pa.table(
            {
                PLACE: meta[PLACE].take(back),
                TIMESTAMP: pa.array(np.maximum.reduce(times)),
                PARTITION: meta[PARTITION].take(back),
                DELETED: pa.array(~np.append(left.result, right.result)[order]),
                self._key: key.take(back),
                **{name: side.column(name) for side in picked for name in side.column_names if name != TIMESTAMP},
            }
        )
