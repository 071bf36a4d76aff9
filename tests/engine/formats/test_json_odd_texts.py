"""What Jackson makes of texts that are almost JSON, or JSON of an unusual kind; alone and in a batch."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ksql.engine.formats import bind
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.types.sql_types import BIGINT, BYTES, DOUBLE, INTEGER, STRING, Array, Column, Decimal, Map, SqlType
from tests.engine.formats.running import decode, exact

ERROR = object()
VALUE, BARE = FormatOptions(is_key=False), FormatOptions(is_key=False, wrap_single=False)

#: Texts around an object with the field V, a BIGINT.
RECORDS: list[tuple[bytes, Any]] = [
    (b'\xef\xbb\xbf{"V":1}', 1),
    ('{"V":1}'.encode("utf-16"), 1),
    ('{"V":1}'.encode("utf-16-be"), 1),
    ('{"V":1}'.encode("utf-32-le"), 1),
    (b'\xef\xbb\xbf\xef\xbb\xbf{"V":1}', ERROR),
    (b'{"V":1}\xef\xbb\xbf', 1),
    (b'{"V":1}}', 1),
    (b'{"V":1},', 1),
    (b'{"V":1}{"V":2}', 1),
    (b'{"V":1,}', ERROR),
    (b'{"V":1 , \n}', ERROR),
    (b'{,"V":1}', ERROR),
    (b'{"V":1 "W":2}', ERROR),
    (b'{"W":[1,],"V":1}', ERROR),
    (b'{"W":"[1,]","V":1}', 1),
    (b'{"V":1}//', 1),
    (b'//\n{"V":1}', ERROR),
    (b'{"V":/**/1}', ERROR),
    (b'#\n{"V":1}', ERROR),
    (b"{V:1}", ERROR),
    (b"{'V':1}", ERROR),
    (b'{"V"=1}', ERROR),
    (b'\x0b{"V":1}', ERROR),
    (b'{"V":\xc2\xa01}', ERROR),
    (b'{"V":1}\x00', 1),
    (b'\x00{"V":1}', ERROR),
    (b'{"\t":0,"V":1}', ERROR),
    (b'{"\\q":0,"V":1}', ERROR),
    (b'{"\xff":0,"V":1}', ERROR),
    (b'{"\xed\xa0\xbd":0,"V":1}', 1),
    (b'{"V":01}', ERROR),
    (b'{"V":-01}', ERROR),
    (b'{"V":+1}', ERROR),
    (b'{"V":.5}', ERROR),
    (b'{"V":1.}', ERROR),
    (b'{"V":1e}', ERROR),
    (b'{"V":1e+2}', 100),
    (b'{"V":-0}', 0),
    (b'{"V":-0.9}', 0),
    (b'{"V":1_000}', ERROR),
    (b'{"V":0x10}', ERROR),
    (b'{"V":NaN}', ERROR),
    (b'{"V":Infinity}', ERROR),
    (b'{"W":NaN,"V":1}', ERROR),
    (b'{"W":[-inf],"V":1}', ERROR),
    (b'{"V":TRUE}', ERROR),
    (b'{"V":nul}', ERROR),
    (b'{"V":undefined}', ERROR),
    (b'{"V":1e64}', 0),
    (b'{"V":9e2147483648}', 0),
    (b'{"V":9e2147483649}', ERROR),
    (b'{"V":1e-2147483648}', ERROR),
    (b'{"V":' + b"9" * 5000 + b"}", -1),
    (b'{"W":0.' + b"9" * 5000 + b',"V":1}', 1),
    (b'{"W":' + b"[" * 1100 + b"]" * 1100 + b',"V":1}', ERROR),
]

#: Bare values.
BARE_VALUES: list[tuple[SqlType, bytes, Any]] = [
    (STRING, b"", ""),
    (STRING, b" \n", ""),
    (BIGINT, b"", ERROR),
    (BIGINT, b"1 x", 1),
    (BIGINT, b"1\n}", 1),
    (BIGINT, b"1x", ERROR),
    (BIGINT, b"1,", ERROR),
    (BIGINT, b"1}", ERROR),
    (BIGINT, b"01", ERROR),
    (STRING, b"null", None),
    (STRING, b"null,", None),
    (STRING, b"nullx", ERROR),
    (STRING, b"null$", ERROR),
    (STRING, b"true1", ERROR),
    (STRING, b'"a"b', "a"),
    (STRING, b'"\xed\xa0\xbd\xed\xb8\x80"', "😀"),
    (STRING, b'"\xed\xa0\xbd"', "?"),
    (STRING, rb'"\ud83d\ude00\ud83d"', "😀?"),
    (STRING, b'"\x7f"', "\x7f"),
    (STRING, rb'{"a":"\u001f\\u001f"}', r'{"a":"\u001F\\u001f"}'),
    (STRING, b"-0.0", "0.0"),
    (STRING, b"1e2", "1E+2"),
    (STRING, b"1.50E+3", "1.50E+3"),
    (STRING, b"0.0000001", "1E-7"),
    (STRING, b"[-0, -0.00, 1e400]", "[0, 0.00, 1E+400]"),
    (DOUBLE, b"-0.0", 0.0),
    (DOUBLE, b"-0", 0.0),
    (DOUBLE, b'"-0.0"', -0.0),
    (Array(DOUBLE), b'[-0.0,"-0.0",-0.5]', [0.0, -0.0, -0.5]),
    (Map(STRING, DOUBLE), b'{"a":-0.0}', [("a", 0.0)]),
    (DOUBLE, b"1e400", math.inf),
    (DOUBLE, b"1e-400", 0.0),
    (INTEGER, b'"1e2"', ERROR),
    (INTEGER, b'"1.0"', ERROR),
    (INTEGER, b'""', ERROR),
    (Decimal(6, 2), b'"1e2"', 100),
    (Decimal(6, 2), b'" 1"', ERROR),
    (Decimal(6, 2), b'"NaN"', ERROR),
    (Decimal(6, 2), b"1e-2147483647", ERROR),
    (BYTES, b'"QUJD="', ERROR),
    (BYTES, b'"QQ=="', b"A"),
    (BYTES, b'" QQ=="', ERROR),
]


def _check(options: FormatOptions, type_: SqlType, record: bytes, expected: Any) -> None:
    decoder = bind("JSON", (Column("V", type_),), options)[0]
    rows, errors = exact(decoder, [record])
    assert (errors[0] is not None) == (expected is ERROR), errors
    if expected is not ERROR:
        assert _same(rows[0][0], expected)
    for first in (record, b'{"V":1}', b'{"W": [{}], "V":1}', b"1", b"1.5", b'"x"', b"[1.5]", b'{"a":1.5}'):
        decoder = bind("JSON", (Column("V", type_),), options)[0]
        decoder.exact([first])
        fast, suspect = decode(decoder, [record])
        assert suspect[0] or (expected is not ERROR and _same(fast[0][0], expected)), first


def _same(value: Any, expected: Any) -> bool:
    return bool(value == expected) and (not isinstance(expected, float | list) or repr(value) == repr(expected))


@pytest.mark.parametrize(("record", "expected"), RECORDS, ids=[repr(record[:40]) for record, _ in RECORDS])
def test_object(record: bytes, expected: Any) -> None:
    _check(VALUE, BIGINT, record, expected)


@pytest.mark.parametrize(("type_", "record", "expected"), BARE_VALUES, ids=[f"{t} {r!r}" for t, r, _ in BARE_VALUES])
def test_bare_value(type_: SqlType, record: bytes, expected: Any) -> None:
    _check(BARE, type_, record, expected)
