"""Table-table join by primary key: a change of either side meets the row that the other side has at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, TIMESTAMP, BatchContext, Node
from ksql.engine.operators.changing_table import ChangingTable
from ksql.engine.operators.join_kinds import kind_of
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


@dataclass(slots=True)
class _Changed:
    """Changes of one side that change the result: their numbers, the other side's row for each (-1: none), and whether there is
    a result now.
    """

    side: TableSide
    table: ChangingTable
    which: np.ndarray
    seen: np.ndarray
    result: np.ndarray

    def column(self, ref: str) -> pa.ChunkedArray:
        return self.table.changes.column(ref).take(pa.array(self.which))

    @property
    def own(self) -> np.ndarray:
        """The side's own row for each; -1 where the change deletes it."""
        return np.where(self.table.live[self.which], self.which, -1)


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
        return f"{kind_of(left.outer, right.outer)} table-table join on {left.key} = {right.key}"

    def decode(self, context: BatchContext) -> None:
        for side in self.sides:
            side.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        tables = [ChangingTable(side.state, side.input.process(context)) for side in self.sides]
        changed = [self._changed(own, tables) for own in (0, 1)]
        for table in tables:
            table.remember()
        return self._rows(*changed)

    def _changed(self, own: int, tables: Sequence[ChangingTable]) -> _Changed:
        side, opposite = self.sides[own], self.sides[1 - own]
        table, other = tables[own], tables[1 - own]
        # Of a table joined with itself the left side changes first.
        seen = other.seen(other.find(table.changes.column(side.key)), table.place, inclusive=own == 1)
        matched = seen >= 0
        was = table.versions.before(table.live, side.state.store.live(table.versions.touched))
        heard = np.flatnonzero(table.live | was | matched if side.outer else matched)
        alone = table.live & side.outer
        result = matched | alone if opposite.outer else table.live & matched | alone
        return _Changed(side, table, heard, seen[heard], result[heard])

    def _rows(self, left: _Changed, right: _Changed) -> pa.Table:
        """Changes of the result in the order of their places, those that the left side causes first."""
        meta = {
            ref: pa.concat_arrays([c for part in (left, right) for c in part.column(ref).chunks]) for ref in (PLACE, PARTITION)
        }
        order = np.argsort(meta[PLACE].to_numpy(), kind="stable")
        keys = [part.column(part.side.key) for part in (left, right)]
        key = pa.chunked_array([c for column in keys for c in column.chunks], keys[0].type)
        rows = np.append(left.own, right.seen)[order], np.append(left.seen, right.own)[order]
        picked = [part.table.candidates.take(pa.array(of, mask=of < 0)) for part, of in zip((left, right), rows, strict=True)]
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
