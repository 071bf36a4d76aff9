"""Rounding and the printing of numbers, against exact arithmetic."""

from __future__ import annotations

import math
import struct
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, STRING, Column
from ksql.engine.types.sql_types import Decimal as DecimalType
from tests.engine.functions.evaluator import Evaluator

EXACT = Context(prec=1000)
DOUBLES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15),
    st.integers(-(10**6), 10**6).map(lambda n: n / 1000),
    st.integers(-2000, 2000).map(lambda n: n / 2 + 0.5),
)


def half_up(value: Decimal, digits: int) -> Decimal:
    rounding = ROUND_HALF_UP if value > 0 else ROUND_HALF_DOWN
    return value.quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=EXACT)


@settings(max_examples=25)
@given(st.lists(st.tuples(DOUBLES, st.integers(-3, 16)), min_size=1, max_size=50))
def test_doubles_are_rounded_as_they_are_printed(sql: Evaluator, rows: list[tuple[float, int]]) -> None:
    columns = [Column("D", DOUBLE), Column("N", INTEGER)]
    expected = [float(half_up(Decimal(repr(d)), n)) + 0.0 for d, n in rows]
    assert [_bits(v) for v in sql.rows("ROUND(D, N)", columns, rows)] == [_bits(v) for v in expected]
    cut = [float(Decimal(repr(d)).quantize(Decimal(1).scaleb(-n), rounding=ROUND_DOWN, context=EXACT)) + 0.0 for d, n in rows]
    assert [_bits(v) for v in sql.rows("TRUNC(D, N)", columns, rows)] == [_bits(v) for v in cut]


def _bits(value: float) -> bytes:
    return struct.pack(">d", value)


@settings(max_examples=25)
@given(st.lists(DOUBLES, min_size=1, max_size=50))
def test_doubles_become_whole_numbers(sql: Evaluator, values: list[float]) -> None:
    columns, rows = [Column("D", DOUBLE)], [(v,) for v in values]
    assert sql.rows("ROUND(D)", columns, rows) == [int(half_up(Decimal(v), 0)) for v in values]
    assert sql.rows("TRUNC(D)", columns, rows) == [math.trunc(v) for v in values]


@settings(max_examples=25)
@given(
    st.lists(st.decimals(-99999, 99999, places=3, allow_nan=False, allow_infinity=False), min_size=1, max_size=50),
    st.integers(-2, 5),
)
def test_decimals_are_rounded_half_up(sql: Evaluator, values: list[Decimal], digits: int) -> None:
    type_ = DecimalType(12, 3)
    columns, rows = [Column("D", type_), Column("N", INTEGER)], [(v, digits) for v in values]
    expected = [half_up(v, digits) if digits < 3 else v for v in values]
    assert sql.rows(f"ROUND(D, {digits})", columns, rows) == expected
    assert sql.rows("ROUND(D, N)", columns, rows) == expected
    assert sql.rows("ROUND(D)", columns, rows) == [half_up(v, 0) for v in values]
    assert sql.rows("TRUNC(D)", columns, rows) == [v.to_integral_value(ROUND_DOWN) for v in values]
    assert sql.rows("CEIL(D)", columns, rows) == [v.to_integral_value(ROUND_CEILING) for v in values]
    assert sql.rows("FLOOR(D)", columns, rows) == [v.to_integral_value(ROUND_FLOOR) for v in values]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (100.0, "100.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (1.25e-7, "1.25E-7"),
        (123456789.125, "1.23456789125E8"),
        (1e300, "1.0E300"),
        (-1.5e22, "-1.5E22"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_doubles_print_as_on_the_jvm(sql: Evaluator, value: float, text: str) -> None:
    assert sql.rows("CAST(D AS STRING)", [Column("D", DOUBLE)], [(value,)]) == [text]


@settings(max_examples=25)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=30))
def test_printed_doubles_read_back(sql: Evaluator, values: list[float]) -> None:
    texts = sql.rows("CAST(D AS STRING)", [Column("D", DOUBLE)], [(v,) for v in values])
    back = sql.rows("CAST(S AS DOUBLE)", [Column("S", STRING)], [(t,) for t in texts])
    assert [_bits(v) for v in back] == [_bits(v) for v in values]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ABS(CAST(-2147483648 AS INT))", -2147483648),
        ("SQRT(-1)", "nan"),
        ("LN(0)", "-inf"),
        ("LOG(1, 5)", "nan"),
        ("LOG(-2, 5)", "nan"),
        ("ACOS(2)", "nan"),
        ("COT(0)", "inf"),
        ("POWER(10, 400)", "inf"),
        ("SIN(CAST('Infinity' AS DOUBLE))", "nan"),
        ("SIGN(CAST('NaN' AS DOUBLE))", "0"),
        ("ROUND(2.5E0, 400)", "2.5"),
        ("ROUND(2.5E0, -400)", "0.0"),
        ("ROUND(CAST(2.5 AS DECIMAL(3, 1)), 999999)", "2.5"),
        ("ROUND(2.5E0, 2147483647)", None),
        ("TRUNC(2.5E0, -2147483647)", None),
    ],
)
def test_edges(sql: Evaluator, expression: str, expected: object) -> None:
    assert str(sql.value(expression)) == str(expected)


@settings(max_examples=25)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50))
def test_bigint_wraps_into_int(sql: Evaluator, values: list[int]) -> None:
    expected = [(v + 2**31) % 2**32 - 2**31 for v in values]
    assert sql.rows("CAST(N AS INT)", [Column("N", BIGINT)], [(v,) for v in values]) == expected
