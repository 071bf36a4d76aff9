"""Exact running sums of decimals: 128-bit numbers as four limbs of 32 bits, each summed in 64 bits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.segments import Segments

_LOW = np.int64(0xFFFF_FFFF)


def running_decimal_sum(values: pa.Array, initial: pa.Array, segments: Segments) -> tuple[pa.Array, np.ndarray]:
    """(sum after every record, where it no longer fits the type). Nulls count as zero.

    Once a sum of a segment does not fit, the later ones of that segment say what it would be without the limit.
    """
    limbs, before = _limbs(values), _limbs(initial)
    sums = np.cumsum(limbs, axis=0)
    base = before - (sums[segments.starts] - limbs[segments.starts])
    sums += segments.spread(base)
    for i in range(3):
        sums[:, i + 1] += sums[:, i] >> 32
        sums[:, i] &= _LOW
    return _decimals(sums, values.type), _too_large(sums, values.type.precision)


def _limbs(values: pa.Array) -> np.ndarray:
    """(rows, 4) int64, lowest limb first; only the highest is signed."""
    if values.buffers()[1] is None:
        return np.zeros((len(values), 4), dtype=np.int64)
    words = np.frombuffer(values.buffers()[1], dtype="<u4").reshape(-1, 4)[values.offset : values.offset + len(values)]
    limbs = words.astype(np.int64)
    limbs[:, 3] = words[:, 3].astype(np.int32)
    if values.null_count:
        limbs[~validity(values)] = 0
    return limbs


def _decimals(limbs: np.ndarray, type_: pa.DataType) -> pa.Array:
    data = limbs.astype(np.uint32)
    return pa.Array.from_buffers(type_, len(limbs), [None, pa.py_buffer(data.tobytes())])


def _too_large(limbs: np.ndarray, precision: int) -> np.ndarray:
    bound = 10**precision
    return np.asarray(~_less(limbs, bound) | _less(limbs, 1 - bound))


def _less(limbs: np.ndarray, bound: int) -> np.ndarray:
    """Which numbers are below `bound`: the highest limb that differs decides."""
    less = np.zeros(len(limbs), dtype=bool)
    for i in range(4):
        part = bound >> (32 * i) if i == 3 else bound >> (32 * i) & int(_LOW)
        less = np.where(limbs[:, i] == part, less, limbs[:, i] < part)
    return less
