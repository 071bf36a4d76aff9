"""Stream-table join: every stream row meets the version of the table row that was current at its own place."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import DELETED, PLACE, BatchContext
from ksql.engine.operators.stage import Stage
from ksql.engine.state.keyed_state import KeyedState


class StreamTableJoin:
    """Joins `stream` on its column `stream_key` with the key `table_key` of `table`.

    Out come the stream's columns, then the table's; the latter are null where `outer` keeps a row without a match. Stream rows
    with a null value are skipped; those with a null key never match. `state` holds the table: table_key → the other columns.
    """

    def __init__(self, stream: Stage, table: Stage, stream_key: str, table_key: str, state: KeyedState, *, outer: bool) -> None:
        self.stream, self.table = stream, table
        self.stream_key, self.table_key = stream_key, table_key
        self.state = state
        self.outer = outer
        self.inputs, self.states = (stream, table), (state,)

    def describe(self) -> str:
        return f"{'Left' if self.outer else 'Inner'} stream-table join on {self.stream_key}"

    def decode(self, context: BatchContext) -> None:
        self.table.decode(context)
        self.stream.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        versions = self.table.process(context)
        rows = self.stream.process(context)
        rows = rows.filter(pa.compute.invert(rows.column(DELETED)))
        version_slots = self.state.store.lookup(versions.select([self.table_key]), insert=True)
        joined = self._join(rows, versions, version_slots)
        self._remember(versions, version_slots)
        return joined

    def _join(self, rows: pa.Table, versions: pa.Table, version_slots: np.ndarray) -> pa.Table:
        keys = rows.select([self.stream_key]).rename_columns([self.table_key])
        slots = self.state.store.lookup(keys, insert=False)
        if keys.column(0).null_count:  # a table may have a row whose key reads as null
            slots = np.where(keys.column(0).is_null().to_numpy(), -1, slots)
        version = _version_before(slots, _places(rows), version_slots, _places(versions))
        deleted = versions.column(DELETED).to_numpy()
        from_batch = version >= 0
        from_state = np.flatnonzero(~from_batch & (slots >= 0))
        stored, live = self.state.store.gather(slots[from_state])
        source = np.where(from_batch, version, -1)
        source[from_batch & np.append(deleted, False)[version]] = -1
        source[from_state[live]] = len(versions) + np.flatnonzero(live)
        matched = source >= 0
        if not self.outer:
            rows, source, matched = rows.filter(pa.array(matched)), source[matched], matched[matched]
        return self._beside(rows, versions, stored, source, matched)

    def _beside(
        self, rows: pa.Table, versions: pa.Table, stored: pa.RecordBatch, source: np.ndarray, matched: np.ndarray
    ) -> pa.Table:
        """`rows` with the table columns of row `source` of versions followed by stored rows; null where not matched."""
        names = stored.schema.names
        candidates = pa.concat_tables([versions.select(names), pa.Table.from_batches([stored])]).combine_chunks()
        picked = candidates.take(pa.array(source, mask=~matched))
        for name in names:
            rows = rows.append_column(name, picked.column(name))
        key = pa.compute.if_else(
            pa.array(matched), rows.column(self.stream_key), pa.scalar(None, rows.schema.field(self.stream_key).type)
        )
        return rows.append_column(self.table_key, key)

    def _remember(self, versions: pa.Table, slots: np.ndarray) -> None:
        last = last_of_each(slots)
        rows = versions.select(self.state.rows.names).take(pa.array(last))
        live = ~versions.column(DELETED).to_numpy()[last]
        self.state.stage(slots[last], versions.select([self.table_key]).take(pa.array(last)), rows, live)


def last_of_each(slots: np.ndarray) -> np.ndarray:
    """Row of the last occurrence of each slot, in ascending order of rows."""
    if len(slots) == 0:
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(slots, kind="stable")
    sorted_slots = slots[order]
    return np.sort(order[np.append(sorted_slots[1:] != sorted_slots[:-1], True)])


def _places(rows: pa.Table) -> np.ndarray:
    return np.asarray(rows.column(PLACE).to_numpy())


def _version_before(slots: np.ndarray, places: np.ndarray, version_slots: np.ndarray, version_places: np.ndarray) -> np.ndarray:
    """For each row, the version (its row number) of the same slot with the greatest smaller place; -1 when there is none.

    Places are below 2^32, so (slot, place) packs into one sortable integer.
    """
    if len(version_slots) == 0:
        return np.full(len(slots), -1, dtype=np.int64)
    packed = version_slots << 32 | version_places
    order = np.argsort(packed, kind="stable")
    found = np.searchsorted(packed[order], slots << 32 | places, side="left") - 1
    candidate = order[np.maximum(found, 0)]
    hit = (found >= 0) & (slots >= 0) & (version_slots[candidate] == slots)
    return np.where(hit, candidate, -1)
