"""Text as dates and times, by a pattern of the JVM's DateTimeFormatter; the case of letters does not count.

A pattern becomes a regular expression, whose groups are the values of fields. As on the JVM a day beyond the end of its month
becomes the last one, and 24:00 is midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from ksql.engine.functions.epoch import DAY_MS, days_before_year, days_of, is_leap, month_length
from ksql.engine.functions.pattern import DAYS, ERAS, HALVES, MONTHS, Field, Literal, Part, split_pattern
from ksql.engine.functions.zones import SHORT_NAMES, Zone, find_zone

DATE_LETTERS = frozenset("GuyYDMLdQqwWEecF")


@dataclass(slots=True)
class Parsed:
    """The values of the letters of a pattern, and the zone if there was one."""

    values: dict[str, int] = field(default_factory=dict)
    zone: Zone | None = None

    def get(self, letter: str, default: int) -> int:
        return self.values.get(letter, default)


@dataclass(frozen=True, slots=True)
class _Compiled:
    expression: re.Pattern[str]
    fields: tuple[Field, ...]


def parse(text: str, pattern: str) -> Parsed:
    """The fields of `text`. Raises ValueError when it does not fit the pattern, or the pattern is wrong."""
    compiled = _compiled(pattern)
    found = compiled.expression.fullmatch(text)
    if not found:
        raise ValueError(f"'{text}' does not fit the pattern '{pattern}'")
    parsed = Parsed()
    for part, value in zip(compiled.fields, found.groups(), strict=True):
        if value is not None:
            _take(parsed, part, value)
    return parsed


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> _Compiled:
    expression, fields = "", []
    for part in split_pattern(pattern):
        if isinstance(part, Literal):
            expression += re.escape(part.text)
        elif part.letter in "[]":
            expression += "(?:" if part.letter == "[" else ")?"
        else:
            expression += f"({_expression(part)})"
            fields.append(part)
    return _Compiled(re.compile(expression, re.IGNORECASE), tuple(fields))


_ZONE = r"[A-Z][A-Z0-9~/._+-]*|[+-][0-9]{1,2}(?::?[0-9]{2}){0,2}"
_OFFSETS = {
    "X": {
        1: r"Z|[+-][0-9]{2}(?:[0-9]{2})?",
        2: r"Z|[+-][0-9]{4}",
        3: r"Z|[+-][0-9]{2}:[0-9]{2}",
        4: r"Z|[+-][0-9]{4}(?:[0-9]{2})?",
        5: r"Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?",
    },
    "x": {
        1: r"[+-][0-9]{2}(?:[0-9]{2})?",
        2: r"[+-][0-9]{4}",
        3: r"[+-][0-9]{2}:[0-9]{2}",
        4: r"[+-][0-9]{4}(?:[0-9]{2})?",
        5: r"[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?",
    },
    "Z": {
        1: r"[+-][0-9]{4}",
        2: r"[+-][0-9]{4}",
        3: r"[+-][0-9]{4}",
        4: r"GMT(?:[+-][0-9]{2}:[0-9]{2})?",
        5: r"Z|[+-][0-9]{2}:[0-9]{2}",
    },
    "O": {1: r"GMT(?:[+-][0-9]{1,2}(?::[0-9]{2})?)?", 4: r"GMT(?:[+-][0-9]{2}:[0-9]{2})?"},
}
_NAMES = {"M": MONTHS, "L": MONTHS, "E": DAYS, "e": DAYS, "c": DAYS, "a": HALVES, "G": ERAS}
#: Letters that are numbers, and how often they may be written at most.
_NUMBERS = {
    "M": 2,
    "L": 2,
    "d": 2,
    "D": 3,
    "H": 2,
    "k": 2,
    "K": 2,
    "h": 2,
    "m": 2,
    "s": 2,
    "A": 19,
    "n": 19,
    "N": 19,
    "Q": 2,
    "q": 2,
    "e": 2,
    "w": 2,
    "W": 1,
    "F": 1,
}


def _expression(part: Field) -> str:
    letter, count = part.letter, part.count
    if letter in "yuY":
        return _year_expression(count)
    if letter == "S":
        if count > 9:
            raise ValueError("a second has nine digits behind the point at most")
        return rf"[0-9]{{{count}}}"
    if letter in _NAMES and (count >= 3 or letter in "EaG"):
        return "|".join(_shown(name, letter, count) for name in _NAMES[letter])
    if letter in _OFFSETS and count in _OFFSETS[letter]:
        return _OFFSETS[letter][count]
    if letter in "zV":
        return _ZONE
    if letter not in _NUMBERS or count > _NUMBERS[letter]:
        raise ValueError(f"unknown pattern letters: {letter * count}")
    return r"-?[0-9]{1,19}" if count == 1 else rf"[0-9]{{{count},{3 if letter == 'D' else count}}}"


def _year_expression(count: int) -> str:
    """From four letters on, a year of more digits than letters has a sign."""
    if count == 2:
        return "[0-9]{2}"
    return f"-?[0-9]{{{count},19}}" if count < 4 else f"[0-9]{{{count}}}|[+][0-9]{{{count + 1},19}}|-[0-9]{{{count},19}}"


def _shown(name: str, letter: str, count: int) -> str:
    return name if count == 4 or letter in "aG" else name[:3] if count <= 3 else name[:1]


def _take(parsed: Parsed, part: Field, text: str) -> None:
    letter = {"L": "M", "Y": "y"}.get(part.letter, part.letter)
    if letter in "XxZOzV":
        parsed.zone = _zone(text)
        return
    value = _value(part, text)
    if parsed.values.setdefault(letter, value) != value:
        raise ValueError(f"the text has two different values for {letter}")


def _value(part: Field, text: str) -> int:
    letter = part.letter
    names = _NAMES.get(letter)
    if names and not text.lstrip("-").isdigit():
        return [_shown(name, letter, part.count).upper() for name in names].index(text.upper()) + (letter not in "aG")
    if letter == "S":
        return int(text.ljust(9, "0")) // 1_000_000
    return int(text) + 2000 if letter in "yuY" and part.count == 2 else int(text)


_ONE_DIGIT = re.compile("([+-])([0-9])(?![0-9])")


def _zone(text: str) -> Zone:
    upper = text.upper()
    if upper in SHORT_NAMES:
        return find_zone(SHORT_NAMES[upper])
    if upper.startswith("GMT"):
        return find_zone(_ONE_DIGIT.sub(r"\g<1>0\g<2>", upper))
    return find_zone(text)


def local_date(parsed: Parsed) -> int:
    """Days since 1970; what is missing is 1970, January, the first."""
    year = _year(parsed)
    if "D" in parsed.values and not {"M", "d"} & set(parsed.values):
        return _day_of_year(year, parsed.values["D"])
    month = parsed.get("M", 1)
    if "M" not in parsed.values and ("Q" in parsed.values or "q" in parsed.values):
        month = parsed.get("Q", parsed.get("q", 1)) * 3 - 2
    day = parsed.get("d", 1)
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    if 28 < day <= 31:
        day = min(day, month_length(year, month))
    days = days_of(year, month, day)
    if "E" in parsed.values and parsed.values["E"] != (days + 3) % 7 + 1:
        raise ValueError("the day of the week does not fit the date")
    return days


def _year(parsed: Parsed) -> int:
    year = parsed.get("u", parsed.get("y", 1970))
    if "u" not in parsed.values and year < 1:
        raise ValueError(f"there is no year {year} of an era")
    return 1 - year if parsed.get("G", 1) == 0 and "u" not in parsed.values else year


def _day_of_year(year: int, day: int) -> int:
    if not 1 <= day <= 365 + is_leap(year):
        raise ValueError(f"{year} has no day {day}")
    return days_before_year(year) + day - 1


def local_time(parsed: Parsed) -> int:
    """Milliseconds since midnight; what is missing is 0. 24:00 is a whole day."""
    if "A" in parsed.values or "N" in parsed.values:
        return parsed.get("A", parsed.get("N", 0) // 1_000_000)
    ms = parsed.get("S", parsed.get("n", 0) // 1_000_000)
    minute, second = _limited(parsed, "m", 59), _limited(parsed, "s", 59)
    hour = _hour(parsed)
    if hour == 24 and (minute or second or ms):
        raise ValueError("a day ends at 24:00")
    return ((hour * 60 + minute) * 60 + second) * 1000 + ms


def _hour(parsed: Parsed) -> int:
    if "H" in parsed.values:
        return _limited(parsed, "H", 24)
    if "k" in parsed.values:
        return _limited(parsed, "k", 24, least=1) % 24
    half = parsed.get("a", 0) * 12
    if "h" in parsed.values:
        return _limited(parsed, "h", 12, least=1) % 12 + half
    return _limited(parsed, "K", 11) + half


def _limited(parsed: Parsed, letter: str, most: int, least: int = 0) -> int:
    value = parsed.get(letter, least)
    if not least <= value <= most:
        raise ValueError(f"{value} is beyond {least} to {most}")
    return value


def epoch_ms(text: str, pattern: str, default: Zone) -> int:
    """The point in time that `text` means; in `default` where the text names no zone."""
    parsed = parse(text, pattern)
    local_ms = local_date(parsed) * DAY_MS + local_time(parsed)
    zone = parsed.zone or default
    return local_ms - zone.offset_of_local_s(local_ms // 1000) * 1000


def refuse_letters(pattern: str, letters: frozenset[str], what: str) -> None:
    """Raise ValueError if the pattern has one of `letters`."""
    parts: list[Part] = split_pattern(pattern)
    if any(isinstance(part, Field) and part.letter in letters for part in parts):
        raise ValueError(f"the pattern '{pattern}' asks for {what}")
