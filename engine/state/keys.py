"""The key columns of a store: how keys are hashed, compared and kept, slot by slot.

A key column is kept in one of two forms: fixed-width values as one word each, everything else as bytes one after the other.
Keys are equal when their bytes are: NaNs are one key, -0.0 is not 0.0, nulls equal each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.kernels.distinct import unordered
from ksql.engine.kernels.nulls import arrow, numbers, validity
from ksql.engine.state.columns import VariableColumn
from ksql.engine.state.grow import Grow, pieces
from ksql.engine.state.hashing import as_words, load_words, mix

_NULL = np.uint64(0x9E37_79B9_7F4A_7C15)


class EncodedKeys(Protocol):
    """One key column of a batch."""

    def hash(self, seed: np.ndarray) -> np.ndarray:
        """A uint64 per row; equal keys with equal seeds get equal hashes."""


B = TypeVar("B", bound=EncodedKeys)


class KeyColumn(Protocol[B]):
    @property
    def nbytes(self) -> int:
        """Memory that it takes."""

    def encode(self, values: pa.Array) -> B:
        """A column of a batch in the form the other methods take."""

    def equal(self, keys: B, rows: np.ndarray, slots: np.ndarray) -> np.ndarray:
        """Whether the key of each of `rows` is the one at its slot."""

    def append(self, keys: B, rows: np.ndarray) -> None:
        """Keep the keys of `rows` at the next slots."""

    def values(self, slots: np.ndarray) -> pa.Array:
        """The keys at `slots`."""

    def keep(self, slots: np.ndarray) -> None:
        """Forget all keys but those at `slots`, which become slots 0, 1, 2 …"""


def key_column(type_: pa.DataType) -> KeyColumn[Any]:
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_boolean(type_):
        return FixedKeys(type_)
    return NestedKeys(type_) if pa.types.is_nested(type_) else BytesKeys(type_)


@dataclass(frozen=True, slots=True)
class FixedBatch:
    words: np.ndarray
    valid: np.ndarray | None

    def hash(self, seed: np.ndarray) -> np.ndarray:
        words = self.words if self.valid is None else np.where(self.valid, self.words, _NULL)
        return mix(seed ^ words)


class FixedKeys:
    """Numbers and booleans. A null's word is 0; `_valid` is looked at once there is a null."""

    def __init__(self, type_: pa.DataType) -> None:
        self._type = type_
        self._words = Grow(np.uint64)
        self._valid = Grow(bool)
        self._nulls = False

    @property
    def nbytes(self) -> int:
        return self._words.nbytes + self._valid.nbytes

    def encode(self, values: pa.Array) -> FixedBatch:
        data = numbers(values)
        if data.dtype.kind == "f":
            data = np.where(np.isnan(data), np.nan, data).astype(np.float64).view(np.int64)
        return FixedBatch(data.astype(np.int64).view(np.uint64), validity(values) if values.null_count else None)

    def equal(self, keys: FixedBatch, rows: np.ndarray, slots: np.ndarray) -> np.ndarray:
        same = self._words.array[slots] == keys.words[rows]
        if keys.valid is not None:
            same &= self._valid.array[slots] == keys.valid[rows]
        elif self._nulls:
            same &= self._valid.array[slots]
        return np.asarray(same)

    def append(self, keys: FixedBatch, rows: np.ndarray) -> None:
        self._words.append(keys.words[rows])
        self._valid.append(np.ones(len(rows), dtype=bool) if keys.valid is None else keys.valid[rows])
        self._nulls |= keys.valid is not None

    def values(self, slots: np.ndarray) -> pa.Array:
        words = self._words.array[slots].view(np.int64)
        data = words.view(np.float64) if pa.types.is_floating(self._type) else words
        return arrow(data.astype(self._type.to_pandas_dtype()), self._type, self._valid.array[slots] if self._nulls else None)

    def keep(self, slots: np.ndarray) -> None:
        self._words.keep(slots)
        self._valid.keep(slots)


@dataclass(frozen=True, slots=True)
class BytesBatch:
    """`words` are the bytes of all values; a value begins at byte starts[row]. The length of a null is -1."""

    words: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    values: pa.Array
    #: The first eight bytes of each value.
    first: np.ndarray

    def hash(self, seed: np.ndarray) -> np.ndarray:
        """Eight bytes of every value at a time; as many rounds as the longest value has words."""
        hashes = mix(mix(seed ^ self.lengths.view(np.uint64)) ^ self.first)
        rows, at = np.flatnonzero(self.lengths > 8), 8
        while len(rows):
            left = self.lengths[rows] - at
            hashes[rows] = mix(hashes[rows] ^ load_words(self.words, self.starts[rows] + at, left)) + _NULL
            rows, at = rows[left > 8], at + 8
        return hashes


