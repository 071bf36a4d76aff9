"""Arithmetic of dates and times, and their numbers."""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.declare import TIME_AND_DATE, Call, macro, scalar_sql
from ksql.engine.functions.resolve import UNITS_MS, unit_name

moments = partial(scalar_sql, category=TIME_AND_DATE)
_DAY = UNITS_MS["DAYS"]

# The time that a column gives a record.
macro(
    "ksql_time_of_record(t)",
    "CASE WHEN t >= 0 THEN t ELSE CAST(ksql_error('a record cannot have the time ' || COALESCE(CAST(t AS VARCHAR), 'NULL')) "
    "AS BIGINT) END",
)


def _interval(unit: str, count: str, sign: str) -> str:
    return f"{sign} CAST({count} AS BIGINT) * {UNITS_MS[unit_name(unit) or 'DAYS']}"


def _date(sign: str, call: Call, unit: str, count: str, date: str) -> str:
    """A part of a day is cut off, towards 1970."""
    cast = "TRY_CAST" if call.safe else "CAST"
    return f"{cast}((CAST({date} AS BIGINT) * {_DAY} {_interval(unit, count, sign)}) // {_DAY} AS INTEGER)"


def _time(sign: str, call: Call, unit: str, count: str, time: str) -> str:  # noqa: ARG001 - the signature of a builder
    return f"ksql_time_of({time} {_interval(unit, count, sign)})"


def _timestamp(sign: str, call: Call, unit: str, count: str, timestamp: str) -> str:
    return call.attempt(f"({timestamp} {_interval(unit, count, sign)})")


moments(
    "DATEADD",
    "UNIT, INT, DATE -> DATE",
    typed_sql=partial(_date, "+"),
    doc="A date and an interval later",
    example=("DATEADD(DAYS, 2, '2024-01-31')", "CAST('2024-02-02' AS DATE)"),
)
moments(
    "DATESUB",
    "UNIT, INT, DATE -> DATE",
    typed_sql=partial(_date, "-"),
    doc="A date less an interval",
    example=("DATESUB(DAYS, 2, '2024-03-01')", "CAST('2024-02-28' AS DATE)"),
)
moments(
    "TIMEADD",
    "UNIT, INT, TIME -> TIME",
    typed_sql=partial(_time, "+"),
    doc="A time of day and an interval; beyond midnight it begins anew",
    example=("TIMEADD(HOURS, 2, '23:00')", "CAST('01:00' AS TIME)"),
)
moments(
    "TIMESUB",
    "UNIT, INT, TIME -> TIME",
    typed_sql=partial(_time, "-"),
    doc="A time of day less an interval",
    example=("TIMESUB(MINUTES, 30, '12:00')", "CAST('11:30' AS TIME)"),
)
moments(
    "TIMESTAMPADD",
    "UNIT, INT, TIMESTAMP -> TIMESTAMP",
    typed_sql=partial(_timestamp, "+"),
    doc="A timestamp and an interval",
    example=("TIMESTAMPADD(SECONDS, 5, FROM_UNIXTIME(1000))", "FROM_UNIXTIME(6000)"),
)
moments(
    "TIMESTAMPSUB",
    "UNIT, INT, TIMESTAMP -> TIMESTAMP",
    typed_sql=partial(_timestamp, "-"),
    doc="A timestamp less an interval",
    example=("TIMESTAMPSUB(SECONDS, 5, FROM_UNIXTIME(6000))", "FROM_UNIXTIME(1000)"),
)
moments(
    "FROM_DAYS",
    "INT! -> DATE",
    sql=lambda days: days,
    doc="The date so many days after 1970-01-01",
    example=("FROM_DAYS(1)", "CAST('1970-01-02' AS DATE)"),
)
moments(
    "FROM_UNIXTIME",
    "BIGINT -> TIMESTAMP",
    sql=lambda ms: ms,
    doc="The timestamp of epoch milliseconds",
    example=("FROM_UNIXTIME(0)", "CAST('1970-01-01' AS TIMESTAMP)"),
)
moments(
    "UNIX_DATE",
    "-> INT",
    sql=lambda: "CAST(epoch_ms(now()) // 86400000 AS INTEGER)",
    doc="Days since 1970-01-01 of today, or of a date",
    example=("UNIX_DATE() > 0", "TRUE"),
)
moments("UNIX_DATE", "DATE -> INT", sql=lambda date: date, doc="", example=("UNIX_DATE('1970-01-02')", "1"))
moments(
    "UNIX_TIMESTAMP",
    "-> BIGINT",
    sql=lambda: "epoch_ms(now())",
    doc="Epoch milliseconds of now, or of a timestamp",
    example=("UNIX_TIMESTAMP() > 0", "TRUE"),
)
moments(
    "UNIX_TIMESTAMP",
    "TIMESTAMP -> BIGINT",
    sql=lambda timestamp: timestamp,
    doc="",
    example=("UNIX_TIMESTAMP(FROM_UNIXTIME(5))", "CAST(5 AS BIGINT)"),
)
