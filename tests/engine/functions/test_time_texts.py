"""Which texts CAST and comparisons take for a DATE, a TIME or a TIMESTAMP; the others are NULL."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ksql.engine.functions.isotime import text_to_date, text_to_time, text_to_timestamp
from ksql.engine.types.sql_types import DATE, STRING, TIME, TIMESTAMP, Column, SqlType
from tests.engine.functions.evaluator import Evaluator

DATES = {
    "1970-01-11": 10,
    "1970-02": 31,
    "1971": 365,
    "2000-02-29": 11_016,
    "2001-02-29": None,
    "2001-04-31": None,
    "2001-13-01": None,
    "2001-00-01": None,
    "2001-01-00": None,
    "2001-1-1": None,
    "2001-1": None,
    "2001-01-1": None,
    "2001-01-01T00:00": None,
    "2001-01-01Z": None,
    "2001/01/01": None,
    "20010101": None,
    "200": None,
    "12001-01-01": None,
    "+12001-01-01": 3_663_748,
    "+2001-01-01": None,
    "-0001-01-01": -719_893,
    "-0000-01-01": None,
    "0000-01-01": -719_528,
    "0001-01-01": -719_162,
    "+9999999-01-01": None,
    "٢٠٠١-01-01": None,
    "": None,
    "-": None,
    "2001-": None,
    "bad": None,
}

TIMES = {
    "00:00": 0,
    "00:01": 60_000,
    "23:59:59": 86_399_000,
    "23:59:59.": 86_399_000,
    "23:59:59.9": 86_399_900,
    "23:59:59.999": 86_399_999,
    "23:59:59.999999999": 86_399_999,
    "23:59:59.9999999999": None,
    "23:59:59,999": None,
    "23": None,
    "1:02": None,
    "01:2": None,
    "01:02:3": None,
    "01:02:": None,
    "24:00": None,
    "24:00:00": None,
    "00:60": None,
    "00:00:60": None,
    "T01:02": None,
    "01:02Z": None,
    "01:02+01:00": None,
    "010203": None,
    "-1:00": None,
    "": None,
    "foo": None,
}

DAY = 86_400_000
TIMESTAMPS = {
    "1970-01-02T03:04:05.006": DAY + 11_045_006,
    "1970-01-02T03:04:05.06": DAY + 11_045_060,
    "1970-01-02T03:04:05.": DAY + 11_045_000,
    "1970-01-02T03:04:05": DAY + 11_045_000,
    "1970-01-02T03:04:5": DAY + 11_090_000,
    "1970-01-02T03:04": DAY + 11_040_000,
    "1970-01-02T03": DAY + 10_800_000,
    "1970-01-02T1": DAY + 36_000_000,
    "1970-01-02T": DAY,
    "1970-01-02": DAY,
    "1970-02": 31 * DAY,
    "1971": 365 * DAY,
    "1970-01-02T03:04:05.0061": None,
    "1970-01-02T3:04:05": None,
    "1970-01-02T03:4:05": None,
    "1970-1-2": None,
    "1970-1": None,
    "1970-01T03:04": None,
    "1970T03:04": None,
    "1970-01-02 03:04:05": None,
    "1970-01-02t03:04:05": None,
    "1970-01-02T24": 2 * DAY,
    "1970-01-02T24:00:00.000": 2 * DAY,
    "1970-01-02T24:00:01": None,
    "1970-01-02T25": None,
    "1970-01-02T23:60": None,
    "1971-02-29": (365 + 58) * DAY,
    "1971-02-31T12": (365 + 58) * DAY + 43_200_000,
    "1971-02-32": None,
    "1971-13-01": None,
    "1970-01-02T03:04:05.006+0100": DAY + 7_445_006,
    "1970-01-02T03:04:05+01:00": DAY + 7_445_000,
    "1970-01-02T03:04-0100": DAY + 14_640_000,
    "1970-01-02T03+1": DAY + 7_200_000,
    "1970-01-02T+01:00:30": DAY - 3_630_000,
    "1970-01-02T03:04+1800": DAY + 11_040_000 - 64_800_000,
    "1970-01-02T03:04+1801": None,
    "1970-01-02T03:04+1:00": None,
    "1970-01-02T03:04+010": None,
    "1970-01-02T03:04+": None,
    "1970-01-02T03:04:05.006Z": None,
    "1970-01-02T03:04:05Z": None,
    "1970-01-02Z": None,
    "1970-01-02+0100": None,
    "1970-01-02T03:04:05.006 UTC": None,
    "0001-01-01": -719_162 * DAY,
    "0000-01-01": None,
    "-0001-01-01": None,
    "12001-01-01": None,
    "+12001-01-01": 3_663_748 * DAY,
    "": None,
    "foo": None,
}

CASES = [(DATE, text_to_date, DATES), (TIME, text_to_time, TIMES), (TIMESTAMP, text_to_timestamp, TIMESTAMPS)]


@pytest.mark.parametrize(
    ("read", "text", "expected"), [(read, text, expected) for _, read, texts in CASES for text, expected in texts.items()]
)
def test_texts(read: Callable[[str], int], text: str, expected: int | None) -> None:
    try:
        found: int | None = read(text)
    except ValueError:
        found = None
    assert found == expected


@pytest.mark.parametrize(("type_", "texts"), [(type_, texts) for type_, _, texts in CASES])
def test_cast_and_comparison_agree(sql: Evaluator, type_: SqlType, texts: dict[str, int | None]) -> None:
    columns = [Column("T", STRING), Column("V", type_)]
    rows = [(text, 0 if value is None else value) for text, value in texts.items()]
    assert sql.rows(f"CAST(T AS {type_})", columns, rows) == list(texts.values())
    assert sql.rows("V = T", columns, rows) == [value is not None for value in texts.values()]
    padded = [(f" {text.strip()}\t", value) for text, value in rows]
    assert sql.rows(f"CAST(T AS {type_})", columns, padded) == sql.rows(
        f"CAST(T AS {type_})", columns, [(text.strip(), value) for text, value in rows]
    )
