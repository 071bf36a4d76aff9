"""Row-by-row decoding into the physical columns, shared by the formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from ksql.engine.formats.contract import Decoded
from ksql.engine.types.sql_types import Column


class UnreadableError(ValueError):
    """A record cannot be decoded. The text says why."""


def java_text(record: bytes) -> str:
    """Bytes as the JVM reads UTF-8: what is none, and half a surrogate pair as a whole, becomes a replacement character."""
    return _HALF_PAIR.sub(b"\xef\xbf\xbd", record).decode("utf-8", "replace")


_HALF_PAIR = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


def decode_rows(columns: Sequence[Column], data: Sequence[bytes | None], read: Callable[[bytes], list[Any]]) -> Decoded:
    """Apply `read` to every record. Null records become rows of nulls; ValueError becomes the error."""
    empty = [None] * len(columns)
    rows: list[list[Any]] = []
    errors: list[str | None] = []
    for record in data:
        row, error = None, None
        if record is not None:
            try:
                row = read(record)
            except RecursionError:
                error = "the record is nested too deeply"
            except UnicodeDecodeError:
                error = "the bytes are not UTF-8 text"
            except ValueError as problem:
                error = str(problem)
        rows.append(empty if row is None else row)
        errors.append(error)
    return Decoded(to_table(columns, rows), errors)


def to_table(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows of physical values as a table with the columns' names and types."""
    transposed: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(values, column.type.arrow) for values, column in zip(transposed, columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema([(column.name, column.type.arrow) for column in columns]))
