"""What a JSON record means: a table of texts and values, read by row and by SQL."""

from __future__ import annotations

from decimal import Decimal as Number
from typing import Any

import pytest

from ksql.engine.formats import bind
from ksql.engine.formats.contract import Decoder, FormatOptions
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
from tests.engine.formats.running import decode, exact

ERROR = object()
MONEY = Decimal(6, 2)
POINT = Struct((("X", INTEGER), ("Y", DOUBLE)))

CASES: list[tuple[SqlType, str, Any]] = [
    (BOOLEAN, "true", True),
    (BOOLEAN, "false", False),
    (BOOLEAN, '"true"', ERROR),
    (BOOLEAN, "1", ERROR),
    (INTEGER, "33", 33),
    (INTEGER, "-33", -33),
    (INTEGER, "1.9", 1),
    (INTEGER, "-1.9", -1),
    (INTEGER, "1e3", 1000),
    (INTEGER, "1e-9999999", 0),
    (INTEGER, "1e9999999", 0),
    (INTEGER, "1e99999999999", ERROR),
    (INTEGER, "2147483648", -2147483648),
    (INTEGER, "4294967297", 1),
    (INTEGER, '"22"', 22),
    (INTEGER, '"+22"', 22),
    (INTEGER, '"022"', 22),
    (INTEGER, '" 22"', ERROR),
    (INTEGER, '"2_2"', ERROR),
    (INTEGER, '"1.0"', ERROR),
    (INTEGER, '""', ERROR),
    (INTEGER, '"2147483648"', ERROR),
    (INTEGER, "true", ERROR),
    (INTEGER, "[1]", ERROR),
    (BIGINT, "9223372036854775807", 9223372036854775807),
    (BIGINT, "9223372036854775808", -9223372036854775808),
    (BIGINT, '"-9223372036854775808"', -9223372036854775808),
    (BIGINT, "99999999999999999999.5", 99999999999999999999 - (5 << 64) - 0),
    (DOUBLE, "1.5", 1.5),
    (DOUBLE, "5", 5.0),
    (DOUBLE, "9007199254740993", 9007199254740992.0),
    (DOUBLE, "0.1000000000000000055511151231257827", 0.1),
    (DOUBLE, "2.2250738585072011e-308", 2.2250738585072011e-308),
    (DOUBLE, "1e400", float("inf")),
    (DOUBLE, '"1.5"', 1.5),
    (DOUBLE, '" 1.5 "', 1.5),
    (DOUBLE, '"1.5d"', 1.5),
    (DOUBLE, '"0x1.8p1"', 3.0),
    (DOUBLE, '"NaN"', "NaN"),
    (DOUBLE, '"-Infinity"', float("-inf")),
    (DOUBLE, '"inf"', ERROR),
    (DOUBLE, '"1_0"', ERROR),
    (DOUBLE, '""', ERROR),
    (DOUBLE, "false", ERROR),
    (STRING, '"x"', "x"),
    (STRING, '""', ""),
    (STRING, r'"a\"\\\/\n\u00e9\ud83d\ude00"', 'a"\\/\né😀'),
    (STRING, r'"\ud83d"', "?"),
    (STRING, '"é😀"', "é😀"),
    (STRING, "5", "5"),
    (STRING, "1.50", "1.50"),
    (STRING, "true", "true"),
    (STRING, '{"a": 1, "b": [1, "x"], "c": null, "d": 1.50}', '{"a":1,"b":[1,"x"],"c":null,"d":1.50}'),
    (STRING, '["a", 1, null, {"b": 2}]', '[a, 1, null, {"b":2}]'),
    (BYTES, '"QUI="', b"AB"),
    (BYTES, '"QUI"', b"AB"),
    (BYTES, '""', b""),
    (BYTES, '"Q"', ERROR),
    (BYTES, '"QU-_"', ERROR),
    (BYTES, "1234", ERROR),
    (MONEY, "12.34", Number("12.34")),
    (MONEY, "12.3", Number("12.30")),
    (MONEY, "12", Number("12.00")),
    (MONEY, "12.3400", Number("12.34")),
    (MONEY, "1.2e1", Number("12.00")),
    (MONEY, '"12.34"', Number("12.34")),
    (MONEY, '"12.3"', Number("12.30")),
    (MONEY, "12.345", ERROR),
    (MONEY, "12345", ERROR),
    (MONEY, "12.340000000000000000001", ERROR),
    (MONEY, '"x"', ERROR),
    (MONEY, "true", ERROR),
    (Decimal(38, 10), "1234567890123456789012345678.0123456789", Number("1234567890123456789012345678.0123456789")),
    (TIMESTAMP, "1600000000000", 1600000000000),
    (TIMESTAMP, '"10"', 10),
    (TIMESTAMP, '"2020-01-01"', ERROR),
    (DATE, "-10", -10),
    (DATE, '"10"', 10),
    (DATE, "99999999999", ERROR),
    (TIME, "86399999", 86399999),
    (TIME, '"10"', 10),
    (TIME, "86400000", ERROR),
    (TIME, "-1", ERROR),
    (Array(INTEGER), "[1,2,null]", [1, 2, None]),
    (Array(INTEGER), "[]", []),
    (Array(INTEGER), "[1.5]", [1]),
    (Array(INTEGER), '["x"]', ERROR),
    (Array(INTEGER), "5", ERROR),
    (Array(DOUBLE), "[1,2]", [1.0, 2.0]),
    (Array(BYTES), '["QUI=",null]', [b"AB", None]),
    (Array(Array(STRING)), '[["a"],[]]', [["a"], []]),
    (Array(MONEY), "[1.5,2]", [Number("1.50"), Number("2.00")]),
    (Map(STRING, INTEGER), '{"a":1,"b":null}', [("a", 1), ("b", None)]),
    (Map(STRING, INTEGER), '{"a":1,"a":2}', [("a", 2)]),
    (Map(STRING, TIME), '{"a":1}', [("a", 1)]),
    (Map(STRING, INTEGER), "[]", ERROR),
    (POINT, '{"X":1,"Y":2.5}', {"X": 1, "Y": 2.5}),
    (POINT, '{"x":1,"y":2.5}', {"X": 1, "Y": 2.5}),
    (POINT, '{"y":2.5}', {"X": None, "Y": 2.5}),
    (POINT, '{"y":2.5,"z":0,"X":7,"x":8}', {"X": 7, "Y": 2.5}),
    (POINT, '{"x":1,"x":2}', {"X": 2, "Y": None}),
    (POINT, "{}", {"X": None, "Y": None}),
    (POINT, "1", ERROR),
    (Map(STRING, Array(POINT)), '{"k":[{"X":1,"Y":2.5}]}', [("k", [{"X": 1, "Y": 2.5}])]),
]


