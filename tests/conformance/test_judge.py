"""The judge can fail: every kind of wrong record is found, and what may differ is let through."""

from __future__ import annotations

import pytest

from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, STRING, Column, Decimal
from tests.conformance.codec import Serde
from tests.conformance.compare import MODES, Judge, Mode
from tests.conformance.topics import Seen, Topic
from tests.conformance.windowed import Window

VALUE = Serde("JSON", (Column("N", INTEGER), Column("D", DOUBLE), Column("M", Decimal(30, 2)), Column("S", STRING)))
STREAM = Topic("o", Serde("KAFKA", (Column("K", STRING),)), VALUE)
TABLE = Topic("o", Serde("KAFKA", (Column("K", BIGINT),)), VALUE, is_table=True)
SHARED = Topic("o", Serde("KAFKA", (Column("K", STRING),)), VALUE, writers=2)


def seen(key: str | int | None, n: int | None, at: int | None = 0, window: Window | None = None) -> Seen:
    """A record whose value holds `n`, or a tombstone."""
    return Seen(key, None if n is None else {"N": n}, window, at, ())


A1, A2, A3, B1 = seen("a", 1), seen("a", 2), seen("a", 3), seen("b", 1)


def exact(expected: list[Seen], actual: list[Seen]) -> str:
    return Judge(STREAM).judge(expected, actual, "exact")


def batch(expected: list[Seen], actual: list[Seen]) -> str:
    return Judge(STREAM).judge(expected, actual, "batch")


def table(expected: list[Seen], actual: list[Seen]) -> str:
    return Judge(TABLE).judge(expected, actual, "batch")


def test_exact_mode_wants_record_for_record() -> None:
    assert exact([A1, B1, A2], [A1, B1, A2]) == ""
    assert "record 1" in exact([A1, B1, A2], [A1, A2, B1])
    assert "first missing" in exact([A1, A2], [A1])
    assert "first unexpected" in exact([A1], [A1, A1])
    assert "first unexpected" in exact([], [A1])


def test_every_part_of_a_record_counts() -> None:
    windowed = seen("a", 1, window=Window(0, 10))
    assert "key" in exact([A1], [B1])
    assert "value" in exact([A1], [A2])
    assert "value" in exact([A1], [seen("a", None)])
    assert "timestamp 5" in exact([A1], [seen("a", 1, at=5)])
    assert "window" in exact([A1], [windowed])
    assert "window" in exact([windowed], [seen("a", 1, window=Window(0, 11))])
    assert "headers" in exact([A1], [Seen("a", {"N": 1}, None, 0, (("h", b""),))])


def test_timestamp_and_headers_count_only_when_given() -> None:
    assert exact([Seen("a", {"N": 1})], [Seen("a", {"N": 1}, None, 99, (("h", None),))]) == ""


def test_batch_mode_keeps_the_order_of_each_key() -> None:
    assert batch([A1, B1, A2], [B1, A1, A2]) == ""
    assert "record 0" in batch([A1, B1, A2], [A2, B1, A1])
    assert "first missing" in batch([A1, B1, A2], [A1, B1])
    assert "unexpected" in batch([A1], [A1, B1])
    assert "timestamp" in batch([A1], [seen("a", 1, at=1)])


def test_batch_mode_compares_what_a_table_ends_with() -> None:
    first, second, gone = seen(1, 1), seen(1, 2), seen(1, None)
    assert table([first, second], [second]) == ""
    assert table([first, second], [first, seen(1, 2, at=9)]) == ""
    assert "ends as" in table([first, second], [first])
    assert "ends as" in table([first, second], [second, first])
    assert "ends as" in table([first], [])
    assert table([first, gone], []) == ""
    assert table([first, gone], [gone]) == ""
    assert "ends as" in table([first, gone], [first])


def test_batch_mode_refuses_rows_of_a_table_that_exact_mode_never_gives() -> None:
    first, second = seen(1, 1), seen(1, 2)
    assert "never gives" in table([first, second], [seen(1, 3), second])
    assert "never gives" in table([first], [first, seen(2, 1)])
    assert "never gives" in table([first], [first, seen(1, 1, window=Window(0, 1))])
    assert "never gives" in table([first], [seen(1, None), first])


def test_windows_of_a_key_are_apart_from_each_other() -> None:
    early, late = seen(1, 1, window=Window(0, 10)), seen(1, 2, window=Window(10, 20))
    assert table([early, late], [late, early]) == ""
    assert "ends as" in table([early, late], [late])


def test_exact_mode_wants_every_change_of_a_table() -> None:
    assert "record 0" in Judge(TABLE).judge([seen(1, 1), seen(1, 2)], [seen(1, 2)], "exact")


@pytest.mark.parametrize("mode", MODES)
def test_order_does_not_count_between_statements_that_share_a_topic(mode: Mode) -> None:
    judge = Judge(SHARED)
    assert judge.judge([A1, A2], [A2, A1], mode) == ""
    assert judge.judge([A1, A2, A3], [A2, A3, A1], mode) == ""
    assert "2 statements" in judge.judge([A1, A2, A3], [A3, A2, A1], mode)
    assert "missing" in judge.judge([A1, A2], [A1, A1], mode)
    assert "unexpected" in judge.judge([A1], [A1, A1], mode)


def test_tolerance_is_for_doubles_alone() -> None:
    close, far = 1.0 + 5e-14, 1.0 + 5e-13

    def judged(column: str, have: object, tolerance: float) -> str:
        return Judge(STREAM, tolerance).judge([Seen("a", {column: 1})], [Seen("a", {column: have})], "exact")

    assert judged("D", close, 1e-13) == ""
    assert judged("D", close, 0.0) != ""
    assert judged("D", far, 1e-13) != ""
    assert judged("S", "1", 1e-13) != ""
