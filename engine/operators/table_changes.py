"""The changes of a table as rows that go and rows that come: what aggregates of a table are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.versions import Versions
from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, BatchContext, meta_columns
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.table_view import VISIBLE
from ksql.engine.operators.tally import NO_ROW
from ksql.engine.operators.window_retention import WindowRetention
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful

#: Refs of what is said of each row: 1 where it comes, -1 where it goes; whether the row after it comes in its stead.
SIGN, REPLACED = "$sign", "$replaced"


class TableChanges:
    """Every change of a table becomes the row it replaces, if there was one, then its own row, if it is one.

    A row is one whose `VISIBLE` is true. `state` holds the rows by the table's key.
    """

    def __init__(self, input_: Stage, state: KeyedState, retention: WindowRetention | None = None) -> None:
        self.input = input_
        self.state = state
        self._retention = retention
        self.inputs = (input_,)
        self.states: Sequence[Stateful] = (retention.times, state) if retention else (state,)

    def describe(self) -> str:
        return f"Table changes by {len(self.state.keys)} key(s): rows that go, rows that come"

    def decode(self, context: BatchContext) -> None:
        self.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        changes = self.input.process(context)
        changes = self._retention.kept(changes) if self._retention else changes
        live = ~changes.column(DELETED).to_numpy() & changes.column(VISIBLE).fill_null(False).to_numpy()
        slots = self.state.store.lookup(changes.select(self.state.keys.names), insert=True)
        versions = Versions(slots, changes.column(PLACE).to_numpy())
        stored, stored_live = self.state.store.gather(versions.touched)
        old = versions.old_rows(live, stored_live)
        context.tally.count(self, NO_ROW, int(np.count_nonzero(~live & (old < 0))))
        self._remember(changes, versions, live)
        return self._rows(changes, stored, old, live)

    def _remember(self, changes: pa.Table, versions: Versions, live: np.ndarray) -> None:
        last = changes.take(pa.array(versions.last))
        keys, rows = last.select(self.state.keys.names), last.select(self.state.rows.names)
        self.state.stage(versions.touched, keys, rows, live[versions.last])

    def _rows(self, changes: pa.Table, stored: pa.RecordBatch, old: np.ndarray, live: np.ndarray) -> pa.Table:
        """The row `old` of changes and stored rows, and the change itself, of every change that has them."""
        goes = old >= 0
        change = np.repeat(np.arange(len(live)), goes.astype(np.int64) + live)
        comes = np.append(False, change[1:] == change[:-1])[: len(change)] | ~goes[change]
        names = [name for name in self.state.rows.names if name != PARTITION]
        known = pa.concat_tables([changes.select(names), pa.Table.from_batches([stored]).select(names)]).combine_chunks()
        values = known.take(pa.array(np.where(comes, change, old[change])))
        meta = changes.select(meta_columns(changes)).take(pa.array(change))
        meta = meta.set_column(meta.column_names.index(DELETED), DELETED, pa.array(np.zeros(len(change), dtype=bool)))
        replaced = np.append(~comes & live[change], False)[: len(change)]
        said = {SIGN: pa.array(np.where(comes, 1, -1)), REPLACED: pa.array(replaced)}
        return pa.table(
            {**dict(zip(meta.column_names, meta.columns, strict=True)), **dict(zip(names, values.columns, strict=True)), **said}
        )
