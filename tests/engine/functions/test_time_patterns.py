"""Dates and times by the JVM's patterns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.functions.epoch import civil, days_of
from ksql.engine.functions.time_format import Moment, format_moment, of_timestamp
from ksql.engine.functions.time_loose import parse_loosely
from ksql.engine.functions.time_parse import epoch_ms, local_date, local_time, parse
from ksql.engine.functions.zones import find_zone

GMT = find_zone("GMT")
#: 2021-11-18T13:05:09.123Z, a Thursday
MOMENT = 1_637_240_709_123


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2021-11-18T13:05:09.123"),
        ("y u yy uu yyyyy", "2021 2021 21 21 02021"),
        ("M MM MMM MMMM MMMMM L LLL", "11 11 Nov November N 11 Nov"),
        ("d dd D DDD", "18 18 322 322"),
        ("E EEE EEEE EEEEE e c", "Thu Thu Thursday T 5 5"),
        ("Q QQ QQQ QQQQ", "4 04 Q4 4th quarter"),
        ("w ww W F YYYY", "47 47 3 4 2021"),
        ("H HH k K h hh a", "13 13 13 1 1 01 PM"),
        ("m mm s ss S SS SSS SSSSSS", "5 05 9 09 1 12 123 123000"),
        ("A n N", "47109123 123000000 47109123000000"),
        ("G GGGG", "AD Anno Domini"),
        ("z X XX XXX x xx xxx Z ZZZZ ZZZZZ O OOOO VV", "GMT Z Z Z +00 +0000 +00:00 +0000 GMT Z GMT GMT GMT"),
        ("'it''s' '' [HH]", "it's ' 13"),
    ],
)
def test_formats(pattern: str, text: str) -> None:
    assert format_moment(of_timestamp(MOMENT, GMT), pattern) == text


@pytest.mark.parametrize(
    ("zone", "pattern", "text"),
    [
        ("America/Los_Angeles", "HH:mm z xxx", "05:05 PST -08:00"),
        ("+05:30", "HH:mm X O", "18:35 +0530 GMT+5:30"),
        ("+0200", "HH VV XXX", "15 +02:00 +02:00"),
        ("UTC+3", "HH", "16"),
        ("Z", "HH VV", "13 Z"),
        ("Asia/Kolkata", "HH:mm", "18:35"),
    ],
)
def test_formats_in_a_zone(zone: str, pattern: str, text: str) -> None:
    assert format_moment(of_timestamp(MOMENT, find_zone(zone)), pattern) == text


@pytest.mark.parametrize(
    ("days", "text"), [(-719_163, "0001 BC 0000"), (2_932_897, "+10000 AD +10000"), (-719_162, "0001 AD 0001")]
)
def test_formats_far_years(days: int, text: str) -> None:
    assert format_moment(Moment(days=days), "yyyy G uuuu") == text


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("2021-11-18 13:05:09.123", "yyyy-MM-dd HH:mm:ss.SSS", MOMENT),
        ("20211118130509123", "yyyyMMddHHmmssSSS", MOMENT),
        ("18 nov 2021 1:05:09.123 pm", "d MMM yyyy h:mm:ss.SSS a", MOMENT),
        ("Thursday, November 18, 2021", "EEEE, MMMM d, yyyy", 1_637_193_600_000),
        ("2021-11-18T13:05:09.123Z", "yyyy-MM-dd'T'HH:mm:ss.SSSX", MOMENT),
        ("2021-11-18T15:05:09.123+0200", "yyyy-MM-dd'T'HH:mm:ss.SSSX", MOMENT),
        ("2021-11-18T15:05:09.123+02:00", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", MOMENT),
        ("2021-11-18 05:05:09.123 PST", "yyyy-MM-dd HH:mm:ss.SSS z", MOMENT),
        ("2021-11-18 05:05:09.123 America/Los_Angeles", "yyyy-MM-dd HH:mm:ss.SSS VV", MOMENT),
        ("2021", "yyyy", 1_609_459_200_000),
        ("2021-322", "yyyy-DDD", 1_637_193_600_000),
        ("2021-02-30", "yyyy-MM-dd", 1_614_470_400_000),
        ("2021-11-17 24:00", "yyyy-MM-dd HH:mm", 1_637_193_600_000),
        ("21", "yy", 1_609_459_200_000),
        ("2021-11-18", "yyyy-MM-dd[ HH:mm]", 1_637_193_600_000),
        ("12 AM", "h a", 0),
    ],
)
def test_parses(text: str, pattern: str, expected: int) -> None:
    assert epoch_ms(text, pattern, GMT) == expected


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2021-13-01", "yyyy-MM-dd"),
        ("2021-11-32", "yyyy-MM-dd"),
        ("2021-11-18 ", "yyyy-MM-dd"),
        ("2021-1-1", "yyyy-MM-dd"),
        ("25:00", "HH:mm"),
        ("24:01", "HH:mm"),
        ("13 PM", "h a"),
        ("Monday, 2021-11-18", "EEEE, yyyy-MM-dd"),
        ("1", "SSSSSSSSSS"),
        ("x", "'x"),
        ("x", "]"),
        ("1", "b"),
        ("1 2", "d d"),
        ("12:00 Nowhere/City", "HH:mm VV"),
    ],
)
def test_refuses(text: str, pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        epoch_ms(text, pattern, GMT)


@pytest.mark.parametrize(
    ("text", "pattern", "day"),
    [
        ("2001-02-29", "yyyy-MM-dd", date(2001, 3, 1)),
        ("2001-13-01", "yyyy-MM-dd", date(2002, 1, 1)),
        ("20240131", "yyyyMMdd", date(2024, 1, 31)),
        ("31 January 2024 and more", "d MMM yyyy", date(2024, 1, 31)),
        ("1.2.2024", "dd.MM.yyyy", date(2024, 2, 1)),
        ("Wed Jan 31 2024", "EEE MMM d yyyy", date(2024, 1, 31)),
        ("1582-10-15", "yyyy-MM-dd", date(1582, 10, 15)),
        ("1582-10-04", "yyyy-MM-dd", date(1582, 10, 14)),
    ],
)
def test_older_patterns_are_lenient(text: str, pattern: str, day: date) -> None:
    assert parse_loosely(text, pattern) == (day - date(1970, 1, 1)).days * 86_400_000


def test_a_skipped_hour_counts_as_before_the_change_and_a_doubled_one_as_the_first() -> None:
    zone = find_zone("America/New_York")
    assert epoch_ms("2024-03-10 02:30", "yyyy-MM-dd HH:mm", zone) == epoch_ms("2024-03-10 03:30", "yyyy-MM-dd HH:mm", zone)
    assert epoch_ms("2024-11-03 01:30", "yyyy-MM-dd HH:mm", zone) == epoch_ms("2024-11-03 05:30", "yyyy-MM-dd HH:mm", GMT)


@settings(max_examples=200)
@given(st.dates())
def test_calendar(day: date) -> None:
    days = (day - date(1970, 1, 1)).days
    assert civil(days) == (day.year, day.month, day.day)
    assert days_of(day.year, day.month, day.day) == days
    moment = Moment(days=days)
    assert (
        format_moment(moment, "yyyy-MM-dd D E") == f"{day:%Y-%m-%d} {day.timetuple().tm_yday} {day:%a}".zfill(0).rjust(0)
        or day.year < 1000
    )
    assert local_date(parse(format_moment(moment, "uuuu-MM-dd"), "uuuu-MM-dd")) == days


@settings(max_examples=200)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - local to UTC
def test_formatted_moments_read_back(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    ms = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    pattern = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
    for zone in ("GMT", "America/New_York", "+05:45"):
        assert epoch_ms(format_moment(of_timestamp(ms, find_zone(zone)), pattern), pattern, GMT) == ms
    assert local_time(parse(format_moment(of_timestamp(ms, GMT), "A"), "A")) == ms % 86_400_000


@pytest.mark.parametrize(
    ("pattern", "text", "year"),
    [
        ("yyyy", "2024", 2024),
        ("yyyy", "12024", None),
        ("yyyy", "+12024", 12024),
        ("yyyy", "+2024", None),
        ("yyyy", "024", None),
        ("yyyy", "-0001", None),
        ("yyyy", "0000", None),
        ("yyyy", "٢٠٢٤", None),
        ("uuuu", "-0001", -1),
        ("uuuu", "0000", 0),
        ("y", "12024", 12024),
        ("y", "+2024", None),
        ("yy", "24", 2024),
        ("yyyyMMdd", "20240131", 2024),
        ("yyyyMMdd", "120240131", None),
    ],
)
def test_years(pattern: str, text: str, year: int | None) -> None:
    try:
        found: int | None = civil(local_date(parse(text, pattern)))[0]
    except ValueError:
        found = None
    assert found == year


OFFSETS = {
    "Z": 0,
    "+5": 5 * 3600,
    "-05": -5 * 3600,
    "+0530": 19_800,
    "+05:30": 19_800,
    "-053015": -19_815,
    "+05:30:15": 19_815,
    "UTC+5": 5 * 3600,
    "GMT-05:30": -19_800,
    "+18:00": 64_800,
    "+18:01": None,
    "+19": None,
    "+5:30": None,
    "+530": None,
    "+05:3015": None,
    "+05:60": None,
    "+": None,
    "5": None,
    "z": None,
}


@pytest.mark.parametrize(("name", "seconds"), OFFSETS.items())
def test_offsets(name: str, seconds: int | None) -> None:
    try:
        found: int | None = find_zone(name).fixed_s
    except ValueError:
        found = None
    assert found == seconds
