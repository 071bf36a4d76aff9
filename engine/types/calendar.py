"""At the edges DATE, TIME and TIMESTAMP become calendar types: date32, time32[ms], timestamp[ms]."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ksql.engine.types.sql_types import DATE, TIME, TIMESTAMP, Array, Column, Map, SqlType, Struct

_CALENDAR: dict[SqlType, pa.DataType] = {DATE: pa.date32(), TIME: pa.time32("ms"), TIMESTAMP: pa.timestamp("ms")}


def calendar_type(type_: SqlType) -> pa.DataType:
    """The Arrow type of `type_` as a user sees it."""
    if isinstance(type_, Array):
        return pa.list_(calendar_type(type_.item))
    if isinstance(type_, Map):
        return pa.map_(calendar_type(type_.key), calendar_type(type_.value))
    if isinstance(type_, Struct):
        return pa.struct([(name, calendar_type(field)) for name, field in type_.fields])
    return _CALENDAR.get(type_, type_.arrow)


def to_calendar(table: pa.Table, columns: Sequence[Column], refs: Sequence[str]) -> pa.Table:
    """The columns `refs` of `table`, by their SQL names and in calendar types."""
    data = []
    for column, ref in zip(columns, refs, strict=True):
        values, wanted = table.column(ref), calendar_type(column.type)
        data.append(values if values.type == wanted else values.cast(wanted))
    return pa.table(data, schema=pa.schema([pa.field(c.name, d.type) for c, d in zip(columns, data, strict=True)]))


def to_numbers(values: pa.ChunkedArray, type_: SqlType) -> pa.ChunkedArray:
    """A column of `to_calendar` as the numbers it is everywhere else: every one has a text, not only the years 1 to 9999."""
    return values if values.type.equals(type_.arrow) else values.cast(type_.arrow)
