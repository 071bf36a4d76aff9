"""64-bit hashes of whole columns of keys, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_NULL = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0xBF58476D1CE4E5B9)
_PRIME_2 = np.uint64(0x94D049BB133111EB)


def hash_rows(columns: Sequence[pa.Array]) -> np.ndarray:
    """One uint64 per row; equal rows have equal hashes, nulls included."""
    hashes = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        hashes = mix(hashes ^ hash_column(column)) + np.uint64(1)
    return hashes


def hash_column(column: pa.Array) -> np.ndarray:
    """One uint64 per value."""
    type_ = column.type
    if pa.types.is_string(type_) or pa.types.is_binary(type_):
        hashes = _hash_bytes(column)
    elif pa.types.is_boolean(type_):
        hashes = mix(pc.fill_null(column, False).to_numpy(zero_copy_only=False).astype(np.uint64))
    elif pa.types.is_integer(type_):
        hashes = mix(pc.fill_null(column, 0).to_numpy().astype(np.int64).view(np.uint64))
    elif pa.types.is_floating(type_):
        # -0.0 and 0.0 are different keys to Java, and so they are here; NaNs are one.
        values = pc.fill_null(column, 0.0).to_numpy().astype(np.float64)
        hashes = mix(np.where(np.isnan(values), np.nan, values).view(np.uint64))
    else:
        # Nested values and decimals are rare as keys; their printed form tells them apart.
        hashes = _hash_bytes(pa.array([repr(value) for value in column.to_pylist()], pa.string()))
    if column.null_count:
        hashes = np.where(pc.is_null(column).to_numpy(zero_copy_only=False), _NULL, hashes)
    return hashes


def mix(values: np.ndarray) -> np.ndarray:
    """The finalizer of splitmix64: every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(30))) * _PRIME
    values = (values ^ (values >> np.uint64(27))) * _PRIME_2
    return np.asarray(values ^ (values >> np.uint64(31)))


def _hash_bytes(column: pa.Array) -> np.ndarray:
    """Eight bytes of every value at a time; as many rounds as the longest value has words."""
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    if len(column) == 0:
        return np.zeros(0, dtype=np.uint64)
    data = column.buffers()[2]
    padded = np.zeros(offsets[-1] - offsets[0] + 8, dtype=np.uint8)
    if data is not None:
        padded[:-8] = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]]
    windows = np.lib.stride_tricks.sliding_window_view(padded, 8)
    starts, lengths = offsets[:-1] - offsets[0], np.diff(offsets)
    hashes = mix(lengths.astype(np.uint64))
    rows = np.flatnonzero(lengths)
    word = 0
    while len(rows):
        left = lengths[rows] - word
        words = np.ascontiguousarray(windows[starts[rows] + word]).view(np.uint64)[:, 0]
        short = left < 8
        if short.any():
            words[short] &= (np.uint64(1) << (left[short].astype(np.uint64) * np.uint64(8))) - np.uint64(1)
        hashes[rows] = mix(hashes[rows] ^ words) + _PRIME
        word += 8
        rows = rows[left > 8]
    return hashes
