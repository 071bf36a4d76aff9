"""Order-preserving int64 codes of values, so that one scan finds the extremes of every type."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.kernels.nulls import arrow, numbers

#: Values of codes, null where not valid.
Decode = Callable[[np.ndarray, np.ndarray], pa.Array]

_SIGN_OFF = np.int64(0x7FFF_FFFF_FFFF_FFFF)

# Java orders text by UTF-16 units: supplementary characters (lead bytes F0 to F4) before U+E000 to U+FFFF (lead bytes EE, EF).
_UTF16_ORDER = np.arange(256, dtype=np.uint8)
_UTF16_ORDER[[0xEE, 0xEF]] = [0xFE, 0xFF]
# It orders bytes as signed numbers.
_SIGNED_ORDER = np.arange(256, dtype=np.uint8) ^ np.uint8(0x80)


def double_codes(values: np.ndarray) -> np.ndarray:
    """int64 in the order of Java's Double.compareTo: -0.0 before 0.0, NaN last and equal to itself."""
    bits = np.where(np.isnan(values), np.nan, values).view(np.int64)
    return np.asarray(bits ^ ((bits >> 63) & _SIGN_OFF))


def double_values(codes: np.ndarray) -> np.ndarray:
    """The doubles of `double_codes`."""
    return np.asarray(codes ^ ((codes >> 63) & _SIGN_OFF)).view(np.float64)


def order_codes(values: pa.Array) -> tuple[np.ndarray, Decode]:
    """(code of each value, the way back). The code of a null has no meaning; integers are their own codes."""
    type_ = values.type
    if pa.types.is_integer(type_):
        return numbers(values).astype(np.int64), lambda codes, valid: arrow(codes.astype(type_.to_pandas_dtype()), type_, valid)
    if pa.types.is_floating(type_):
        return double_codes(numbers(values)), lambda codes, valid: arrow(double_values(codes), type_, valid)
    encoded = values.dictionary_encode()
    ascending = pc.array_sort_indices(sortable(encoded.dictionary)).to_numpy()
    ranked = encoded.dictionary.take(pa.array(ascending))
    rank = np.zeros(max(len(ascending), 1), dtype=np.int64)
    rank[ascending] = np.arange(len(ascending))
    return rank[numbers(encoded.indices)], lambda codes, valid: ranked.take(arrow(np.where(valid, codes, 0), pa.int64(), valid))


def sortable(values: pa.Array) -> pa.Array:
    """`values` changed such that Arrow's order, which is by unsigned bytes for text, is Java's."""
    if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)) or values.buffers()[2] is None:
        return values
    table = _UTF16_ORDER if pa.types.is_string(values.type) else _SIGNED_ORDER
    validity, offsets, data = values.buffers()
    changed = pa.py_buffer(table[np.frombuffer(data, dtype=np.uint8)])
    return pa.Array.from_buffers(pa.binary(), len(values), [validity, offsets, changed], offset=values.offset)
