"""Time zones by the ids the JVM knows: regions, offsets such as +02:00 or +0200, Z, UTC+2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_OFFSET = re.compile(
    "(?P<prefix>UTC|GMT|UT)?(?P<sign>[+-])"
    "(?:(?P<digits>[0-9]|[0-9]{2}(?:[0-9]{2}){0,2})|(?P<parts>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?))"
)
_LARGEST_S = 18 * 3600
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are compared with it
_FIRST_S, _LAST_S = -62_135_596_800 + 86_400, 253_402_300_799 - 86_400

#: Regions that short names in texts stand for.
SHORT_NAMES = {
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "AKST": "America/Anchorage",
    "AKDT": "America/Anchorage",
    "HST": "Pacific/Honolulu",
    "BST": "Europe/London",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "EET": "Europe/Bucharest",
    "EEST": "Europe/Bucharest",
    "WET": "Europe/Lisbon",
    "WEST": "Europe/Lisbon",
    "MSK": "Europe/Moscow",
    "IST": "Asia/Calcutta",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "HKT": "Asia/Hong_Kong",
    "SGT": "Asia/Singapore",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
    "NZST": "Pacific/Auckland",
    "NZDT": "Pacific/Auckland",
    "UTC": "UTC",
    "GMT": "GMT",
    "Z": "Z",
}


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone. `fixed_s` is its offset where that never changes."""

    id: str
    rules: tzinfo
    fixed_s: int | None

    def offset_s(self, epoch_s: int) -> int:
        """Seconds east of UTC at a point in time."""
        if self.fixed_s is not None:
            return self.fixed_s
        moment = datetime.fromtimestamp(min(max(epoch_s, _FIRST_S), _LAST_S), self.rules)
        return _seconds(moment.utcoffset())

    def offset_of_local_s(self, local_s: int) -> int:
        """Seconds east of UTC at a local time, given as seconds since 1970 without zone.

        A time that a change of the clock skips counts as before it; of one that comes twice the first is meant.
        """
        if self.fixed_s is not None:
            return self.fixed_s
        local = _EPOCH + timedelta(seconds=min(max(local_s, _FIRST_S), _LAST_S))
        return _seconds(local.replace(tzinfo=self.rules).utcoffset())

    def short_name(self, epoch_s: int) -> str:
        """Such as PST or PDT."""
        if self.fixed_s is not None:
            return self.id
        return datetime.fromtimestamp(min(max(epoch_s, _FIRST_S), _LAST_S), self.rules).tzname() or self.id


def _seconds(offset: timedelta | None) -> int:
    return int(offset.total_seconds()) if offset is not None else 0


@lru_cache(maxsize=1024)
def find_zone(id_: str) -> Zone:
    """The zone called `id_`. Raises ValueError."""
    if id_ in ("Z", "UTC", "GMT", "UT"):
        return Zone(id_, timezone.utc, 0)  # noqa: UP017 - a tzinfo
    found = _OFFSET.fullmatch(id_)
    if found:
        return _of_offset(found)
    try:
        return Zone(id_, ZoneInfo(id_), None)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"there is no time zone '{id_}'") from None


def _of_offset(found: re.Match[str]) -> Zone:
    digits = (found["digits"] or found["parts"].replace(":", "")).zfill(2).ljust(6, "0")
    hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    seconds = hour * 3600 + minute * 60 + second
    if seconds > _LARGEST_S or minute > 59 or second > 59:
        raise ValueError(f"there is no time zone '{found[0]}'")
    seconds *= -1 if found["sign"] == "-" else 1
    return Zone((found["prefix"] or "") + offset_text(seconds), timezone(timedelta(seconds=seconds)), seconds)


def offset_text(seconds: int, *, colon: bool = True) -> str:
    """+02:00, or +0200 without colon; seconds are added where there are any."""
    rest = abs(seconds)
    parts = [f"{rest // 3600:02}", f"{rest // 60 % 60:02}"] + ([f"{rest % 60:02}"] if rest % 60 else [])
    return ("-" if seconds < 0 else "+") + (":" if colon else "").join(parts)
