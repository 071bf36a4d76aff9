"""Dates and times as text, by a pattern of the JVM's DateTimeFormatter in English, with US weeks (Sunday to Saturday)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ksql.engine.functions.epoch import DAY_MS, civil, days_before_year, weekday
from ksql.engine.functions.pattern import DAYS, ERAS, HALVES, MONTHS, Field, Literal, split_pattern
from ksql.engine.functions.zones import Zone, offset_text


@dataclass(slots=True)
class Moment:
    """What is formatted: days since 1970 and ms of the day, local; None where there is no date, no time, no zone."""

    days: int | None = None
    ms: int | None = None
    zone: Zone | None = None
    epoch_s: int = 0

    @property
    def date(self) -> tuple[int, int, int]:
        return civil(self.day_number)

    @property
    def day_number(self) -> int:
        if self.days is None:
            raise ValueError("a time of day has no date to format")
        return self.days

    @property
    def day_ms(self) -> int:
        if self.ms is None:
            raise ValueError("a date has no time of day to format")
        return self.ms

    @property
    def offset_s(self) -> int:
        return self.zone_.offset_s(self.epoch_s)

    @property
    def zone_(self) -> Zone:
        if self.zone is None:
            raise ValueError("there is no time zone to format")
        return self.zone


def of_timestamp(epoch_ms: int, zone: Zone) -> Moment:
    """A point in time as clocks in `zone` show it."""
    epoch_s = epoch_ms // 1000
    days, ms = divmod(epoch_ms + zone.offset_s(epoch_s) * 1000, DAY_MS)
    return Moment(days, ms, zone, epoch_s)


Piece = Callable[[Moment], str]


def format_moment(moment: Moment, pattern: str) -> str:
    """`moment` as text. Raises ValueError for a bad pattern, or one that asks for what the moment has not."""
    return "".join(piece(moment) for piece in _compiled(pattern))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> list[Piece]:
    pieces: list[Piece] = []
    for part in split_pattern(pattern):
        if isinstance(part, Literal):
            pieces.append(lambda _, text=part.text: text)  # type: ignore[misc]
        elif part.letter not in "[]":
            pieces.append(_piece(part))
    return pieces


def _piece(field: Field) -> Piece:
    letter, count = field.letter, field.count
    if letter in _TEXTS and count >= 3:
        return lambda moment: _text(_TEXTS[letter](moment), count)
    if letter in _NUMBERS and (letter not in "Qq" or count < 3):
        value = _NUMBERS[letter]
        if letter in "yuY":
            return lambda moment: _year(value(moment), count)
        if count > _WIDEST.get(letter, 2):
            raise ValueError(f"too many pattern letters: {letter * count}")
        return lambda moment: f"{value(moment):0{count}}"
    if letter in _SPECIAL:
        return lambda moment: _SPECIAL[letter](moment, count)
    raise ValueError(f"unknown pattern letter: {letter}")


#: How often a letter may be written at most, where that is not twice.
_WIDEST = {"D": 3, "F": 1, "W": 1, "A": 19, "n": 19, "N": 19, "c": 1, "q": 2}


def _text(name: str, count: int) -> str:
    if count > 5:
        raise ValueError("a pattern letter for a text is written five times at most")
    return name[:3] if count == 3 else name if count == 4 else name[:1]


def _year(year: int, count: int) -> str:
    if count == 2:
        return f"{year % 100:02}"
    digits = f"{abs(year):0{count}}"
    return ("-" if year < 0 else "+" if count >= 4 and len(digits) > count else "") + digits


def _year_of_era(year: int) -> int:
    return year if year > 0 else 1 - year


def week_based(days: int) -> tuple[int, int]:
    """Year and week, weeks running from Sunday to Saturday, the first one being that of January 1st."""
    year = civil(days)[0]
    if days >= _first_sunday(year + 1):
        year += 1
    return year, (days - _first_sunday(year)) // 7 + 1


def _first_sunday(year: int) -> int:
    """The day on which the first week of `year` begins."""
    new_year = days_before_year(year)
    return new_year - weekday(new_year) % 7


def _week_of_month(moment: Moment) -> int:
    day = moment.date[2]
    first = moment.day_number - day + 1
    return (day - 1 + weekday(first) % 7) // 7 + 1


def _hour(moment: Moment) -> int:
    return moment.day_ms // 3_600_000


_NUMBERS: dict[str, Callable[[Moment], int]] = {
    "y": lambda m: _year_of_era(m.date[0]),
    "u": lambda m: m.date[0],
    "Y": lambda m: week_based(m.day_number)[0],
    "w": lambda m: week_based(m.day_number)[1],
    "W": _week_of_month,
    "M": lambda m: m.date[1],
    "L": lambda m: m.date[1],
    "d": lambda m: m.date[2],
    "D": lambda m: m.day_number - days_before_year(m.date[0]) + 1,
    "Q": lambda m: (m.date[1] + 2) // 3,
    "q": lambda m: (m.date[1] + 2) // 3,
    "e": lambda m: weekday(m.day_number) % 7 + 1,
    "c": lambda m: weekday(m.day_number) % 7 + 1,
    "F": lambda m: (m.date[2] - 1) % 7 + 1,
    "H": _hour,
    "k": lambda m: _hour(m) or 24,
    "K": lambda m: _hour(m) % 12,
    "h": lambda m: _hour(m) % 12 or 12,
    "m": lambda m: m.day_ms // 60_000 % 60,
    "s": lambda m: m.day_ms // 1000 % 60,
    "A": lambda m: m.day_ms,
    "n": lambda m: m.day_ms % 1000 * 1_000_000,
    "N": lambda m: m.day_ms * 1_000_000,
}


def _quarter(moment: Moment) -> str:
    return f"{['1st', '2nd', '3rd', '4th'][(moment.date[1] - 1) // 3]} quarter"


def _quarter_text(moment: Moment, count: int) -> str:
    number = (moment.date[1] + 2) // 3
    return f"Q{number}" if count == 3 else _quarter(moment) if count == 4 else str(number)


_TEXTS: dict[str, Callable[[Moment], str]] = {
    "M": lambda m: MONTHS[m.date[1] - 1],
    "L": lambda m: MONTHS[m.date[1] - 1],
    "e": lambda m: DAYS[weekday(m.day_number) - 1],
    "c": lambda m: DAYS[weekday(m.day_number) - 1],
}


def _fraction(moment: Moment, count: int) -> str:
    if count > 9:
        raise ValueError("a second has nine digits behind the point at most")
    return f"{moment.day_ms % 1000 * 1_000_000:09}"[:count]


def _offset(moment: Moment, count: int) -> str:
    """x: +02, +0230; xx: +0200; xxx: +02:00."""
    offset = moment.offset_s
    if count > 5:
        raise ValueError("too many pattern letters for an offset")
    if count == 1:
        return offset_text(offset, colon=False)[: 3 if offset % 3600 == 0 else 5]
    text = offset_text(offset, colon=count in (3, 5))
    return text if count >= 4 else text[: 6 if count == 3 else 5]


def _offset_or_z(moment: Moment, count: int) -> str:
    return "Z" if moment.offset_s == 0 else _offset(moment, count)


def _localized_offset(moment: Moment, count: int) -> str:
    """O: GMT+2; OOOO: GMT+02:00."""
    offset = moment.offset_s
    if count not in (1, 4):
        raise ValueError("O is written once or four times")
    if offset == 0:
        return "GMT"
    if count == 4:
        return "GMT" + offset_text(offset)
    minutes = f":{abs(offset) // 60 % 60:02}" if offset % 3600 else ""
    return f"GMT{'-' if offset < 0 else '+'}{abs(offset) // 3600}{minutes}"


def _plain_offset(moment: Moment, count: int) -> str:
    """Z: +0200; ZZZZ: GMT+02:00; ZZZZZ: +02:00 or Z."""
    if count == 4:
        return _localized_offset(moment, 4)
    return _offset_or_z(moment, 3) if count == 5 else _offset(moment, 2)


def _zone_id(moment: Moment, count: int) -> str:
    if count != 2:
        raise ValueError("V is written twice")
    return moment.zone_.id


_SPECIAL: dict[str, Callable[[Moment, int], str]] = {
    "E": lambda m, count: _text(DAYS[weekday(m.day_number) - 1], max(count, 3)),
    "a": lambda m, _: HALVES[_hour(m) // 12],
    "G": lambda m, count: (
        ERAS[m.date[0] > 0]
        if count < 4
        else ("Before Christ", "Anno Domini")[m.date[0] > 0]
        if count == 4
        else "BA"[m.date[0] > 0]
    ),
    "S": _fraction,
    "O": _localized_offset,
    "X": _offset_or_z,
    "x": _offset,
    "Z": _plain_offset,
    "V": _zone_id,
    "z": lambda m, _: m.zone_.short_name(m.epoch_s),
}
_SPECIAL["Q"] = _SPECIAL["q"] = _quarter_text
