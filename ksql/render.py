"""Values as text: the one place that knows how a SQL value looks in JSON and in a table for people.

JSON: DECIMAL is a number with all its digits, BYTES base64, DATE, TIME and TIMESTAMP ISO text, NaN and the infinities text
(JSON has no numbers for them). People see the same, without the quotes around a whole cell.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal as PyDecimal
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.functions.epoch import DAY_MS
from ksql.engine.functions.isotime import far_date_text, far_timestamp_text
from ksql.engine.types.calendar import to_numbers
from ksql.engine.types.sql_types import Array, Column, Decimal, Map, SqlType, Struct

ToText = Callable[[Any], str]

#: 0001-01-01 and 9999-12-31: before and after, years have a sign, and numpy writes them otherwise than CAST.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896


def json_rows(table: pa.Table, columns: Sequence[Column]) -> list[str]:
    """One JSON array per row of `table`."""
    return ["[" + ",".join(row) + "]" for row in zip(*json_cells(table, columns), strict=True)]


def json_objects(table: pa.Table, columns: Sequence[Column]) -> list[str]:
    """One JSON object per row of `table`, in the order of the columns."""
    names = [json.dumps(column.name, ensure_ascii=False) for column in columns]
    rows = zip(*json_cells(table, columns), strict=True)
    return ["{" + ",".join(f"{name}:{cell}" for name, cell in zip(names, row, strict=True)) + "}" for row in rows]


def json_cells(table: pa.Table, columns: Sequence[Column]) -> list[list[str]]:
    """Per column, the JSON text of every row."""
    return [_cells(table.column(i), column.type, json_writer(column.type)) for i, column in enumerate(columns)]


def text_cells(table: pa.Table, columns: Sequence[Column]) -> list[list[str]]:
    """Per column, what a person reads in every row."""
    return [_cells(table.column(i), column.type, text_writer(column.type)) for i, column in enumerate(columns)]


def schema_string(columns: Sequence[Column], keys: frozenset[str] = frozenset()) -> str:
    """Columns as the REST headers write them: `ID` INTEGER KEY, `NAME` STRING."""
    return ", ".join(f"{column}{' KEY' if column.name in keys else ''}" for column in columns)


def _cells(values: pa.ChunkedArray, type_: SqlType, write: ToText) -> list[str]:
    numbers = to_numbers(values, type_).to_pylist(maps_as_pydicts="strict")
    return ["null" if value is None else write(value) for value in numbers]


def text_writer(type_: SqlType) -> ToText:
    """How people see a value: as JSON, but a text alone needs no quotes."""
    return _PLAIN.get(str(type_)) or json_writer(type_)


def json_writer(type_: SqlType) -> ToText:
    """The function from a physical value of the type to its JSON text."""
    match type_:
        case Array(item):
            return _array_writer(_or_null(json_writer(item)))
        case Map(key, value):
            return _map_writer(text_writer(key), _or_null(json_writer(value)))
        case Struct(fields):
            return _struct_writer({name: _or_null(json_writer(field)) for name, field in fields})
        case Decimal():
            return _decimal
    name = str(type_)
    if name in ("DATE", "TIME", "TIMESTAMP", "BYTES"):
        plain = _PLAIN[name]
        return lambda value: f'"{plain(value)}"'
    return _JSON[name]


def _or_null(write: ToText) -> ToText:
    return lambda value: "null" if value is None else write(value)


def _array_writer(write: ToText) -> ToText:
    return lambda items: "[" + ",".join(map(write, items)) + "]"


def _map_writer(write_key: ToText, write: ToText) -> ToText:
    return lambda entries: "{" + ",".join(f"{_string(write_key(key))}:{write(item)}" for key, item in entries.items()) + "}"


def _struct_writer(writers: Mapping[str, ToText]) -> ToText:
    return lambda fields: "{" + ",".join(f"{_string(name)}:{write(fields[name])}" for name, write in writers.items()) + "}"


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _double(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'


def _decimal(value: PyDecimal) -> str:
    return f"{value:f}"


def _date(days: int) -> str:
    near = _FIRST_DAY <= days <= _LAST_DAY
    return str(np.datetime64(days, "D")) if near else far_date_text(days)


def _time(milliseconds: int) -> str:
    seconds, ms = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{ms:03}" if ms else text


def _timestamp(milliseconds: int) -> str:
    near = _FIRST_DAY <= milliseconds // DAY_MS <= _LAST_DAY
    return str(np.datetime64(milliseconds, "ms")) if near else far_timestamp_text(milliseconds)


def _bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


_PLAIN: dict[str, ToText] = {
    "STRING": str,
    "DATE": _date,
    "TIME": _time,
    "TIMESTAMP": _timestamp,
    "BYTES": _bytes,
    "DOUBLE": lambda value: _double(value).strip('"'),
}
_JSON: dict[str, ToText] = {
    "STRING": _string,
    "BOOLEAN": lambda value: "true" if value else "false",
    "INTEGER": str,
    "BIGINT": str,
    "DOUBLE": _double,
}
