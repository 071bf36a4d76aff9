"""ISO 8601 texts of dates and times: how CAST reads them, with trailing parts left out, and how it prints far dates."""

from __future__ import annotations

import re

from ksql.engine.functions.declare import helper
from ksql.engine.functions.epoch import DAY_MS, civil, days_of

_DATE = r"(?P<year>\d{4})(-(?P<month>\d{1,2})(-(?P<day>\d{1,2}))?)?"
_ZONE = r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
_CLOCK = r"(?P<hour>\d{1,2})(:(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.(?P<fraction>\d{1,9}))?)?)?"
_DATE_ONLY = re.compile(_DATE)
_TIME_ONLY = re.compile(_CLOCK)
_MOMENT = re.compile(f"{_DATE}(T({_CLOCK})?)?{_ZONE}")


@helper("ksql_text_to_date", "STRING -> DATE")
def text_to_date(text: str) -> int:
    """Days since the epoch of `2024-12-31`, `2024-12` or `2024`."""
    found = _DATE_ONLY.fullmatch(text)
    if not found:
        raise ValueError(f"'{text}' is not a date; write it like 2024-12-31")
    return _days(found)


@helper("ksql_text_to_time", "STRING -> TIME")
def text_to_time(text: str) -> int:
    """Milliseconds of the day of `23:59:59.999`, also without the last parts."""
    found = _TIME_ONLY.fullmatch(text)
    if not found:
        raise ValueError(f"'{text}' is not a time; write it like 23:59:59.999")
    return _clock_ms(found)


@helper("ksql_text_to_timestamp", "STRING -> TIMESTAMP")
def text_to_timestamp(text: str) -> int:
    """Epoch milliseconds of `2024-12-31T23:59:59.999`, also without the last parts; UTC unless it ends with an offset."""
    found = _MOMENT.fullmatch(text)
    if not found:
        raise ValueError(f"'{text}' is not a timestamp; write it like 2024-12-31T23:59:59.999")
    return _days(found) * DAY_MS + _clock_ms(found) - _offset_ms(found["zone"])


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


def _days(found: re.Match[str]) -> int:
    return days_of(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))


def _clock_ms(found: re.Match[str]) -> int:
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"'{found[0]}' is beyond the end of the day, the hour or the minute")
    ms = int((found["fraction"] or "0").ljust(3, "0")[:3])
    return ((hour * 60 + minute) * 60 + second) * 1000 + ms


def _offset_ms(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    offset = int(zone[1:3]) * 60 + int(zone[-2:])
    return (-offset if zone[0] == "-" else offset) * 60_000
