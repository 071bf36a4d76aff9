"""A keyed columnar store: rows by key, touched only through the keys of a batch."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.distinct import row_groups
from ksql.engine.state.columns import row_column
from ksql.engine.state.grow import Grow, pieces
from ksql.engine.state.index import HashIndex
from ksql.engine.state.keys import EncodedKeys, key_column

#: Dead slots are dropped when they are more than the live ones, and more than this.
_DEAD_AT_LEAST = 65_536
#: So many rows of a batch tell whether it is worth while to look up each of its keys only once.
_SAMPLE = 2_048


class KeyedStore:
    """Rows of `row_schema` by keys of `key_schema` (Arrow schemas; null key parts equal each other).

    A key has a slot from its first `lookup(insert=True)` on; it has a row from `put` to `delete`. Slots are good until the next
    `delete`. One thread writes; `live_rows` and `read` may be called by others at any time.
    """

    def __init__(self, key_schema: pa.Schema, row_schema: pa.Schema) -> None:
        self.key_schema, self.row_schema = key_schema, row_schema
        #: Held by every method; hold it for several calls that readers must see as one.
        self.lock = threading.RLock()
        self._index = HashIndex()
        self._keys = [key_column(field.type) for field in key_schema]
        self._rows = [row_column(field.type) for field in row_schema]
        self._live = Grow(bool)
        #: Where the changelog has the row.
        self._offsets = Grow(np.int64)
        self._count = 0
        #: Another one whenever slots have changed.
        self.generation = 0

    def __len__(self) -> int:
        """How many keys have a row."""
        return self._count

    @property
    def keys(self) -> int:
        """How many keys have a slot."""
        return self._index.size

    @property
    def keys_known(self) -> int:
        """How many keys have a slot."""
        return self._index.size

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        with self.lock:
            own = self._index.nbytes + self._live.nbytes + self._offsets.nbytes
            return own + sum(key.nbytes for key in self._keys) + sum(row.nbytes for row in self._rows)

    def lookup(self, keys: pa.Table, *, insert: bool) -> np.ndarray:
        """The slot of each row's key, int64; unknown keys get one with `insert`, else -1."""
        if keys.num_rows == 0:
            return np.zeros(0, dtype=np.int64)
        if _repeats(keys):
            # To find equal rows costs a fifth of looking them up.
            groups, first = row_groups(keys)
            return np.asarray(self._lookup(keys.take(pa.array(first)), insert=insert)[groups])
        return self._lookup(keys, insert=insert)

    def _lookup(self, keys: pa.Table, *, insert: bool) -> np.ndarray:
        batch = [column.encode(values.combine_chunks()) for column, values in zip(self._keys, keys.columns, strict=True)]
        hashes = np.zeros(keys.num_rows, dtype=np.uint64)
        for part in batch:
            hashes = part.hash(hashes)
        with self.lock:
            if not insert:
                return self._index.find(hashes, lambda rows, slots: self._equal(batch, rows, slots))
            slots = self._index.find_or_insert(
                hashes, lambda rows, slots: self._equal(batch, rows, slots), lambda rows: self._append(batch, rows)
            )
            self._live.reserve(self._index.size)
            self._offsets.reserve(self._index.size)
            return slots

    def _equal(self, batch: list[EncodedKeys], rows: np.ndarray, slots: np.ndarray) -> np.ndarray:
        same = np.ones(len(rows), dtype=bool)
        for column, part in zip(self._keys, batch, strict=True):
            same &= column.equal(part, rows, slots)
        return same

    def _append(self, batch: list[EncodedKeys], rows: np.ndarray) -> None:
        for column, part in zip(self._keys, batch, strict=True):
            column.append(part, rows)

    def live(self, slots: np.ndarray) -> np.ndarray:
        """Which slots have a row."""
        return np.asarray(self._live.array[slots])

    def gather(self, slots: np.ndarray) -> tuple[pa.RecordBatch, np.ndarray]:
        """The rows at `slots`, and which of them there are (the others are null or stale)."""
        with self.lock:
            rows = [column.get(slots) for column in self._rows]
            return _batch(rows, self.row_schema, len(slots)), self.live(slots)

    def row_column(self, name: str, slots: np.ndarray) -> pa.Array:
        """One row column at `slots`."""
        with self.lock:
            return self._rows[self.row_schema.get_field_index(name)].get(slots)

    def put(self, slots: np.ndarray, rows: pa.Table, offset: int = 0) -> np.ndarray:
        """Set the rows at distinct `slots`; the changelog has them at `offset`. Returns the offsets of the rows replaced."""
        with self.lock:
            for column, values in zip(self._rows, rows.columns, strict=True):
                column.put(slots, values.combine_chunks())
            replaced = self.offsets(slots)[self.live(slots)]
            self._count += len(slots) - len(replaced)
            self._live.array[slots] = True
            self._offsets.array[slots] = offset
            return np.asarray(replaced)

    def delete(self, slots: np.ndarray) -> np.ndarray:
        """Remove the rows at distinct `slots`. Slots of other lookups are void afterwards. Returns the offsets of the rows."""
        with self.lock:
            removed = self.offsets(slots)[self.live(slots)]
            self._count -= len(removed)
            self._live.array[slots] = False
            if self._index.size - self._count > max(self._count, _DEAD_AT_LEAST):
                self._compact()
            return np.asarray(removed)

    def offsets(self, slots: np.ndarray) -> np.ndarray:
        """Where the changelog has the rows at `slots`."""
        return np.asarray(self._offsets.array[slots])

    def rows_at(self, slots: np.ndarray) -> pa.Table:
        """Keys and rows at `slots`, which all have one."""
        with self.lock:
            return self._read(slots)

    def live_slots(self) -> np.ndarray:
        """The slots that have a row, ascending."""
        return np.flatnonzero(self._live.array)

    def columns(self, names: Sequence[str], slots: np.ndarray) -> pa.Table:
        """Some columns of the rows at `slots`, which all have one."""
        with self.lock:
            fields = [self.row_schema.field(name) for name in names]
            return pa.table([self._rows[self.row_schema.get_field_index(name)].get(slots) for name in names], pa.schema(fields))

    def live_rows(self) -> pa.Table:
        """All rows with their keys, in order of the keys' first appearance."""
        with self.lock:
            return self._read(self.live_slots())

    def read(self, keys: pa.Table) -> pa.Table:
        """The rows of the given keys, keys included; a key without a row gives none."""
        with self.lock:
            slots = self.lookup(keys, insert=False)
            slots = slots[slots >= 0]
            return self._read(slots[self.live(slots)])

    def _read(self, slots: np.ndarray) -> pa.Table:
        schema = pa.schema([*self.key_schema, *self.row_schema])
        batches = [
            pa.RecordBatch.from_arrays(
                [*(c.values(piece) for c in self._keys), *(c.get(piece) for c in self._rows)], schema=schema
            )
            for piece in pieces(slots)
        ]
        return pa.Table.from_batches(batches, schema)

    def _compact(self) -> None:
        """Forget keys that have no row. Slots change."""
        kept = self.live_slots()
        self.generation += 1
        self._index.keep(kept)
        for key in self._keys:
            key.keep(kept)
        for row in self._rows:
            row.keep(kept)
        self._live.keep(kept)
        self._offsets.keep(kept)


def _repeats(keys: pa.Table) -> bool:
    """Whether many rows seem to have a key that others have too: by a sample, which shows it up to some 30,000 keys."""
    if keys.num_rows < _SAMPLE or any(pa.types.is_nested(type_) for type_ in keys.schema.types):
        return False
    _, first = row_groups(keys.slice(0, _SAMPLE))
    return len(first) < _SAMPLE * 0.97


def _batch(columns: list[pa.Array], schema: pa.Schema, rows: int) -> pa.RecordBatch:
    if not columns:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(columns, schema=schema)
