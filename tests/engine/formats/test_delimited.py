"""DELIMITED: lines, quotes, and values as text."""

from __future__ import annotations

from decimal import Decimal as Number
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ksql.engine.errors import StatementError
from ksql.engine.formats import bind
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.formats.csv_lines import LineReader
from ksql.engine.formats.rows import UnreadableError
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    STRING,
    TIME,
    TIMESTAMP,
    Column,
    Decimal,
    SqlType,
)
from tests.engine.formats.running import comparable, decode, encode, exact

ERROR = object()
VALUES: list[tuple[SqlType, str, Any]] = [
    (BOOLEAN, "true", True),
    (BOOLEAN, "TRUE", True),
    (BOOLEAN, "yes", False),
    (INTEGER, "33", 33),
    (INTEGER, "+33", 33),
    (INTEGER, " 33", ERROR),
    (INTEGER, "1.0", ERROR),
    (INTEGER, "2147483648", ERROR),
    (BIGINT, "-9223372036854775808", -9223372036854775808),
    (DOUBLE, "1.5", 1.5),
    (DOUBLE, "1e3", 1000.0),
    (DOUBLE, " 5d", 5.0),
    (DOUBLE, "1_0", ERROR),
    (STRING, " x ", " x "),
    (STRING, '"a,""b"""', 'a,"b"'),
    (STRING, '"a" \t', "a"),
    (STRING, '"a"b', ERROR),
    (STRING, '"a', ERROR),
    (STRING, 'a"b', 'a"b'),
    (STRING, '""', None),
    (STRING, '"two\nlines"', "two\nlines"),
    (BYTES, "QUI=", b"AB"),
    (BYTES, "QUI", b"AB"),
    (BYTES, "QUJD=", ERROR),
    (BYTES, "!", ERROR),
    (DOUBLE, "-0.0", -0.0),
    (DOUBLE, "1e400", float("inf")),
    (DOUBLE, "٣", ERROR),
    (INTEGER, "٣", 3),
    (INTEGER, "-0", 0),
    (INTEGER, "1e2", ERROR),
    (Decimal(6, 4), "1e1", Number("10.0000")),
    (Decimal(6, 4), " 1", ERROR),
    (DATE, "-10", -10),
    (TIME, "10", 10),
    (TIME, "86400000", ERROR),
    (TIMESTAMP, "10", 10),
    (Decimal(6, 4), "12.0", Number("12.0000")),
    (Decimal(6, 4), "12.00000", Number("12.0000")),
    (Decimal(6, 4), "12.00001", ERROR),
    (Decimal(2, 2), ".5", Number("0.50")),
    (Decimal(2, 2), "1.5", ERROR),
]


@pytest.mark.parametrize(("type_", "text", "expected"), VALUES, ids=[f"{type_} {text}" for type_, text, _ in VALUES])
def test_values(type_: SqlType, text: str, expected: Any) -> None:
    decoder = bind("DELIMITED", (Column("A", INTEGER), Column("B", type_)), FormatOptions(is_key=False))[0]
    record = f"1,{text}".encode()
    rows, errors = exact(decoder, [record])
    assert (errors[0] is not None) == (expected is ERROR), errors
    assert rows == [(None, None) if expected is ERROR else (1, expected)]
    fast, suspect = decode(decoder, [record])
    assert suspect[0] or (fast == rows and expected is not ERROR)


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ("a,b", ["a", "b"]),
        ("a,", ["a", ""]),
        (",", ["", ""]),
        ('"a","b"', ["a", "b"]),
        ('a,"b"\nc', ["a", "b"]),
        ("\r\n\na,b\r\n", ["a", "b"]),
        ("", None),
        ("\n", None),
        ("\r\r\n \n", [" "]),
        ("a\r\n\r\nb,c", ["a"]),
        ("a,b\n,", ["a", "b"]),
        ('a,b\n"c', None),
        ('a,b\n"c"d', None),
        ('a"b,"c""d"', ['a"b', 'c"d']),
        ('a,"b" \t\x0b,c', ["a", "b", "c"]),
        ('"a"\xa0', None),
        ('"a"\u2003,b', ["a", "b"]),
        (' "a",b', [' "a"', "b"]),
        ("a\\,b", ["a\\", "b"]),
        ("#a,b", ["#a", "b"]),
        ("\ufeffa,b", ["\ufeffa", "b"]),
        ("a,\x00", ["a", "\x00"]),
        ("a,,", ["a", "", ""]),
        (",\n", ["", ""]),
        ('"",""', ["", ""]),
        ('"\r\n",a', ["\r\n", "a"]),
        ('"""",\'a\'', ['"', "'a'"]),
    ],
)
def test_lines(record: str, fields: list[str] | None) -> None:
    if fields is None:
        with pytest.raises(UnreadableError):
            LineReader(",").first(record)
    else:
        assert LineReader(",").first(record) == fields


