"""A keyed columnar store: rows by key, touched only through the keys of a batch."""

from __future__ import annotations

import threading

import numpy as np
import pyarrow as pa

from ksql.engine.state.columns import new_column
from ksql.engine.state.hashing import hash_rows
from ksql.engine.state.index import HashIndex

#: Dead slots are dropped when they are more than the live ones, and more than this.
_DEAD_AT_LEAST = 65_536


class KeyedStore:
    """Rows of `row_schema` by keys of `key_schema` (Arrow schemas; null key parts equal each other).

    A key has a slot from its first `lookup(insert=True)` on; it has a row from `put` to `delete`. Slots are good until the next
    `delete`. One thread writes; `live_rows` and `read` may be called by others at any time.
    """

    def __init__(self, key_schema: pa.Schema, row_schema: pa.Schema) -> None:
        self.key_schema, self.row_schema = key_schema, row_schema
        self._lock = threading.RLock()
        self._clear()

    def _clear(self) -> None:
        self._index = HashIndex()
        self._keys = [new_column(field.type) for field in self.key_schema]
        self._rows = [new_column(field.type) for field in self.row_schema]
        self._live = np.zeros(1024, dtype=bool)
        self._count = 0

    def __len__(self) -> int:
        """How many keys have a row."""
        return self._count

    def lookup(self, keys: pa.Table, *, insert: bool) -> np.ndarray:
        """The slot of each row's key, int64; unknown keys get one with `insert`, else -1."""
        if keys.num_rows == 0:
            return np.zeros(0, dtype=np.int64)
        columns = [column.combine_chunks() for column in keys.columns]
        hashes = hash_rows(columns)
        with self._lock:
            slots = self._index.find(hashes, lambda rows, found: self._equal(columns, rows, found))
            if insert:
                self._insert_missing(columns, hashes, slots)
            return slots

    def _equal(self, columns: list[pa.Array], rows: np.ndarray, slots: np.ndarray) -> np.ndarray:
        same = np.ones(len(rows), dtype=bool)
        every = len(rows) == len(columns[0])
        picked = None if every else pa.array(rows)
        for stored, column in zip(self._keys, columns, strict=True):
            same &= stored.equal(slots, column if every else column.take(picked))
        return same

    def _insert_missing(self, columns: list[pa.Array], hashes: np.ndarray, slots: np.ndarray) -> None:
        """Give unknown keys slots. Rows of one hash get the slot of the first; when its key differs they go another round."""
        missing = np.flatnonzero(slots < 0)
        while len(missing):
            _, first, inverse = np.unique(hashes[missing], return_index=True, return_inverse=True)
            order = np.argsort(first, kind="stable")
            rows = missing[first[order]]
            new = self._index.insert(hashes[rows])
            for stored, column in zip(self._keys, columns, strict=True):
                stored.put(new, column.take(pa.array(rows)))
            rank = np.empty(len(order), dtype=np.int64)
            rank[order] = np.arange(len(order))
            proposed = new[rank[inverse]]
            same = self._equal(columns, missing, proposed)
            slots[missing[same]] = proposed[same]
            missing = missing[~same]

    def live(self, slots: np.ndarray) -> np.ndarray:
        """Which slots have a row."""
        self._reserve(slots)
        return np.asarray(self._live[slots])

    def gather(self, slots: np.ndarray) -> tuple[pa.RecordBatch, np.ndarray]:
        """The rows at `slots`, and which of them there are (the others are null or stale)."""
        with self._lock:
            rows = [column.get(slots) for column in self._rows]
            return _batch(rows, self.row_schema, len(slots)), self.live(slots)

    def put(self, slots: np.ndarray, rows: pa.Table) -> None:
        """Set the rows at distinct `slots`."""
        with self._lock:
            for column, values in zip(self._rows, rows.columns, strict=True):
                column.put(slots, values.combine_chunks())
            self._reserve(slots)
            self._count += int(len(slots) - np.count_nonzero(self._live[slots]))
            self._live[slots] = True

    def delete(self, slots: np.ndarray) -> None:
        """Remove the rows at distinct `slots`. Slots of other lookups are void afterwards."""
        with self._lock:
            self._reserve(slots)
            self._count -= int(np.count_nonzero(self._live[slots]))
            self._live[slots] = False
            if self._index.size - self._count > max(self._count, _DEAD_AT_LEAST):
                self._compact()

    def live_rows(self) -> pa.Table:
        """All rows with their keys, in order of the keys' first appearance."""
        with self._lock:
            return self._read(np.flatnonzero(self._live[: self._index.size]))

    def read(self, keys: pa.Table) -> pa.Table:
        """The rows of the given keys, keys included; a key without a row gives none."""
        with self._lock:
            slots = self.lookup(keys, insert=False)
            slots = slots[slots >= 0]
            return self._read(slots[self.live(slots)])

    def _read(self, slots: np.ndarray) -> pa.Table:
        columns = [column.get(slots) for column in (*self._keys, *self._rows)]
        return pa.Table.from_arrays(columns, schema=pa.schema([*self.key_schema, *self.row_schema]))

    def _compact(self) -> None:
        kept = self.live_rows()
        self._clear()
        if kept.num_rows:
            slots = self.lookup(kept.select(self.key_schema.names), insert=True)
            self.put(slots, kept.select(self.row_schema.names))

    def _reserve(self, slots: np.ndarray) -> None:
        needed = int(slots.max(initial=-1)) + 1
        if needed > len(self._live):
            grown = np.zeros(max(needed, 2 * len(self._live)), dtype=bool)
            grown[: len(self._live)] = self._live
            self._live = grown


def _batch(columns: list[pa.Array], schema: pa.Schema, rows: int) -> pa.RecordBatch:
    if not columns:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(columns, schema=schema)
