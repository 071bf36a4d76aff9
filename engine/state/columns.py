"""The row columns of a store, addressed by slot."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.nulls import arrow, numbers, validity
from ksql.engine.state.grow import Grow, pieces

#: Chunks are not merged beyond this, far from what 32-bit offsets can address.
_CHUNK_BYTES = 256 * 1024 * 1024
#: Replaced values are dropped when they are more than those in use, and more than this.
_DEAD_AT_LEAST = 65_536


class RowColumn(Protocol):
    @property
    def nbytes(self) -> int:
        """Memory that it takes."""

    def get(self, slots: np.ndarray) -> pa.Array:
        """Values at `slots`; null where nothing was put."""

    def put(self, slots: np.ndarray, values: pa.Array) -> None:
        """Set the values at distinct `slots`, which may lie behind the end."""

    def keep(self, slots: np.ndarray) -> None:
        """Forget all values but those at `slots` (ascending), which become slots 0, 1, 2 …"""


def row_column(type_: pa.DataType) -> RowColumn:
    fixed = pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_boolean(type_)
    return FixedColumn(type_) if fixed else VariableColumn(type_)


class FixedColumn:
    """Numbers and booleans: values and their validity."""

    def __init__(self, type_: pa.DataType) -> None:
        self._type = type_
        self._data = Grow(type_.to_pandas_dtype())
        self._valid = Grow(bool)

    @property
    def nbytes(self) -> int:
        return self._data.nbytes + self._valid.nbytes

    def get(self, slots: np.ndarray) -> pa.Array:
        self._reserve(slots)
        return arrow(self._data.array[slots], self._type, self._valid.array[slots])

    def put(self, slots: np.ndarray, values: pa.Array) -> None:
        self._reserve(slots)
        self._data.array[slots] = numbers(values)
        self._valid.array[slots] = validity(values)

    def keep(self, slots: np.ndarray) -> None:
        self._reserve(slots)
        self._data.keep(slots)
        self._valid.keep(slots)

    def _reserve(self, slots: np.ndarray) -> None:
        end = int(slots.max(initial=-1)) + 1
        self._data.reserve(end)
        self._valid.reserve(end)


class VariableColumn:
    """Any other type: append-only Arrow chunks, and for each slot where its value lies in them.

    Chunks are merged so that their sizes fall by half at least: there are few, and each value is copied a few times only.
    """

    def __init__(self, type_: pa.DataType) -> None:
        self._type = type_
        self._chunks: list[pa.Array] = []
        self._length = 0
        #: Place in the chunks + 1; 0 = nothing was put.
        self._places = Grow(np.int64)
        self._used = 0

    @property
    def nbytes(self) -> int:
        return self._places.nbytes + sum(int(chunk.nbytes) for chunk in self._chunks)

    def get(self, slots: np.ndarray) -> pa.Array:
        self._places.reserve(int(slots.max(initial=-1)) + 1)
        return self._take(self._places.array[slots])

    def _take(self, places: np.ndarray) -> pa.Array:
        """Chunk by chunk: Arrow's own `take` of several chunks copies them all into one first."""
        starts = np.append(0, np.cumsum([len(chunk) for chunk in self._chunks]))
        chunk_of = (np.searchsorted(starts, places - 1, side="right") - 1).astype(np.int16)
        missing = np.flatnonzero(chunk_of < 0)
        order, parts = [missing], [pa.nulls(len(missing), self._type)]
        for i, chunk in enumerate(self._chunks):
            here = np.flatnonzero(chunk_of == i)
            if len(here):
                order.append(here)
                parts.append(chunk.take(pa.array(places[here] - 1 - starts[i])))
        if len(parts[-1]) == len(places):
            return parts[-1]
        back = np.empty(len(places), dtype=np.int64)
        back[np.concatenate(order)] = np.arange(len(places))
        return pa.concat_arrays(parts).take(pa.array(back))

    def put(self, slots: np.ndarray, values: pa.Array) -> None:
        self._places.reserve(int(slots.max(initial=-1)) + 1)
        self._used += int(np.count_nonzero(self._places.array[slots] == 0))
        self._places.array[slots] = np.arange(self._length + 1, self._length + 1 + len(values))
        self._append(values)
        if self._length > 2 * self._used + _DEAD_AT_LEAST:
            self.keep(np.arange(self._places.size))

    def keep(self, slots: np.ndarray) -> None:
        self._places.reserve(int(slots.max(initial=-1)) + 1)
        self._places.keep(slots)
        used = np.flatnonzero(self._places.array)
        values = [self.get(piece) for piece in pieces(used)]
        self._chunks, self._length, self._used = [], 0, len(used)
        self._places.array[used] = np.arange(1, len(used) + 1)
        for piece in values:
            self._append(piece)

    def _append(self, values: pa.Array) -> None:
        self._chunks.append(values)
        self._length += len(values)
        while len(self._chunks) > 1 and len(self._chunks[-2]) <= 2 * len(self._chunks[-1]):
            if self._chunks[-2].nbytes + self._chunks[-1].nbytes > _CHUNK_BYTES:
                break
            last = self._chunks.pop()
            self._chunks[-1] = pa.concat_arrays([self._chunks[-1], last])