def test_field_count_and_nulls() -> None:
    decoder = bind("DELIMITED", (Column("A", INTEGER), Column("B", STRING)), FormatOptions(is_key=False))[0]
    data = [b"1,x", b",", b"1", b"1,x,y", b"", None]
    assert decode(decoder, data) == (
        [(1, "x"), (None, None), (1, None), (1, "x"), (None, None), (None, None)],
        [False, False, True, True, True, False],
    )
    rows, errors = exact(decoder, data)
    assert rows[:2] == [(1, "x"), (None, None)]
    assert [error is None for error in errors] == [True, True, False, False, False, True]


@pytest.mark.parametrize(
    ("types", "row", "line"),
    [
        ((DATE,), (-10,), '"-10"'),
        ((DATE,), (10,), "10"),
        ((INTEGER, INTEGER), (1, -1), "1,-1"),
        ((STRING, STRING), ("", ""), '"",'),
        ((STRING, STRING), (None, None), ","),
        ((STRING, STRING), ("é", "é"), '"é",é'),
        ((STRING, STRING), ("a b", "a,b"), 'a b,"a,b"'),
        ((STRING, STRING), ('a"', '#"'), '"a""","#"""'),
        ((STRING, STRING), ("a ", " a"), '"a "," a"'),
        ((STRING, STRING), ("a\nb", "$"), '"a\nb",$'),
        ((DOUBLE, DOUBLE), (1e10, 0.5), "1.0E10,0.5"),
        ((DOUBLE, DOUBLE), (1.5e-7, -12345678.5), "1.5E-7,-1.23456785E7"),
        ((BOOLEAN, BYTES), (True, b"AB"), "true,QUI="),
        ((Decimal(6, 4), TIMESTAMP), (Number("12.3"), 5), "12.3000,5"),
        ((STRING, STRING), ("\ufeff", "\ufeff"), '"\ufeff",\ufeff'),
        ((STRING, STRING), ("😀", "😀"), '"😀",😀'),
        ((STRING, STRING), ("_a", "_a"), '"_a",_a'),
        ((STRING, STRING), ("a#", "'a'"), "a#,'a'"),
        ((STRING, STRING), ("a\t", "a\x1f"), '"a\t","a\x1f"'),
        ((STRING, STRING), ("a", None), "a,"),
        ((STRING, INTEGER), (None, None), ","),
        ((DOUBLE, DOUBLE), (-0.0, -0.0), '"-0.0",-0.0'),
        ((DOUBLE, DOUBLE), (float("nan"), float("-inf")), "NaN,-Infinity"),
        ((DOUBLE, DOUBLE), (float("-inf"), 1e-320), '"-Infinity",1.0E-320'),
        ((Decimal(9, 8), Decimal(2, 2)), (Number("-0.00000001"), Number("-0.10")), '"-0.00000001",-0.10'),
    ],
)
def test_lines_written(types: tuple[SqlType, ...], row: tuple[Any, ...], line: str) -> None:
    columns = tuple(Column(f"C{index}", type_) for index, type_ in enumerate(types))
    encoder = bind("DELIMITED", columns, FormatOptions(is_key=False))[1]
    assert encode(encoder, [row]) == [line]


def test_a_lone_null_is_an_empty_text_but_no_key() -> None:
    for type_ in (STRING, INTEGER, BYTES):
        column = (Column("A", type_),)
        assert encode(bind("DELIMITED", column, FormatOptions(is_key=False))[1], [(None,)]) == [""]
        assert encode(bind("DELIMITED", column, FormatOptions(is_key=True))[1], [(None,)]) == [None]


