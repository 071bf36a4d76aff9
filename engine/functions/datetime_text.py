"""Functions between text and dates or times, by patterns, and between time zones."""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.declare import TIME_AND_DATE, scalar
from ksql.engine.functions.epoch import DAY_MS
from ksql.engine.functions.time_format import Moment, format_moment, of_timestamp
from ksql.engine.functions.time_loose import parse_loosely
from ksql.engine.functions.time_parse import DATE_LETTERS, epoch_ms, local_date, local_time, parse, refuse_letters
from ksql.engine.functions.zones import find_zone

moments = partial(scalar, category=TIME_AND_DATE)
_GMT = find_zone("GMT")


@moments(
    "FORMAT_DATE",
    "DATE, STRING -> STRING",
    doc="A date as text, by a pattern",
    example=("FORMAT_DATE(FROM_DAYS(18000), 'EEE, d MMM yyyy')", "'Sun, 14 Apr 2019'"),
)
def format_date(days: int, pattern: str) -> str:
    return format_moment(Moment(days=days), pattern)


@moments(
    "DATETOSTRING",
    "INT!, STRING -> STRING",
    doc="Days since 1970-01-01 as text, by a pattern; better FORMAT_DATE",
    example=("DATETOSTRING(0, 'dd.MM.yyyy')", "'01.01.1970'"),
)
def date_to_string(days: int, pattern: str) -> str:
    return format_moment(Moment(days=days), pattern)


@moments(
    "FORMAT_TIME",
    "TIME, STRING -> STRING",
    doc="A time of day as text, by a pattern",
    example=("FORMAT_TIME('13:05', 'h:mm a')", "'1:05 PM'"),
)
def format_time(ms: int, pattern: str) -> str:
    return format_moment(Moment(ms=ms), pattern)


@moments(
    "FORMAT_TIMESTAMP",
    "TIMESTAMP, STRING -> STRING",
    doc="A timestamp as text, by a pattern, in GMT or a time zone",
    example=("FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy-MM-dd HH:mm')", "'1970-01-01 00:00'"),
)
def format_timestamp(timestamp: int, pattern: str) -> str:
    return format_moment(of_timestamp(timestamp, _GMT), pattern)


@moments(
    "FORMAT_TIMESTAMP",
    "TIMESTAMP, STRING, STRING -> STRING",
    doc="",
    example=("FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'HH:mm', 'Asia/Tokyo')", "'09:00'"),
)
def format_timestamp_in(timestamp: int, pattern: str, zone: str) -> str:
    return format_moment(of_timestamp(timestamp, find_zone(zone)), pattern)


@moments(
    "TIMESTAMPTOSTRING",
    "BIGINT!, STRING -> STRING",
    doc="Epoch milliseconds as text, by a pattern; better FORMAT_TIMESTAMP",
    example=("TIMESTAMPTOSTRING(0, 'HH:mm:ss.SSS')", "'00:00:00.000'"),
)
def timestamp_to_string(timestamp: int, pattern: str) -> str:
    return format_timestamp(timestamp, pattern)


@moments("TIMESTAMPTOSTRING", "BIGINT!, STRING, STRING -> STRING", doc="")
def timestamp_to_string_in(timestamp: int, pattern: str, zone: str) -> str:
    return format_timestamp_in(timestamp, pattern, zone)


@moments(
    "PARSE_DATE",
    "STRING, STRING -> DATE",
    doc="Text as a date, by a pattern",
    example=("PARSE_DATE('31.12.2024', 'dd.MM.yyyy')", "CAST('2024-12-31' AS DATE)"),
)
def parse_date(text: str, pattern: str) -> int:
    days, ms = divmod(parse_loosely(text, pattern), DAY_MS)
    if ms:
        raise ValueError(f"the pattern '{pattern}' asks for a time of day")
    return days


@moments(
    "STRINGTODATE",
    "STRING, STRING -> INT",
    doc="Text as days since 1970-01-01, by a pattern; better PARSE_DATE",
    example=("STRINGTODATE('02.01.1970', 'dd.MM.yyyy')", "1"),
)
def string_to_date(text: str, pattern: str) -> int:
    return local_date(parse(text, pattern))


@moments(
    "PARSE_TIME",
    "STRING, STRING -> TIME",
    doc="Text as a time of day, by a pattern",
    example=("PARSE_TIME('1:05 pm', 'h:mm a')", "CAST('13:05' AS TIME)"),
)
def parse_time(text: str, pattern: str) -> int:
    refuse_letters(pattern, DATE_LETTERS, "a date")
    return local_time(parse(text, pattern)) % DAY_MS


@moments(
    "PARSE_TIMESTAMP",
    "STRING, STRING -> TIMESTAMP",
    doc="Text as a timestamp, by a pattern, in GMT or a time zone",
    example=("PARSE_TIMESTAMP('2.1.1970 3:04', 'd.M.yyyy H:mm')", "CAST('1970-01-02T03:04' AS TIMESTAMP)"),
)
def parse_timestamp(text: str, pattern: str) -> int:
    return epoch_ms(text, pattern, _GMT)


@moments("PARSE_TIMESTAMP", "STRING, STRING, STRING -> TIMESTAMP", doc="")
def parse_timestamp_in(text: str, pattern: str, zone: str) -> int:
    return epoch_ms(text, pattern, find_zone(zone))


@moments(
    "STRINGTOTIMESTAMP",
    "STRING, STRING -> BIGINT",
    doc="Text as epoch milliseconds, by a pattern; better PARSE_TIMESTAMP",
    example=("STRINGTOTIMESTAMP('1970-01-01', 'yyyy-MM-dd')", "CAST(0 AS BIGINT)"),
)
def string_to_timestamp(text: str, pattern: str) -> int:
    return epoch_ms(text, pattern, _GMT)


@moments("STRINGTOTIMESTAMP", "STRING, STRING, STRING -> BIGINT", doc="")
def string_to_timestamp_in(text: str, pattern: str, zone: str) -> int:
    return epoch_ms(text, pattern, find_zone(zone))


@moments(
    "CONVERT_TZ",
    "TIMESTAMP, STRING, STRING -> TIMESTAMP",
    doc="A timestamp moved by the difference of two time zones",
    example=("CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', '+01:00')", "FROM_UNIXTIME(3600000)"),
)
def convert_tz(timestamp: int, source: str, target: str) -> int:
    epoch_s = timestamp // 1000
    return timestamp + (find_zone(target).offset_s(epoch_s) - find_zone(source).offset_s(epoch_s)) * 1000