def _decoder(type_: SqlType, *, wrapped: bool = True, name: str = "V") -> Decoder:
    return bind("JSON", (Column(name, type_),), FormatOptions(is_key=False, wrap_single=None if wrapped else False))[0]


def _check(decoder: Decoder, record: str, expected: Any) -> None:
    rows, errors = exact(decoder, [record.encode()])
    assert (errors[0] is not None) == (expected is ERROR), errors
    if expected is not ERROR:
        assert rows == [(expected,)]
    fast, suspect = decode(decoder, [record.encode()])
    assert suspect[0] or fast == rows, f"{fast} trusted, but {rows} is right"
    assert suspect[0] or expected is not ERROR


@pytest.mark.parametrize(("type_", "text", "expected"), CASES, ids=[f"{type_} {text}" for type_, text, _ in CASES])
def test_value_in_an_object(type_: SqlType, text: str, expected: Any) -> None:
    _check(_decoder(type_), f'{{"V":{text}}}', expected)


@pytest.mark.parametrize(("type_", "text", "expected"), CASES, ids=[f"{type_} {text}" for type_, text, _ in CASES])
def test_bare_value(type_: SqlType, text: str, expected: Any) -> None:
    _check(_decoder(type_, wrapped=False), text, expected)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ('{"V":1}', 1),
        ('{"v":1}', 1),
        ('{"v":1,"V":2}', 2),
        ('{"V":2,"v":1}', 2),
        ('{"V":1,"V":2}', 2),
        ('{"V":null,"v":1}', None),
        ('{"W":1}', None),
        ("{}", None),
        ("null", ERROR),
        (' {"V" : 1 } ', 1),
        ('{"V":1} and more', 1),
        ('{"\\u0056":1}', 1),
        ('{"":2,"V":1}', 1),
        ('{"a\\u0000b":2,"V":1}', 1),
        ('{"\\ud800":2,"V":1}', 1),
        ('{"it\'s \\"q\\" `x` ?":2,"V":1}', 1),
        ('{"É":2,"é":3,"V":1}', 1),
        ('{"W":{"a":1,"A":2},"V":1}', 1),
        ('{"V":1', ERROR),
        ("", ERROR),
        ("[1]", ERROR),
        ("1", ERROR),
        ('{"V":NaN}', ERROR),
        ('{"V":01}', ERROR),
        ("{'V':1}", ERROR),
        ('{"V":"\t"}', ERROR),
    ],
)
def test_object(record: str, expected: Any) -> None:
    _check(_decoder(INTEGER), record, expected)