#: Pieces of fields, odd and usual; those of a type that takes them, and of one that does not.
PIECES = st.one_of(
    st.sampled_from(
        ["", " ", "\t", '"', '""', "'", "#", "\r", "\n", "\r\n", "\x00", "\x1f", "\xa0", "\u2003", "\ufeff", "é", "😀"]
    ),
    st.sampled_from(["a", "x,y", "true", "TRUE", "yes", "\\", "\\N", "null", "NULL", "QUI=", "QUI", "QU", "Q", "QUJD="]),
    st.sampled_from(
        ["0", "-0", "+5", "007", "5", "5.", ".5", "1.5", "-0.0", "1e3", "1E-3", "1e400", "1_0", "0x1p3", "5d", "٣"]
    ),
    st.sampled_from(["NaN", "-Infinity", "inf", "nan", "12.340", "12.345", "2147483648", "99999999999999999999", "86400000"]),
    st.sampled_from(["2020-01-01", "10:00"]),
)
TYPES = st.sampled_from(
    [BOOLEAN, INTEGER, BIGINT, DOUBLE, STRING, BYTES, DATE, TIME, TIMESTAMP, Decimal(6, 2), Decimal(30, 12)]
)
LINES = st.lists(
    st.lists(PIECES, max_size=2).flatmap(lambda p: st.sampled_from(["".join(p), '"' + "".join(p) + '"', "".join(p) + " "])),
    min_size=1,
    max_size=3,
)


@given(
    types=st.lists(TYPES, min_size=1, max_size=3),
    delimiter=st.sampled_from([",", "|", "TAB", "SPACE", "-", "1"]),
    lines=st.lists(LINES, min_size=1, max_size=6),
    ends=st.sampled_from(["", "", "\n", "\r\n\r\n", '\nx"', '\n"x']),
)
def test_trusted_lines_are_right(types: list[SqlType], delimiter: str, lines: list[list[str]], ends: str) -> None:
    columns = tuple(Column(f"C{index}", type_) for index, type_ in enumerate(types))
    decoder = bind("DELIMITED", columns, FormatOptions(is_key=False, delimiter=delimiter))[0]
    between = {"TAB": "\t", "SPACE": " "}.get(delimiter, delimiter)
    data = [(between.join(fields) + ends).encode() for fields in lines]
    rows, errors = exact(decoder, data)
    fast, suspect = decode(decoder, data)
    for record, row, error, read, odd in zip(data, rows, errors, fast, suspect, strict=True):
        assert odd or (error is None and repr(read) == repr(row)), record


ROWS = st.tuples(st.text(st.sampled_from("ab\"'#,|$ \t-]\\5\r\né"), min_size=1), st.integers(-9, 9), st.floats())


@given(delimiter=st.sampled_from([",", "|", "$", "SPACE", "tab", "-", "]", "\\", "'", "5"]), rows=st.lists(ROWS, min_size=1))
def test_round_trip(delimiter: str, rows: list[tuple[str, int, float]]) -> None:
    columns = (Column("A", STRING), Column("B", INTEGER), Column("C", DOUBLE))
    decoder, encoder = bind("DELIMITED", columns, FormatOptions(is_key=False, delimiter=delimiter))
    data = [line.encode() for line in encode(encoder, rows)]
    read, errors = exact(decoder, data)
    assert set(errors) == {None}
    assert repr(read) == repr([(text, number, comparable(real)) for text, number, real in rows])
    fast, suspect = decode(decoder, data)
    assert [row for row, bad in zip(fast, suspect, strict=True) if not bad] == [
        row for row, bad in zip(read, suspect, strict=True) if not bad
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "TAB", "space", "\xa0", "é", "\\", "'", "0", "\x7f"])
def test_delimiters(delimiter: str) -> None:
    columns = (Column("A", STRING), Column("B", STRING))
    decoder, encoder = bind("DELIMITED", columns, FormatOptions(is_key=False, delimiter=delimiter))
    rows = [("a" + delimiter, delimiter + "b")]
    assert exact(decoder, [line.encode() for line in encode(encoder, rows)]) == (rows, [None])


@pytest.mark.parametrize("delimiter", ["", " ", "\t", "\n", "\r", "\x1f", '"', ",,", "<~>", "😀"])
def test_what_is_no_delimiter(delimiter: str) -> None:
    with pytest.raises(StatementError, match="VALUE_DELIMITER must"):
        bind("DELIMITED", (Column("A", STRING),), FormatOptions(is_key=False, delimiter=delimiter))