class BytesKeys:
    """Text, bytes and decimals: the bytes of all slots in order, and where each slot's end."""

    def __init__(self, type_: pa.DataType) -> None:
        self._type = type_
        self._bytes = Grow(np.uint8)
        self._ends = Grow(np.int64, 0)
        self._valid = Grow(bool)
        self._nulls = False

    @property
    def nbytes(self) -> int:
        return self._bytes.nbytes + self._ends.nbytes + self._valid.nbytes

    def encode(self, values: pa.Array) -> BytesBatch:
        data, starts, lengths = _bytes_of(values)
        if values.null_count:
            lengths = np.where(validity(values), lengths, -1)
        words = as_words(data)
        return BytesBatch(words, starts, lengths, values, load_words(words, starts, lengths))

    def equal(self, keys: BytesBatch, rows: np.ndarray, slots: np.ndarray) -> np.ndarray:
        starts, wanted = self._ends.array[slots], keys.lengths[rows]
        lengths = self._ends.array[slots + 1] - starts
        if self._nulls:
            lengths[~self._valid.array[slots]] = -1
        same = np.asarray(lengths == wanted)
        same &= load_words(self._bytes.words, starts, wanted) == keys.first[rows]
        pairs, at = np.flatnonzero(same & (wanted > 8)), 8
        while len(pairs):
            left = wanted[pairs] - at
            stored = load_words(self._bytes.words, starts[pairs] + at, left)
            equal = stored == load_words(keys.words, keys.starts[rows[pairs]] + at, left)
            same[pairs[~equal]] = False
            pairs, at = pairs[equal & (left > 8)], at + 8
        return same

    def append(self, keys: BytesBatch, rows: np.ndarray) -> None:
        valid = keys.lengths[rows] >= 0
        data, _, lengths = _bytes_of(keys.values.take(pa.array(rows[valid])))
        all_lengths = np.zeros(len(rows), dtype=np.int64)
        all_lengths[valid] = lengths
        self._ends.append(self._bytes.size + np.cumsum(all_lengths))
        self._valid.append(valid)
        self._nulls |= not valid.all()
        self._bytes.append(data)

    def values(self, slots: np.ndarray) -> pa.Array:
        buffers = [None, pa.py_buffer(self._ends.array), pa.py_buffer(self._bytes.array)]
        stored = pa.Array.from_buffers(pa.large_binary(), self._valid.size, buffers)
        valid = self._valid.array[slots]
        taken = stored.take(arrow(slots, pa.int64(), valid))
        if not pa.types.is_decimal(self._type):
            return taken.cast(self._type)
        fixed = pc.fill_null(taken, bytes(16)).cast(pa.binary(16))
        mask = None if valid.all() else pa.array(valid).buffers()[1]
        return pa.Array.from_buffers(self._type, len(slots), [mask, fixed.buffers()[1]])

    def keep(self, slots: np.ndarray) -> None:
        kept = BytesKeys(self._type)
        for piece in pieces(slots):
            kept.append(kept.encode(self.values(piece)), np.arange(len(piece)))
        self._bytes, self._ends, self._valid, self._nulls = kept._bytes, kept._ends, kept._valid, kept._nulls


@dataclass(frozen=True, slots=True)
class NestedBatch:
    printed: BytesBatch
    values: pa.Array

    def hash(self, seed: np.ndarray) -> np.ndarray:
        return self.printed.hash(seed)


class NestedKeys:
    """Lists, maps and structs, which are rare as keys and never large: their printed form is compared. Maps have no order."""

    def __init__(self, type_: pa.DataType) -> None:
        self._printed = BytesKeys(pa.string())
        self._values = VariableColumn(type_)
        self._size = 0

    @property
    def nbytes(self) -> int:
        return self._printed.nbytes + self._values.nbytes

    def encode(self, values: pa.Array) -> NestedBatch:
        return NestedBatch(
            self._printed.encode(pa.array([repr(unordered(value)) for value in values.to_pylist()], pa.string())), values
        )

    def equal(self, keys: NestedBatch, rows: np.ndarray, slots: np.ndarray) -> np.ndarray:
        return self._printed.equal(keys.printed, rows, slots)

    def append(self, keys: NestedBatch, rows: np.ndarray) -> None:
        self._printed.append(keys.printed, rows)
        self._values.put(np.arange(self._size, self._size + len(rows)), keys.values.take(pa.array(rows)))
        self._size += len(rows)

    def values(self, slots: np.ndarray) -> pa.Array:
        return self._values.get(slots)

    def keep(self, slots: np.ndarray) -> None:
        self._printed.keep(slots)
        self._values.keep(slots)
        self._size = len(slots)


def _bytes_of(values: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(bytes of the values one after the other, where each begins, how many it has)"""
    data = values.buffers()[-1]
    octets = np.zeros(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
    if pa.types.is_decimal(values.type):
        octets = octets[16 * values.offset : 16 * (values.offset + len(values))]
        return octets, np.arange(0, 16 * len(values), 16), np.full(len(values), 16, dtype=np.int64)
    if not len(values):
        return octets[:0], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    offsets = np.frombuffer(values.buffers()[1], dtype=np.int32)[values.offset : values.offset + len(values) + 1].astype(
        np.int64
    )
    return octets[offsets[0] : offsets[-1]], offsets[:-1] - offsets[0], np.diff(offsets)
