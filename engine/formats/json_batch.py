"""Decoding many rows at once outside the engine's own statement: the rows that its statement marked as suspect."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.formats.contract import Decoded, DecodeSql
from ksql.engine.types.sql_types import Column

_SAMPLE = 32
_STRIDE = 7919  # a prime


def numbered(data: Sequence[bytes | None]) -> pa.Table:
    """The records as text (`data`) and their numbers (`n`)."""
    return pa.table({"n": pa.array(range(len(data)), pa.int64()), "data": texts(data)})


def texts(data: Sequence[bytes | None]) -> pa.Array:
    """The records as text; bytes that are not UTF-8 become null."""
    try:
        return pa.array(data, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([_text(record) for record in data], pa.string())


def _text(record: bytes | None) -> str | None:
    try:
        return None if record is None else record.decode("utf-8")
    except UnicodeDecodeError:
        return None


def sample(rows: pa.Table) -> list[str]:
    """Some of the records, spread so that a regular order of kinds does not hide one."""
    places = {index * _STRIDE % rows.num_rows for index in range(_SAMPLE)} if rows.num_rows else set()
    picked = rows["data"].take(pa.array(sorted(places), pa.int64()))
    return [text for text in picked.to_pylist() if text]


def split(columns: Sequence[Column], parts: DecodeSql, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows whose values can be trusted (`n` and the columns), and the other rows (as they were)."""
    prepare = [f"{sql} AS {alias}" for alias, sql in parts.prepare.items()]
    values = [f"{sql} AS c{index}" for index, sql in enumerate(parts.columns)]
    with _cursor() as cursor:
        cursor.register("rows", rows)
        decoded = cursor.sql(
            f"SELECT {', '.join(['n', *values])}, data IS NULL OR {parts.suspect} AS suspect "
            f"FROM (SELECT {', '.join(['*', *prepare])} FROM rows)"
        ).to_arrow_table()
    suspect = decoded["suspect"].combine_chunks()
    schema = pa.schema([("n", pa.int64()), *((column.name, column.type.arrow) for column in columns)])
    good = decoded.drop_columns(["suspect"]).filter(pc.invert(suspect)).rename_columns(schema.names).cast(schema)
    return good, rows.filter(suspect)


def join(parts: Sequence[pa.Table], rest: Sequence[int], rows: Decoded, count: int) -> Decoded:
    """`count` rows in their order: parts with their numbers `n`, and rows decoded one by one, whose numbers are `rest`."""
    errors: list[str | None] = [None] * count
    for n, error in zip(rest, rows.errors, strict=True):
        errors[n] = error
    table = pa.concat_tables([*parts, rows.rows.add_column(0, pa.field("n", pa.int64()), pa.array(rest, pa.int64()))])
    table = table.take(pc.sort_indices(table["n"])).drop_columns(["n"])
    return Decoded(table, errors)


_connection: duckdb.DuckDBPyConnection | None = None
_connecting = threading.Lock()


def _cursor() -> duckdb.DuckDBPyConnection:
    """A cursor of the decoders' own in-memory database."""
    global _connection  # noqa: PLW0603
    with _connecting:
        if _connection is None:
            _connection = duckdb.connect(config={"threads": 1})
        return _connection.cursor()
