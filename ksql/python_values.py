"""Rows as Python's own values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine.types.calendar import to_numbers
from ksql.engine.types.sql_types import DATE, TIME, TIMESTAMP, Array, Column, Map, SqlType, Struct

ToPython = Callable[[Any], Any]
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001


def python_rows(table: pa.Table, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """One dict per row: MAP and STRUCT as dict, ARRAY as list, DECIMAL, DATE, TIME and TIMESTAMP as Python has them.

    A DATE or TIMESTAMP outside of the years 1 to 9999, which Python has no value for, is a numpy.datetime64.
    """
    names = [column.name for column in columns]
    cells = [_values(table.column(i), column.type) for i, column in enumerate(columns)]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def _values(column: pa.ChunkedArray, type_: SqlType) -> list[Any]:
    convert = _converter(type_)
    values: list[Any] = to_numbers(column, type_).to_pylist(maps_as_pydicts="strict")
    return values if convert is None else list(map(_or_none(convert), values))


def _converter(type_: SqlType) -> ToPython | None:
    """What makes a Python value of a number, wherever `type_` has a date or time in it; None where it has none."""
    match type_:
        case Array(item):
            return _of_array(_converter(item))
        case Map(key, value):
            return _of_map(_converter(key), _converter(value))
        case Struct(fields):
            return _of_struct({name: convert for name, field in fields if (convert := _converter(field))})
    return _CALENDAR.get(type_)


def _of_array(convert: ToPython | None) -> ToPython | None:
    if convert is None:
        return None
    some = _or_none(convert)
    return lambda items: list(map(some, items))


def _of_map(key: ToPython | None, value: ToPython | None) -> ToPython | None:
    if key is None and value is None:
        return None
    some_key, some_value = _or_none(key), _or_none(value)
    return lambda entries: {some_key(k): some_value(v) for k, v in entries.items()}


def _of_struct(fields: Mapping[str, ToPython]) -> ToPython | None:
    if not fields:
        return None
    some = {name: _or_none(convert) for name, convert in fields.items()}
    return lambda row: {**row, **{name: convert(row[name]) for name, convert in some.items()}}


def _or_none(convert: ToPython | None) -> ToPython:
    return lambda value: value if value is None or convert is None else convert(value)


def _date(days: int) -> dt.date | np.datetime64:
    try:
        return dt.date.fromordinal(dt.date(1970, 1, 1).toordinal() + days)
    except (OverflowError, ValueError):
        return np.datetime64(days, "D")


def _time(milliseconds: int) -> dt.time:
    """24:00, which SQL has, is midnight."""
    return (_EPOCH + dt.timedelta(milliseconds=milliseconds)).time()


def _timestamp(milliseconds: int) -> dt.datetime | np.datetime64:
    try:
        return _EPOCH + dt.timedelta(milliseconds=milliseconds)
    except OverflowError:
        return np.datetime64(milliseconds, "ms")


_CALENDAR: dict[SqlType, ToPython] = {DATE: _date, TIME: _time, TIMESTAMP: _timestamp}
