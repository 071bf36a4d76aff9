"""Exact running sums of decimals: 128-bit numbers as four limbs of 32 bits, each summed in 64 bits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.nulls import validity
from ksql.engine.kernels.scans import running_sum, signed
from ksql.engine.kernels.segments import Segments

_LOW = np.int64(0xFFFF_FFFF)


def running_decimal_sum(
    values: pa.Array, initial: pa.Array, segments: Segments, signs: np.ndarray | None = None
) -> tuple[pa.Array, np.ndarray]:
    """(sum after every record, where it no longer fits the type). Nulls count as zero; `signs` -1 subtracts.

    Once a sum of a segment does not fit, the later ones of that segment say what it would be without the limit.
    """
    limbs = zip(_limbs(values), _limbs(initial), strict=True)
    sums = [running_sum(signed(limb, signs), before, segments) for limb, before in limbs]
    for i in range(3):
        sums[i + 1] += sums[i] >> 32
        sums[i] &= _LOW
    return _decimals(sums, values.type), _too_large(sums, values.type.precision)


def _limbs(values: pa.Array) -> list[np.ndarray]:
    """Four arrays of int64, lowest limb first; only the highest is signed."""
    words = np.frombuffer(values.buffers()[1] or b"", dtype="<u4").reshape(-1, 4)[values.offset : values.offset + len(values)]
    limbs = [words[:, 0], words[:, 1], words[:, 2], words[:, 3].view(np.int32)]
    valid = validity(values)
    return [np.where(valid, limb, 0).astype(np.int64) for limb in limbs]


def _decimals(limbs: list[np.ndarray], type_: pa.DataType) -> pa.Array:
    data = np.stack(limbs, axis=1).astype(np.uint32)
    return pa.Array.from_buffers(type_, len(data), [None, pa.py_buffer(data)])


def _too_large(limbs: list[np.ndarray], precision: int) -> np.ndarray:
    """Whether the number has more than `precision` digits."""
    bound = 10**precision
    return np.asarray(~_less(limbs, bound) | _less(limbs, 1 - bound))


def _less(limbs: list[np.ndarray], bound: int) -> np.ndarray:
    """Which numbers are below `bound`: the highest limb that differs decides."""
    less = np.zeros(len(limbs[0]), dtype=bool)
    for i, limb in enumerate(limbs):
        part = bound >> 96 if i == 3 else bound >> (32 * i) & int(_LOW)
        less = np.where(limb == part, less, limb < part)
    return less
