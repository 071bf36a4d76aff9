"""Stream-table join: every stream row meets the version of the table row that was current at its own place."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.versions import Versions
from ksql.engine.operators.batch import DELETED, BatchContext, places_of
from ksql.engine.operators.stage import Stage
from ksql.engine.state.keyed_state import KeyedState


class StreamTableJoin:
    """Joins `stream` on its column `stream_key` with the key `table_key` of `table`.

    Out come the stream's columns, then the table's; the latter are null where `outer` keeps a row without a match. Stream rows
    with a null value are skipped; those with a null key never match. `state` holds the table: table_key → the other columns.

    rekeyed: the stream's rows have got another key than they were read with. In ksqlDB they take a detour through a topic then,
    so what the table holds when the query starts is read before them, whatever its time.
    """

    def __init__(
        self, stream: Stage, table: Stage, stream_key: str, table_key: str, state: KeyedState, *, outer: bool, rekeyed: bool
    ) -> None:
        self.stream, self.table = stream, table
        self.stream_key, self.table_key = stream_key, table_key
        self.state = state
        self.outer, self.rekeyed = outer, rekeyed
        self.inputs, self.states = (stream, table), (state,)

    def describe(self) -> str:
        return f"{'Left' if self.outer else 'Inner'} stream-table join on {self.table_key}"

    def decode(self, context: BatchContext) -> None:
        self.table.decode(context)
        self.stream.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        changes = self.table.process(context)
        rows = self.stream.process(context)
        rows = rows.filter(pa.compute.invert(rows.column(DELETED)))
        versions = Versions(self.state.store.lookup(changes.select([self.table_key]), insert=True), places_of(changes))
        joined = self._join(rows, changes, versions)
        self._remember(changes, versions)
        return joined

    def _join(self, rows: pa.Table, changes: pa.Table, versions: Versions) -> pa.Table:
        keys = rows.select([self.stream_key]).rename_columns([self.table_key])
        slots = self.state.store.lookup(keys, insert=False)
        if keys.column(0).null_count:  # a table may have a row whose key reads as null
            slots = np.where(keys.column(0).is_null().to_numpy(), -1, slots)
        change = versions.at(slots, places_of(rows))
        deleted = changes.column(DELETED).to_numpy()
        from_state = np.flatnonzero((change < 0) & (slots >= 0))
        stored, live = self.state.store.gather(slots[from_state])
        source = np.where(np.append(deleted, False)[change], -1, change)
        source[from_state[live]] = len(changes) + np.flatnonzero(live)
        matched = source >= 0
        if not self.outer:
            rows, source, matched = rows.filter(pa.array(matched)), source[matched], matched[matched]
        return self._beside(rows, changes, stored, source, matched)

    def _beside(
        self, rows: pa.Table, changes: pa.Table, stored: pa.RecordBatch, source: np.ndarray, matched: np.ndarray
    ) -> pa.Table:
        """`rows` with the table columns of row `source` of changes followed by stored rows; null where not matched."""
        names = stored.schema.names
        candidates = pa.concat_tables([changes.select(names), pa.Table.from_batches([stored])]).combine_chunks()
        picked = candidates.take(pa.array(source, mask=~matched))
        for name in names:
            rows = rows.append_column(name, picked.column(name))
        key = pa.compute.if_else(
            pa.array(matched), rows.column(self.stream_key), pa.scalar(None, rows.schema.field(self.stream_key).type)
        )
        return rows.append_column(self.table_key, key)

    def _remember(self, changes: pa.Table, versions: Versions) -> None:
        last = changes.take(pa.array(versions.last))
        live = ~last.column(DELETED).to_numpy()
        self.state.stage(versions.touched, last.select([self.table_key]), last.select(self.state.rows.names), live)
