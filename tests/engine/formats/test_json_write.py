"""What JSON records look like, and that they read back as they were."""

from __future__ import annotations

import json
from decimal import Decimal as Number
from typing import Any

import pytest

from ksql.engine.formats import bind
from ksql.engine.formats.contract import FormatOptions
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
    Array,
    Column,
    Decimal,
    Map,
    SqlType,
    Struct,
)
from tests.engine.formats.running import decode, encode, exact

MONEY = Decimal(38, 4)
CASES: list[tuple[SqlType, Any, str]] = [
    (BOOLEAN, True, "true"),
    (INTEGER, -5, "-5"),
    (BIGINT, 9223372036854775807, "9223372036854775807"),
    (DOUBLE, 5.0, "5.0"),
    (DOUBLE, 0.1 + 0.2, "0.30000000000000004"),
    (DOUBLE, float("nan"), '"NaN"'),
    (DOUBLE, float("-inf"), '"-Infinity"'),
    (STRING, 'é"\\/\n\x01', r'"é\"\\/\n\u0001"'),
    (STRING, "", '""'),
    (STRING, "\x7f\u2028\x1f\b\f\r\t", '"\x7f\u2028\\u001F\\b\\f\\r\\t"'),
    (STRING, "é日本\uffff", '"é日本\uffff"'),
    (BYTES, b"AB", '"QUI="'),
    (DATE, -10, "-10"),
    (TIME, 10, "10"),
    (TIMESTAMP, 1600000000000, "1600000000000"),
    (MONEY, Number("12.3000"), "12.3000"),
    (MONEY, Number("1234567890123456789012345678901234.5678"), "1234567890123456789012345678901234.5678"),
    (Array(BYTES), [b"AB", None], '["QUI=",null]'),
    (Array(DOUBLE), [1.5, float("nan"), None], '[1.5,"NaN",null]'),
    (Array(MONEY), [], "[]"),
    (Array(Array(MONEY)), [[Number("1.0000")], None], "[[1.0000],null]"),
    (Map(STRING, INTEGER), [("a", 1), ("b", None)], '{"a":1,"b":null}'),
    (Map(STRING, MONEY), [('q"', Number("1.5000")), ("b", None)], '{"q\\"":1.5000,"b":null}'),
    (Map(STRING, Array(Map(STRING, BYTES))), [("a", [[("b", b"AB")]])], '{"a":[{"b":"QUI="}]}'),
    (Struct((("Aa", INTEGER), ("bB", STRING))), {"Aa": 1, "bB": None}, '{"Aa":1,"bB":null}'),
    (Struct((("Aa", MONEY), ("b'", BYTES))), {"Aa": Number("1.5000"), "b'": None}, '{"Aa":1.5000,"b\'":null}'),
]
#: Values that keys spell otherwise, because there the bytes count; values only mean the same.
KEYS: list[tuple[SqlType, Any, str]] = [
    (DOUBLE, -0.0, "-0.0"),
    (DOUBLE, 1e7, "1.0E7"),
    (DOUBLE, 9999999.5, "9999999.5"),
    (DOUBLE, -123456789.25, "-1.2345678925E8"),
    (DOUBLE, 1e300, "1.0E300"),
    (DOUBLE, 0.001, "0.001"),
    (DOUBLE, 0.00012, "1.2E-4"),
    (DOUBLE, 5e-324, "4.9E-324"),
    (STRING, "\x7f\u2028\x1f\b\f\r\t", '"\x7f\u2028\\u001F\\b\\f\\r\\t"'),
    (STRING, "é日本\uffff", '"é日本\uffff"'),
    (STRING, "a👨\u200d👧é", r'"a\uD83D\uDC68' + "\u200d" + r'\uD83D\uDC67é"'),
    (Array(DOUBLE), [1e7, -0.0, 0.5, 1e-7], "[1.0E7,-0.0,0.5,1.0E-7]"),
    (Array(STRING), ["𝄞", "é", None], r'["\uD834\uDD1E","é",null]'),
    (Struct((("é", INTEGER), ("D", DOUBLE))), {"é": 1, "D": 1e10}, '{"é":1,"D":1.0E10}'),
    (Struct((("𝄞", STRING),)), {"𝄞": "x"}, r'{"\uD834\uDD1E":"x"}'),
]
IDS = [f"{type_} {value}" for type_, value, _ in CASES]


