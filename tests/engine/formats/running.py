"""Runs a decoder's and encoder's SQL the way the engine does."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from ksql.engine import functions
from ksql.engine.formats.contract import Decoder, Encoder
from ksql.engine.formats.json_batch import texts

Row = tuple[Any, ...]


@functools.cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1, "disabled_optimizers": "filter_pushdown"})
    functions.register(connection)
    return connection


def decode(decoder: Decoder, data: Sequence[bytes | None]) -> tuple[list[Row], list[bool]]:
    """Rows by SQL, and which of them are suspect. Checks the columns' types. Bytes that are no UTF-8 are never text."""
    parts = decoder.sql('"data"', "d_value")
    columns = [f"{sql} AS c{index}" for index, sql in enumerate(parts.columns)]
    prepare = [f"{sql} AS {alias}" for alias, sql in parts.prepare.items()]
    inner = f"SELECT {', '.join(['*', *prepare])} FROM raw"
    query = f"SELECT {', '.join([*columns, f'({parts.suspect}) AS suspect'])} FROM ({inner}) ORDER BY n"
    array = texts(data) if decoder.text else pa.array(data, pa.binary())
    with _connection().cursor() as cursor:
        cursor.register("raw", pa.table({"n": pa.array(range(len(data)), pa.int64()), "data": array}))
        table = cursor.sql(query).to_arrow_table()
    for index, column in enumerate(decoder.columns):
        assert table.schema.field(index).type == column.type.arrow
    unreadable = [
        decoder.text and record is not None and text is None for record, text in zip(data, texts(data).to_pylist(), strict=True)
    ]
    suspect = [bad or odd for bad, odd in zip(unreadable, table["suspect"].to_pylist(), strict=True)]
    return to_rows(table.drop_columns(["suspect"])), suspect


def exact(decoder: Decoder, data: Sequence[bytes | None]) -> tuple[list[Row], list[str | None]]:
    decoded = decoder.exact(data)
    assert decoded.rows.schema == pa.schema([(column.name, column.type.arrow) for column in decoder.columns])
    return to_rows(decoded.rows), list(decoded.errors)


def encode(encoder: Encoder, rows: Sequence[Row]) -> list[Any]:
    """What the encoder's SQL writes for rows of physical values."""
    names = [f"c{index}" for index in range(len(encoder.columns))]
    arrays = [pa.array([row[index] for row in rows], column.type.arrow) for index, column in enumerate(encoder.columns)]
    with _connection().cursor() as cursor:
        cursor.register("input", pa.Table.from_arrays(arrays, names=names))
        return [item for (item,) in cursor.sql(f"SELECT {encoder.sql(names)} FROM input").fetchall()]


def to_rows(table: pa.Table) -> list[Row]:
    """Rows that compare by value: not-a-number becomes a text."""
    return [tuple(map(comparable, row.values())) for row in table.to_pylist()]


def comparable(value: Any) -> Any:
    return "NaN" if isinstance(value, float) and math.isnan(value) else value
