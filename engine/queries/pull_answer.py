"""What DuckDB answers as columns of SQL types: DuckDB casts what Arrow or the dialect has no type for, Arrow does the calendar.

Whole numbers become INTEGER, BIGINT or a DECIMAL without places, fixed arrays and tuples ARRAY and STRUCT; what has no like
here (UUID, ENUM, INTERVAL, BIT, UNION, TIME WITH TIME ZONE …) becomes its text. Times are cut to milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyRelation
from duckdb.sqltypes import DuckDBPyType

from ksql.engine.errors import StatementError
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    STRING,
    TIME,
    TIMESTAMP,
    Array,
    Column,
    Decimal,
    Map,
    SqlType,
    Struct,
    quote_duckdb,
)

_SCALARS: dict[str, SqlType] = {
    "boolean": BOOLEAN,
    **dict.fromkeys(("tinyint", "utinyint", "smallint", "usmallint", "integer"), INTEGER),
    **dict.fromkeys(("uinteger", "bigint"), BIGINT),
    "ubigint": Decimal(20, 0),
    **dict.fromkeys(("hugeint", "uhugeint"), Decimal(38, 0)),
    **dict.fromkeys(("float", "double"), DOUBLE),
    "blob": BYTES,
    "date": DATE,
    **dict.fromkeys(("time", "time_ns"), TIME),
    **dict.fromkeys(("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"), TIMESTAMP),
}
_NESTED = ("list", "array", "map", "struct", "tuple")


def read_answer(relation: DuckDBPyRelation) -> tuple[tuple[Column, ...], pa.Table]:
    """Run what the relation says: its columns, and rows in the Arrow types those have for a user.

    Raises duckdb.Error, and StatementError for values that no type here can hold.
    """
    types = [sql_type(type_) for type_ in relation.types]
    columns = tuple(map(Column, _distinct(relation.columns), types))
    wanted = [_carried(type_) for type_ in relation.types]
    if wanted != list(map(str, relation.types)):
        casts = (f"CAST(#{i} AS {type_}) AS c{i}" for i, type_ in enumerate(wanted, 1))
        relation = relation.project(", ".join(casts))
    data = [_in_milliseconds(data, column) for data, column in zip(relation.to_arrow_table().columns, columns, strict=True)]
    return columns, pa.table(data, schema=pa.schema([(c.name, d.type) for c, d in zip(columns, data, strict=True)]))


def sql_type(type_: DuckDBPyType) -> SqlType:
    """The SQL type that stands for a type of DuckDB."""
    match type_.id:
        case "list" | "array":
            return Array(sql_type(_children(type_)[0]))
        case "map":
            key, value = _children(type_)
            return Map(STRING if key.id in _NESTED else sql_type(key), sql_type(value))
        case "struct" | "tuple":
            return Struct(tuple((name, sql_type(child)) for name, child in _fields(type_)))
        case "decimal":
            precision, scale = (number for _, number in type_.children if isinstance(number, int))
            return Decimal(precision, scale)
    return _SCALARS.get(type_.id, STRING)


def _carried(type_: DuckDBPyType) -> str:
    """The type of DuckDB in which its values come as Arrow: the same where that can do it."""
    match type_.id:
        case "list" | "array":
            return f"{_carried(_children(type_)[0])}[]"
        case "map":
            key, value = _children(type_)
            return f"MAP({'VARCHAR' if key.id in _NESTED else _carried(key)}, {_carried(value)})"
        case "struct" | "tuple":
            return f"STRUCT({', '.join(f'{quote_duckdb(name)} {_carried(child)}' for name, child in _fields(type_))})"
    sql = sql_type(type_)
    return str(type_) if sql in (DATE, TIME, TIMESTAMP) else sql.duckdb


def _children(type_: DuckDBPyType) -> list[DuckDBPyType]:
    return [child for _, child in type_.children if isinstance(child, DuckDBPyType)]


def _fields(type_: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    """The fields of a struct. Those of a tuple have no names; this is what DuckDB calls them where they need some."""
    named = zip(type_.children, _children(type_), strict=True)
    return [(name or f"element{i}", child) for i, ((name, _), child) in enumerate(named, 1)]


def _distinct(names: Sequence[str]) -> Iterator[str]:
    """Every name once: the second `a` is `a_1`."""
    taken: set[str] = set()
    for name in names:
        new, number = name, 0
        while new in taken or (number and new in names):
            number += 1
            new = f"{name}_{number}"
        taken.add(new)
        yield new


def _in_milliseconds(data: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """`data` with every time in it as whole milliseconds."""
    try:
        chunks = [_cut(chunk) for chunk in data.chunks or [pa.nulls(0, data.type)]]
    except OverflowError:
        hint = "CAST it to VARCHAR, or leave such rows out."
        raise StatementError(f"column {column.name} has a time that no {column.type} can be", hint=hint) from None
    return pa.chunked_array(chunks)


def _cut(values: pa.Array) -> pa.Array:
    """`values` with the fractions of milliseconds cut off. Raises OverflowError where a time is infinite."""
    type_ = values.type
    if pa.types.is_timestamp(type_):
        return _epoch_ms(_finite(values.cast(pa.int64())), type_.unit).cast(pa.timestamp("ms"))
    if pa.types.is_time(type_):
        return values.cast(pa.time32("ms"), safe=False)
    if pa.types.is_date32(type_):
        return _finite(values.cast(pa.int32())).cast(type_)
    if pa.types.is_struct(type_):
        return pa.StructArray.from_arrays([_cut(f) for f in values.flatten()], names=type_.names, mask=values.is_null())
    if pa.types.is_map(type_):
        return pa.MapArray.from_arrays(_offsets(values), _cut(values.keys), _cut(values.items), mask=values.is_null())
    if pa.types.is_list(type_):
        return pa.ListArray.from_arrays(_offsets(values), _cut(values.values), mask=values.is_null())
    return values


def _finite(numbers: pa.Array) -> pa.Array:
    """The numbers of dates or times, unless one of them stands for an infinity."""
    infinity = 2 ** (numbers.type.bit_width - 1) - 1
    extremes = pc.min_max(numbers).as_py()
    if extremes["min"] == -infinity or extremes["max"] == infinity:
        raise OverflowError
    return numbers


def _epoch_ms(numbers: pa.Array, unit: str) -> pa.Array:
    """Milliseconds of `numbers` of units since the epoch."""
    if unit == "s":
        return pc.multiply(numbers, 1_000)
    per_ms = {"ms": 1, "us": 1_000, "ns": 1_000_000}[unit]
    return pa.array(np.floor_divide(pc.fill_null(numbers, 0).to_numpy(), per_ms), mask=numbers.is_null().to_numpy(False))


def _offsets(lists: pa.Array) -> pa.Array:
    """Where the lists lie in their elements, as Arrow takes it beside a mask: not as a slice."""
    return pa.array(lists.offsets.to_numpy())