def test_bytes_that_are_not_utf8() -> None:
    _, errors = exact(_decoder(STRING), [b'{"V":"\xff"}'])
    assert errors == ["the bytes are not UTF-8 text"]


def test_null_records_are_null_rows() -> None:
    decoder = _decoder(INTEGER)
    assert exact(decoder, [None, b'{"V":1}']) == ([(None,), (1,)], [None, None])
    assert decode(decoder, [None, b'{"V":1}']) == ([(None,), (1,)], [False, False])


@pytest.mark.parametrize("copies", [1, 50])
def test_the_text_null_is_no_object_but_a_value(copies: int) -> None:
    data = [b'{"V":1}', b" null", None, b'{"V":null}'] * copies
    assert exact(_decoder(INTEGER), data)[1] == [None, "expected an object, found null", None, None] * copies
    assert decode(_decoder(INTEGER), data)[1][1]
    bare = _decoder(INTEGER, wrapped=False)
    assert exact(bare, [b"1", b" null", None]) == ([(1,), (None,), (None,)], [None] * 3)


@pytest.mark.parametrize("depth", [2_000, 1_000_000])
@pytest.mark.parametrize("field", ["S", "UNKNOWN"])
def test_deep_nesting_is_an_error_not_a_crash(depth: int, field: str) -> None:
    decoder = bind("JSON", (Column("A", INTEGER), Column("S", STRING)), FormatOptions(is_key=False))[0]
    exact(decoder, [b'{"A":1,"S":"x","UNKNOWN":[]}'])
    record = f'{{"A":1,"{field}":{"[" * depth}{"]" * depth}}}'.encode()
    assert exact(decoder, [record])[1][0] is not None
    assert exact(decoder, [record] * 100)[1][0] is not None
    assert decode(decoder, [record])[1] == [True]


@pytest.mark.parametrize(
    "template",
    [
        '{{"id":{0},"name":"n{0}","price":{0}.25,"on":true,"money":{0}.50}}',
        '{{"ID": {0}, "NAME": "n{0}", "PRICE": {0}.25, "ON": false, "MONEY": "{0}.5"}}',
        '{{"money":{0}.5,"on":null,"extra":[{{"a":1}}],"price":{0},"name":{0},"id":"{0}"}}',
        '{{"id":{0},"unknown":1.5,"none":null}}',
    ],
)
def test_like_records_need_no_row_decoding(template: str) -> None:
    columns = (
        Column("ID", BIGINT),
        Column("NAME", STRING),
        Column("PRICE", DOUBLE),
        Column("ON", BOOLEAN),
        Column("MONEY", Decimal(10, 2)),
    )
    decoder = bind("JSON", columns, FormatOptions(is_key=False))[0]
    records = [template.format(number).encode() for number in range(200)]
    truth, errors = exact(decoder, records)
    assert set(errors) == {None}
    assert truth[7][0] == 7
    assert decode(decoder, records) == (truth, [False] * 200)


def test_each_kind_of_record_gets_its_own_shape() -> None:
    decoder = bind("JSON", (Column("A", INTEGER), Column("B", STRING)), FormatOptions(is_key=False))[0]
    kinds = [
        '{{"a":{0},"b":"x"}}',
        '{{"A":{0},"B":"x"}}',
        '{{"b":"x","a":{0}}}',
        '{{"a": {0}.5, "b": "x"}}',
        '{{"a":{0}',
        "{0}",
    ]
    records = [kinds[number % len(kinds)].format(number).encode() for number in range(1200)]
    rows, errors = exact(decoder, records)
    assert rows == [(number, "x") if number % 6 < 4 else (None, None) for number in range(1200)]
    assert [error is None for error in errors] == [number % 6 < 4 for number in range(1200)]
