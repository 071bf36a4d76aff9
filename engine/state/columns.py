"""Columns of a store, addressed by slot."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: A merged chunk of variable-width values stays below this, far from what 32-bit offsets can address.
_CHUNK_BYTES = 512 * 1024 * 1024


class StoreColumn(Protocol):
    def get(self, slots: np.ndarray) -> pa.Array:
        """Values at `slots`."""

    def put(self, slots: np.ndarray, values: pa.Array) -> None:
        """Set the values at distinct `slots`, which may lie behind the end."""

    def equal(self, slots: np.ndarray, values: pa.Array) -> np.ndarray:
        """Which values equal those at `slots`; nulls equal each other."""


def new_column(type_: pa.DataType) -> StoreColumn:
    fixed = pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_boolean(type_)
    return FixedColumn(type_) if fixed else VariableColumn(type_)


class FixedColumn:
    """Numbers and booleans: a NumPy array and a validity mask, both doubling when full."""

    def __init__(self, type_: pa.DataType) -> None:
        self._type = type_
        self._data = np.zeros(1024, dtype=type_.to_pandas_dtype())
        self._valid = np.zeros(1024, dtype=bool)

    def get(self, slots: np.ndarray) -> pa.Array:
        valid = self._valid[slots]
        return pa.array(self._data[slots], self._type, mask=None if valid.all() else ~valid)

    def put(self, slots: np.ndarray, values: pa.Array) -> None:
        if not len(slots):
            return
        needed = int(slots.max()) + 1
        if needed > len(self._data):
            size = max(needed, 2 * len(self._data))
            self._data, self._valid = _grown(self._data, size), _grown(self._valid, size)
        data, valid = _numpy(values)
        self._data[slots] = data
        self._valid[slots] = valid

    def equal(self, slots: np.ndarray, values: pa.Array) -> np.ndarray:
        data, valid = _numpy(values)
        stored, stored_valid = self._data[slots], self._valid[slots]
        if stored.dtype.kind == "f":
            # By bits: NaN equals itself, and 0.0 is not -0.0.
            data, stored = np.where(np.isnan(data), np.nan, data).view(np.int64), np.where(np.isnan(stored), np.nan, stored).view(np.int64)
        return np.asarray((stored == data) & stored_valid & valid | ~stored_valid & ~valid)


class VariableColumn:
    """Any other type: append-only Arrow chunks, and for each slot where its value lies in them.

    Chunks are merged so that there are few; values that were replaced are dropped when they are more than half.
    """

    def __init__(self, type_: pa.DataType) -> None:
        self._type = type_
        self._chunks: list[pa.Array] = []
        self._length = 0
        self._where = np.full(1024, -1, dtype=np.int64)
        self._used = 0

    def get(self, slots: np.ndarray) -> pa.Array:
        if not self._chunks:
            return pa.nulls(len(slots), self._type)
        where = self._where[slots]
        missing = where < 0
        places = pa.array(where, mask=missing if missing.any() else None)
        source = self._chunks[0] if len(self._chunks) == 1 else pa.chunked_array(self._chunks)
        taken = source.take(places)
        return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken

    def put(self, slots: np.ndarray, values: pa.Array) -> None:
        if not len(slots):
            return
        needed = int(slots.max()) + 1
        if needed > len(self._where):
            self._where = _grown(self._where, max(needed, 2 * len(self._where)), fill=-1)
        self._used = max(self._used, needed)
        self._where[slots] = np.arange(self._length, self._length + len(values))
        self._append(values)
        if self._length > 2 * self._used + 65_536:
            self._compact()

    def equal(self, slots: np.ndarray, values: pa.Array) -> np.ndarray:
        stored = self.get(slots)
        if pa.types.is_nested(self._type):
            return np.array([a == b for a, b in zip(stored.to_pylist(), values.to_pylist(), strict=True)], dtype=bool)
        same = pc.fill_null(pc.equal(stored, values), False).to_numpy(zero_copy_only=False)
        if stored.null_count or values.null_count:
            same = same | (pc.is_null(stored).to_numpy(zero_copy_only=False) & pc.is_null(values).to_numpy(zero_copy_only=False))
        return np.asarray(same)

    def _append(self, values: pa.Array) -> None:
        self._chunks.append(values)
        self._length += len(values)
        while len(self._chunks) > 1 and len(self._chunks[-2]) <= 2 * len(self._chunks[-1]):
            if self._chunks[-2].nbytes + self._chunks[-1].nbytes > _CHUNK_BYTES:
                break
            last = self._chunks.pop()
            self._chunks[-1] = pa.concat_arrays([self._chunks[-1], last])

    def _compact(self) -> None:
        slots = np.flatnonzero(self._where[: self._used] >= 0)
        values = self.get(slots)
        self._where[slots] = np.arange(len(slots))
        self._chunks, self._length = [values], len(slots)


def _grown(array: np.ndarray, size: int, fill: int = 0) -> np.ndarray:
    grown = np.full(size, fill, dtype=array.dtype)
    grown[: len(array)] = array
    return grown


def _numpy(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Data (anything where null) and validity."""
    if values.null_count == 0:
        return values.to_numpy(zero_copy_only=False), np.ones(len(values), dtype=bool)
    valid = values.is_valid().to_numpy(zero_copy_only=False)
    zero = pa.scalar(False if pa.types.is_boolean(values.type) else 0, values.type)
    return pc.fill_null(values, zero).to_numpy(zero_copy_only=False), valid
