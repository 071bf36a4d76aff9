"""Table-table join by primary key: a change of either side meets the row that the other side has at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, TIMESTAMP, BatchContext, Node
from ksql.engine.operators.changing_table import ChangingTable
from ksql.engine.operators.join_condition import JoinCondition
from ksql.engine.operators.join_kinds import described, kind_of
from ksql.engine.operators.tally import UNMATCHED
from ksql.engine.operators.window_retention import WindowRetention
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful


@dataclass(frozen=True, slots=True)
class TableSide:
    """One input of the join: changes of a table by the columns `keys`. `state` keeps its rows: key → the other columns and
    their timestamp. outer: its rows come out without one of the other side, too. retention: lets its windows leave; they are
    as rows that never were then, and that they leave is no change.
    """

    input: Node
    keys: Sequence[str]
    state: KeyedState
    outer: bool
    retention: WindowRetention | None = None

    @property
    def states(self) -> Sequence[Stateful]:
        return (self.retention.times, self.state) if self.retention else (self.state,)


@dataclass(slots=True)
class _Changed:
    """Changes of one side that change the result: their numbers, the row of the side and that of the other in the result of
    each (-1: none), and whether there is a result now.
    """

    side: TableSide
    table: ChangingTable
    which: np.ndarray
    own: np.ndarray
    seen: np.ndarray
    result: np.ndarray

    def column(self, ref: str) -> pa.ChunkedArray:
        return self.table.changes.column(ref).take(pa.array(self.which))


class TableTableJoin:
    """Joins the tables of two sides. Out come changes of the result: both sides' columns, and as `keys` the key they share.
    They are whole primary keys, so those with a null in the same column are the same: the result has one row of each.

    Which changes come out although the result stays the same is as in ksqlDB. A side whose rows do not come out alone is heard
    whenever the other side has the key, be it with a delete of what never was; one whose rows do, also when it had the key.

    condition: what must be true of two rows of a key besides. A side then is heard when it has, or had, a partner.
    """

    def __init__(self, left: TableSide, right: TableSide, keys: Sequence[str], condition: JoinCondition | None = None) -> None:
        self.sides = left, right
        self._keys = keys
        self._condition = condition
        self.inputs = (left.input, right.input)
        self.states = (*left.states, *right.states)

    def describe(self) -> str:
        left, right = self.sides
        equal = ", ".join(f"{own} = {other}" for own, other in zip(left.keys, right.keys, strict=True))
        return described(f"{kind_of(left.outer, right.outer)} table-table join on {equal}", self._condition)

    def decode(self, context: BatchContext) -> None:
        for side in self.sides:
            side.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        tables = [ChangingTable(side.state, side.input.process(context), side.retention) for side in self.sides]
        changed = [self._changed(own, tables, context) for own in (0, 1)]
        for table in tables:
            table.remember()
        return self._rows(*changed)

    def _changed(self, own: int, tables: Sequence[ChangingTable], context: BatchContext) -> _Changed:
        side, opposite = self.sides[own], self.sides[1 - own]
        table, other = tables[own], tables[1 - own]
        # Of a table joined with itself the left side changes first.
        seen = other.seen(other.find(table.changes.select(side.keys)), table.place, inclusive=own == 1)
        was = table.versions.before(table.live, side.state.store.live(table.versions.touched))
        own_row = np.where(table.live, np.arange(len(table.live)), -1)
        if self._condition is None:
            matched = seen >= 0
            heard = table.live | was | matched if side.outer else matched
            alone = table.live & side.outer
            result = matched | alone if opposite.outer else table.live & matched | alone
        else:
            had = self._partners(self._condition, own, tables, table.replaced(), seen, context)
            has = self._partners(self._condition, own, tables, own_row, seen, context)
            heard = table.live | was if side.outer else had | has
            result = table.live if side.outer else has | opposite.outer
            own_row = np.where(has | side.outer, own_row, -1)
            seen = np.where(has | had & ~(table.live & side.outer) | opposite.outer, seen, -1)
        which = np.flatnonzero(heard)
        context.tally.count(self, UNMATCHED, len(heard) - len(which))
        return _Changed(side, table, which, own_row[which], seen[which], result[which])

    def _partners(
        self,
        condition: JoinCondition,
        own: int,
        tables: Sequence[ChangingTable],
        rows: np.ndarray,
        others: np.ndarray,
        context: BatchContext,
    ) -> np.ndarray:
        """Whether each change has both a row of its side and one of the other, for which the condition is true."""
        there = np.flatnonzero((rows >= 0) & (others >= 0))
        causes = tables[own].changes.take(pa.array(there))
        sides = (tables[own].candidates, rows[there]), (tables[1 - own].candidates, others[there])
        result = np.zeros(len(rows), dtype=bool)
        result[there] = condition.holds(causes, sides, context)
        return result

    def _rows(self, left: _Changed, right: _Changed) -> pa.Table:
        """Changes of the result in the order of their places, those that the left side causes first."""
        meta = {
            ref: pa.concat_arrays([c for part in (left, right) for c in part.column(ref).chunks]) for ref in (PLACE, PARTITION)
        }
        order = np.argsort(meta[PLACE].to_numpy(), kind="stable")
        keys = [part.table.changes.select(part.side.keys).take(pa.array(part.which)) for part in (left, right)]
        key = pa.concat_tables([part.rename_columns(list(self._keys)) for part in keys]).combine_chunks()
        rows = np.append(left.own, right.seen)[order], np.append(left.seen, right.own)[order]
        picked = [part.table.pick(of) for part, of in zip((left, right), rows, strict=True)]
        caused = np.concatenate([part.column(TIMESTAMP).to_numpy() for part in (left, right)])[order]
        times = [caused, *(side.column(TIMESTAMP).fill_null(0).to_numpy() for side in picked)]
        back = pa.array(order)
        return pa.table(
            {
                PLACE: meta[PLACE].take(back),
                TIMESTAMP: pa.array(np.maximum.reduce(times)),
                PARTITION: meta[PARTITION].take(back),
                DELETED: pa.array(~np.append(left.result, right.result)[order]),
                **dict(zip(self._keys, key.take(back).columns, strict=True)),
                **{
                    name: side.column(name)
                    for part, side in zip((left, right), picked, strict=True)
                    for name in part.table.columns
                },
            }
        )
