"""Keyed state of an operator: what a batch changes waits until the batch is committed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.state.store import KeyedStore

#: Column of the changes that says the key was deleted.
DELETED_KEY = "$deleted"


@dataclass(frozen=True, slots=True)
class _Staged:
    slots: np.ndarray
    keys: pa.Table
    rows: pa.Table
    live: np.ndarray


class KeyedState:
    """A `Stateful` of rows by key. `keys` and `rows` are Arrow schemas; look rows up in `store`, change them by `stage`."""

    def __init__(self, name: str, keys: pa.Schema, rows: pa.Schema) -> None:
        self.name = name
        self.keys, self.rows = keys, rows
        self.schema = pa.schema([*keys, *rows, pa.field(DELETED_KEY, pa.bool_())])
        self.store = self._new_store()
        self._staged: _Staged | None = None

    def _new_store(self) -> KeyedStore:
        return KeyedStore(self.keys, self.rows)

    def stage(self, slots: np.ndarray, keys: pa.Table, rows: pa.Table, live: np.ndarray | None = None) -> None:
        """Remember the new rows of distinct `slots`; where `live` is false the key is deleted."""
        self._staged = _Staged(slots, keys, rows, np.ones(len(slots), dtype=bool) if live is None else live)

    def changes(self) -> pa.RecordBatch | None:
        staged = self._staged
        if staged is None or len(staged.slots) == 0:
            return None
        columns = [c.combine_chunks() for c in (*staged.keys.columns, *staged.rows.columns)]
        return pa.RecordBatch.from_arrays([*columns, pa.array(~staged.live)], schema=self.schema)

    def publish(self, offset: int) -> np.ndarray:
        staged, self._staged = self._staged, None
        if staged is None:
            return np.zeros(0, dtype=np.int64)
        return self._apply(staged.slots, staged.rows, staged.live, offset)

    def discard(self) -> None:
        self._staged = None

    def restore(self, changes: pa.RecordBatch, offset: int) -> np.ndarray:
        table = pa.Table.from_batches([changes])
        slots = self.store.lookup(table.select(self.keys.names), insert=True)
        live = ~table.column(DELETED_KEY).to_numpy()
        return self._apply(slots, table.select(self.rows.names), live, offset)

    def in_use(self, changes: pa.RecordBatch, offset: int) -> pa.RecordBatch:
        slots = self.store.lookup(pa.Table.from_batches([changes]).select(self.keys.names), insert=False)
        known = slots >= 0
        known[known] = self.store.live(slots[known]) & (self.store.offsets(slots[known]) == offset)
        return changes.filter(pa.array(known))

    def read(self, keys: pa.Table | None) -> pa.Table:
        """Rows that readers see (key and row columns), all or those of the given keys."""
        return self.store.live_rows() if keys is None else self.store.read(keys)

    def _apply(self, slots: np.ndarray, rows: pa.Table, live: np.ndarray, offset: int) -> np.ndarray:
        if live.all():
            return self.store.put(slots, rows, offset)
        with self.store.lock:
            replaced = self.store.put(slots[live], rows.filter(pa.array(live)), offset)
            return np.append(replaced, self.store.delete(slots[~live]))
