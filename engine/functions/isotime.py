"""ISO 8601 texts of dates and times: how CAST and comparisons read them, also without the last parts, and far dates printed.

A DATE or TIME is read as the JVM's LocalDate and LocalTime do, every part with all its digits. A TIMESTAMP is completed as a
text first, then read by its pattern: a day beyond the end of its month becomes the last one, and 24:00 is midnight.
"""

from __future__ import annotations

import re

from ksql.engine.functions.declare import helper
from ksql.engine.functions.epoch import DAY_MS, civil, days_of
from ksql.engine.functions.time_parse import epoch_ms
from ksql.engine.functions.zones import find_zone

_DATE = re.compile(r"([0-9]{4}|[+][0-9]{5,9}|-[0-9]{4,9})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{0,9}))?)?")
_PATTERN = "yyyy-MM-dd'T'HH:mm:ss.SSS"
_MIDNIGHT = "00:00:00.000"
#: DATE has 32 bits.
_MOST_DAYS = 1 << 31


@helper("ksql_text_to_date", "STRING -> DATE")
def text_to_date(text: str) -> int:
    """Days since the epoch of `2024-12-31`, `2024-12` or `2024`."""
    found = _DATE.fullmatch(_whole_date(text))
    if not found or found[1] == "-0000":
        raise ValueError(f"'{text}' is not a date; write it like 2024-12-31")
    days = days_of(int(found[1]), int(found[2]), int(found[3]))
    if not -_MOST_DAYS <= days < _MOST_DAYS:
        raise ValueError(f"'{text}' is too far away for a DATE")
    return days


@helper("ksql_text_to_time", "STRING -> TIME")
def text_to_time(text: str) -> int:
    """Milliseconds of the day of `23:59:59.999`, also without seconds."""
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f"'{text}' is not a time; write it like 23:59:59.999")
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"'{text}' is beyond the end of the day, the hour or the minute")
    return ((hour * 60 + minute) * 60 + second) * 1000 + int((found[4] or "").ljust(3, "0")[:3])


@helper("ksql_text_to_timestamp", "STRING -> TIMESTAMP")
def text_to_timestamp(text: str) -> int:
    """Epoch milliseconds of `2024-12-31T23:59:59.999`, also without the last parts; UTC unless it ends with an offset.

    What the time lacks is taken from midnight, letter by letter: `T2` is `T20:00:00.000`.
    """
    date, has_time, clock = text.partition("T")
    time, sign, offset = _split_offset(clock)
    try:
        zone = find_zone(sign + offset if sign else "Z")
        return epoch_ms(f"{date if has_time else _whole_date(date)}T{time}{_MIDNIGHT[len(time) :]}", _PATTERN, zone)
    except ValueError:
        raise ValueError(f"'{text}' is not a timestamp; write it like 2024-12-31T23:59:59.999") from None


def _split_offset(clock: str) -> tuple[str, str, str]:
    return clock.partition("+" if "+" in clock else "-")


def _whole_date(text: str) -> str:
    """The first day of a year or month; anything else as it is."""
    parts = len(text.rstrip("-").split("-"))
    return f"{text}-01-01" if parts == 1 else f"{text}-01" if parts == 2 else text


@helper("ksql_far_date_text", "DATE -> STRING")
def far_date_text(days: int) -> str:
    """A date outside the years 1 to 9999."""
    year, month, day = civil(days)
    sign = "+" if year > 9999 else "-" if year < 0 else ""
    return f"{sign}{abs(year):04}-{month:02}-{day:02}"


@helper("ksql_far_timestamp_text", "TIMESTAMP -> STRING")
def far_timestamp_text(epoch_ms: int) -> str:
    days, ms = divmod(epoch_ms, DAY_MS)
    seconds, ms = divmod(ms, 1000)
    return f"{far_date_text(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
