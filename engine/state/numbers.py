"""A few numbers that survive a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import numpy as np
import pyarrow as pa

K = TypeVar("K", int, str)
_NONE = np.zeros(0, dtype=np.int64)


class Numbers(Generic[K]):
    """A `Stateful` of int64 numbers by names of type `key`; every record of the changelog holds them all."""

    def __init__(self, name: str, key: pa.DataType) -> None:
        self.name = name
        self.schema = pa.schema([("key", key), ("number", pa.int64())])
        self._numbers: dict[K, int] = {}
        self._staged: dict[K, int] | None = None
        self._offset = -1

    @property
    def published(self) -> Mapping[K, int]:
        """As of the last batch that was committed."""
        return self._numbers

    @property
    def latest(self) -> Mapping[K, int]:
        """With what is staged."""
        return self._numbers if self._staged is None else self._staged

    def begin(self, numbers: Mapping[K, int]) -> None:
        """Go on from numbers that no record of the changelog holds."""
        self._replace(dict(numbers), -1)

    def stage(self, numbers: Mapping[K, int]) -> None:
        """These instead of all there were."""
        self._staged = dict(numbers)

    def changes(self) -> pa.RecordBatch | None:
        if self._staged is None or self._staged == self._numbers:
            return None
        columns = [list(self._staged), list(self._staged.values())]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def publish(self, offset: int) -> np.ndarray:
        staged, self._staged = self._staged, None
        return _NONE if staged is None or staged == self._numbers else self._replace(staged, offset)

    def discard(self) -> None:
        self._staged = None

    def restore(self, changes: pa.RecordBatch, offset: int) -> np.ndarray:
        names, numbers = (column.to_pylist() for column in changes.columns)
        return self._replace(dict(zip(names, numbers, strict=True)), offset)

    def in_use(self, changes: pa.RecordBatch, offset: int) -> pa.RecordBatch:
        return changes if offset == self._offset else changes.slice(0, 0)

    def _replace(self, numbers: dict[K, int], offset: int) -> np.ndarray:
        replaced = np.full(len(self._numbers), self._offset)
        self._numbers, self._offset = numbers, offset
        return replaced
