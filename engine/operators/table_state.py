"""Keyed state of an operator, and how it is remembered: what a batch changes waits until the batch is committed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ksql.engine.state import KeyedStore

#: Column of a changelog batch that says the key was deleted.
DELETED_KEY = "$deleted"


class OperatorState:
    """A store whose changes become visible to readers only by `publish`.

    `name` is the operator's stable id within its query; its changelog is kept under it. `keys` and `rows` are the Arrow
    schemas.
    """

    def __init__(self, name: str, keys: pa.Schema, rows: pa.Schema) -> None:
        self.name = name
        self.keys, self.rows = keys, rows
        self.store = KeyedStore(keys, rows)
        self._staged: tuple[np.ndarray, pa.Table, pa.Table, np.ndarray | None] | None = None

    def stage(self, slots: np.ndarray, keys: pa.Table, rows: pa.Table, live: np.ndarray | None = None) -> None:
        """Remember the new rows of distinct `slots`; where `live` is false the key is deleted."""
        self._staged = (slots, keys, rows, live)

    def expire(self, key: str, bound: int) -> int:
        """Delete, with what this batch has staged, all rows whose key column `key` is below `bound`; how many there are."""
        assert self._staged is not None
        expired = self.store.slots_below(key, bound)
        gone = self.store.rows_at(expired)
        slots, keys, rows, live = self._staged
        self._staged = (
            np.append(slots, expired),
            pa.concat_tables([keys.cast(self.keys), gone.select(self.keys.names)]),
            pa.concat_tables([rows.cast(self.rows), gone.select(self.rows.names)]),
            np.append(np.ones(len(slots), dtype=bool) if live is None else live, np.zeros(len(expired), dtype=bool)),
        )
        return len(expired)

    def changes(self) -> pa.RecordBatch | None:
        """What this batch changed, for the changelog: keys, rows, and whether the key is gone."""
        if self._staged is None or len(self._staged[0]) == 0:
            return None
        slots, keys, rows, live = self._staged
        deleted = pa.array(np.zeros(len(slots), dtype=bool) if live is None else ~live)
        columns = [c.combine_chunks() for c in (*keys.columns, *rows.columns)]
        return pa.RecordBatch.from_arrays(
            [*columns, deleted], schema=pa.schema([*self.keys, *self.rows, pa.field(DELETED_KEY, pa.bool_())])
        )

    def publish(self) -> None:
        """Make the staged rows the store's."""
        if self._staged is None:
            return
        slots, _, rows, live = self._staged
        self._staged = None
        self._apply(slots, rows, live)

    def _apply(self, slots: np.ndarray, rows: pa.Table, live: np.ndarray | None) -> None:
        if live is None or live.all():
            self.store.put(slots, rows)
        else:
            self.store.put(slots[live], rows.filter(pa.array(live)))
            self.store.delete(slots[~live])

    def snapshot(self, batch_rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The whole state as changes."""
        rows = self.store.live_rows()
        rows = rows.append_column(DELETED_KEY, pa.array(np.zeros(rows.num_rows, dtype=bool)))
        yield from rows.combine_chunks().to_batches(max_chunksize=batch_rows)

    def restore(self, changes: pa.RecordBatch) -> None:
        """Apply a batch of the changelog."""
        table = pa.Table.from_batches([changes])
        slots = self.store.lookup(table.select(self.keys.names), insert=True)
        live = ~table.column(DELETED_KEY).to_numpy()
        self._apply(slots, table.select(self.rows.names), live)

    def read(self, keys: pa.Table | None) -> pa.Table:
        """Live rows (key and row columns), all or those of the given keys."""
        if keys is None:
            return self.store.live_rows()
        return self.store.read(keys)