@pytest.mark.parametrize(("type_", "value", "text"), CASES, ids=IDS)
def test_bare(type_: SqlType, value: Any, text: str) -> None:
    decoder, encoder = bind("JSON", (Column("V", type_),), FormatOptions(is_key=True))
    assert encode(encoder, [(value,), (None,)]) == [text, None]
    assert repr(exact(decoder, [text.encode()])[0]) == repr([("NaN" if text == '"NaN"' else value,)])


@pytest.mark.parametrize(("type_", "value", "text"), CASES, ids=IDS)
def test_in_an_object(type_: SqlType, value: Any, text: str) -> None:
    columns = (Column("I", INTEGER), Column("V", type_), Column("S", STRING))
    decoder, encoder = bind("JSON", columns, FormatOptions(is_key=False))
    written = encode(encoder, [(1, value, "x"), (None, None, None)])
    assert written == [f'{{"I":1,"V":{text},"S":"x"}}', '{"I":null,"V":null,"S":null}']
    assert json.loads(written[0])["I"] == 1
    assert repr(exact(decoder, [written[0].encode()])[0][0][1]) == repr("NaN" if text == '"NaN"' else value)


@pytest.mark.parametrize(("type_", "value", "text"), [*CASES, *KEYS])
def test_keys(type_: SqlType, value: Any, text: str) -> None:
    bare = bind("JSON", (Column("V", type_),), FormatOptions(is_key=True))[1]
    assert encode(bare, [(value,), (None,)]) == [text, None]
    columns = (Column("I", INTEGER), Column("V", type_), Column("D", DOUBLE))
    both = bind("JSON", columns, FormatOptions(is_key=True))[1]
    rows = [(1, value, 1.5), (1, value, 1e8), (None, None, None)]
    ends = [f'{{"I":1,"V":{text},"D":1.5}}', f'{{"I":1,"V":{text},"D":1.0E8}}', '{"I":null,"V":null,"D":null}']
    assert encode(both, rows) == ends


def test_values_mean_what_jacksons_texts_mean() -> None:
    for type_, value, text in KEYS:
        written = encode(bind("JSON", (Column("V", type_),), FormatOptions(is_key=False))[1], [(value,)])
        assert json.loads(written[0]) == {"V": json.loads(text)}


def test_names_keep_their_case_even_when_only_case_differs() -> None:
    columns = (Column("a", INTEGER), Column("A", INTEGER), Column('q"', STRING), Column("d", MONEY), Column("D", DOUBLE))
    encoder = bind("JSON", columns, FormatOptions(is_key=False))[1]
    rows = [(1, 2, "x", Number("1.0000"), 1.5)]
    assert encode(encoder, rows) == ['{"a":1,"A":2,"q\\"":"x","d":1.0000,"D":1.5}']


def test_what_we_write_needs_no_row_decoding() -> None:
    columns = (Column("A", BIGINT), Column("B", STRING), Column("C", DOUBLE), Column("D", Decimal(10, 4)), Column("E", BOOLEAN))
    decoder, encoder = bind("JSON", columns, FormatOptions(is_key=False))
    rows = [(n, f"é{n}", n / 8, Number(n).scaleb(-2).quantize(Number("0.0001")), n % 2 == 0) for n in range(100)]
    records = [text.encode() for text in encode(encoder, rows)]
    exact(decoder, records)
    assert decode(decoder, records) == (rows, [False] * 100)


def test_single_columns_are_wrapped_as_asked() -> None:
    column = (Column("V", INTEGER),)
    assert encode(bind("JSON", column, FormatOptions(is_key=False))[1], [(1,)]) == ['{"V":1}']
    assert encode(bind("JSON", column, FormatOptions(is_key=False, wrap_single=False))[1], [(1,)]) == ["1"]
    assert encode(bind("JSON", column, FormatOptions(is_key=True))[1], [(1,)]) == ["1"]
    pair = (*column, Column("W", INTEGER))
    assert encode(bind("JSON", pair, FormatOptions(is_key=True))[1], [(1, None)]) == ['{"V":1,"W":null}']
