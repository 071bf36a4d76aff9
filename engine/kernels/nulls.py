"""Arrow arrays as NumPy arrays beside their validity."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def numbers(array: pa.Array, default: float = 0) -> np.ndarray:
    """Numbers or booleans, `default` where null."""
    if array.null_count:
        filler = bool(default) if pa.types.is_boolean(array.type) else default
        array = pc.fill_null(array, pa.scalar(filler, array.type))
    return np.asarray(array.to_numpy(zero_copy_only=False))


def validity(array: pa.Array) -> np.ndarray:
    """True where not null."""
    if array.null_count == 0:
        return np.ones(len(array), dtype=bool)
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False))


def complete(table: pa.Table) -> np.ndarray:
    """Rows without a null in any column."""
    result = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        if column.null_count:
            result &= column.is_valid().to_numpy()
    return result


def arrow(values: np.ndarray, type_: pa.DataType, valid: np.ndarray | None = None) -> pa.Array:
    """The way back: null where not valid."""
    return pa.array(values, type_, mask=None if valid is None or valid.all() else ~valid)
