"""The proleptic Gregorian calendar for every year, also those Python's datetime does not know."""

from __future__ import annotations

DAY_MS = 86_400_000


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01. Raises ValueError for a day that does not exist."""
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    if not 1 <= day <= month_length(year, month):
        raise ValueError(f"{year:04}-{month:02} has no day {day}")
    return days_before_year(year) + days_before_month(year, month) + day - 1


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of days since 1970-01-01."""
    days += 719_468
    era, day_of_era = divmod(days, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    return 28 + is_leap(year) if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def days_before_year(year: int) -> int:
    """Days from 1970-01-01 to January 1st of `year`."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 - 719_162


def days_before_month(year: int, month: int) -> int:
    """Days of `year` before the first of `month`."""
    return sum(month_length(year, m) for m in range(1, month))


def weekday(days: int) -> int:
    """1 = Monday … 7 = Sunday."""
    return (days + 3) % 7 + 1
