"""Text as a date by a pattern of the JVM's older SimpleDateFormat, as PARSE_DATE reads it.

It is lenient: February 30th is a day in March, numbers may have any length, and what follows the date does not count. Dates
before 1582-10-15 are those of the Julian calendar.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache

from ksql.engine.functions.epoch import DAY_MS, days_of
from ksql.engine.functions.pattern import DAYS, ERAS, HALVES, MONTHS, Field, Literal, Part, split_pattern
from ksql.engine.functions.zones import SHORT_NAMES, find_zone

_GREGORIAN_DAYS = days_of(1582, 10, 15)
_LETTERS = "GyYMLwWDdFEuaHkKhmsSzZX"
_NAMES = {"M": MONTHS, "L": MONTHS, "E": DAYS, "a": HALVES, "G": ERAS}
_ZONE = r"Z|[A-Z]{2,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}(?::?\d{2})?"


def parse_loosely(text: str, pattern: str) -> int:
    """Epoch milliseconds, in GMT unless the text names a zone. Raises ValueError."""
    expression, fields = _compiled(pattern)
    found = expression.match(text)
    if not found:
        raise ValueError(f"'{text}' does not fit the pattern '{pattern}'")
    values: dict[str, int] = {}
    offset_ms = 0
    for part, value in zip(fields, found.groups(), strict=True):
        if part.letter in "zZX":
            offset_ms = find_zone(SHORT_NAMES.get(value.upper(), value)).offset_s(0) * 1000
        else:
            values["M" if part.letter == "L" else "y" if part.letter == "Y" else part.letter] = _value(part, value)
    return _days(values) * DAY_MS + _clock_ms(values) - offset_ms


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[re.Pattern[str], list[Field]]:
    parts = split_pattern(pattern, optional=False)
    expression, fields = "", []
    for i, part in enumerate(parts):
        if isinstance(part, Literal):
            expression += re.escape(part.text)
            continue
        if part.letter not in _LETTERS:
            raise ValueError(f"unknown pattern letter: {part.letter}")
        expression += rf"[ \t]*({_expression(part, parts[i + 1 : i + 2])})"
        fields.append(part)
    return re.compile(expression, re.IGNORECASE), fields


def _expression(part: Field, following: list[Part]) -> str:
    if _is_text(part):
        return "|".join(f"{name}|{name[:3]}" if part.letter in "MLE" else name for name in _NAMES[part.letter])
    if part.letter in "zZX":
        return _ZONE
    # Numbers that follow each other without anything between have exactly as many digits as letters.
    adjacent = bool(following) and isinstance(following[0], Field) and not _is_text(following[0])
    return rf"\d{{{part.count}}}" if adjacent else r"-?\d+"


def _is_text(part: Field) -> bool:
    return part.letter in "EaG" or (part.letter in "ML" and part.count >= 3)


def _value(part: Field, text: str) -> int:
    if _is_text(part):
        names = [name.upper() for name in _NAMES[part.letter]]
        index = next(i for i, name in enumerate(names) if name == text.upper() or name[:3] == text.upper())
        return index + (part.letter in "MLE")
    number = int(text)
    if part.letter in "yY" and part.count <= 2 and len(text) == 2:
        return _near(number)
    return number


def _near(two_digits: int) -> int:
    """The year of two digits that lies at most 80 years back and 20 years ahead."""
    first = time.gmtime().tm_year - 80
    return first + (two_digits - first) % 100


def _days(values: dict[str, int]) -> int:
    year = values.get("y", 1970)
    if values.get("G", 1) == 0:
        year = 1 - year
    month, day = values.get("M", 1), values.get("d", 1)
    if "D" in values and "M" not in values and "d" not in values:
        month, day = 1, values["D"]
    # A month beyond the year counts on in the next one, a day beyond the month likewise.
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    gregorian = days_of(year, month, 1) + day - 1
    return gregorian if gregorian >= _GREGORIAN_DAYS else _julian_month(year, month) + day - 1


def _julian_month(year: int, month: int) -> int:
    """Days since 1970 of the first of a month of the Julian calendar."""
    shifted = year - (month <= 2)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5
    return shifted * 365 + shifted // 4 + day_of_year - 719_470


def _clock_ms(values: dict[str, int]) -> int:
    hour = values.get("H", values.get("k", 0) % 24)
    if "h" in values or "K" in values:
        hour = values.get("h", values.get("K", 0)) % 12 + values.get("a", 0) * 12
    return ((hour * 60 + values.get("m", 0)) * 60 + values.get("s", 0)) * 1000 + values.get("S", 0)
