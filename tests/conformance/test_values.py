"""Equality of values, and bytes of every format both ways."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.engine.types.sql_types import BIGINT, BYTES, DOUBLE, INTEGER, STRING, Array, Column, Map, SqlType, Struct
from ksql.engine.types.sql_types import Decimal as DecimalType
from tests.conformance import windowed
from tests.conformance.codec import EncodeError, Serde, UnknownFormatError, Unreadable
from tests.conformance.values import identity, same
from tests.conformance.windowed import Window

MONEY = DecimalType(38, 2)
LONG = Decimal("1234567890123456789012345678901234.56")


@pytest.mark.parametrize(
    ("expected", "actual", "type_"),
    [
        (Decimal("1.0"), 1, DOUBLE),
        (1, Decimal("1.0"), DOUBLE),
        (Decimal("1E+22"), Decimal("10000000000000000000000.0"), DOUBLE),
        (Decimal("2.2250738585072014E-308"), 2.2250738585072014e-308, DOUBLE),
        (Decimal("1.10"), Decimal("1.1"), MONEY),
        ("1.10", Decimal("1.10"), MONEY),
        (LONG, LONG, MONEY),
        (Decimal("0.1"), Decimal("0.10000000000000000"), None),
        ([1, None], [1, None], Array(BIGINT)),
        ({"a": Decimal("1.0")}, {"a": 1}, Map(STRING, DOUBLE)),
        ({"F": {"G": "x"}}, {"F": {"G": "x"}}, Struct((("F", Struct((("G", STRING),))),))),
        ({"f": {"G": "x"}}, {"F": {"G": "x"}}, Struct((("F", Struct((("G", STRING),))),))),
        ("NaN", "NaN", DOUBLE),
        (None, None, INTEGER),
    ],
)
def test_same(expected: Any, actual: Any, type_: SqlType | None) -> None:
    assert same(expected, actual, type_)


@pytest.mark.parametrize(
    ("expected", "actual", "type_"),
    [
        ({"f": 1}, {"F": 1}, Map(STRING, INTEGER)),
        ({"F": 1}, {"f": 1}, Struct((("f", INTEGER),))),
        (True, 1, None),
        (1, True, None),
        (0, False, INTEGER),
        (None, 0, INTEGER),
        (0, None, INTEGER),
        ("1", 1, INTEGER),
        (1, "1", INTEGER),
        ("1.1", Decimal("1.10"), MONEY),
        (LONG, LONG + Decimal("0.01"), MONEY),
        (Decimal("0.1"), Decimal("0.10000000000000001"), MONEY),
        (9007199254740993, 9007199254740992, BIGINT),
        (Decimal("0.1"), Decimal("0.10000000000000003"), DOUBLE),
        ([1, 2], [2, 1], Array(BIGINT)),
        ([1], [1, None], Array(BIGINT)),
        ({"A": 1}, {"a": 1}, None),
        ({"A": 1}, {"A": 1, "B": None}, None),
        ({"A": 1, "B": None}, {"A": 1}, None),
        ({"A": 1}, [1], None),
        ("x", Unreadable(b"x", "why"), None),
    ],
)
def test_not_same(expected: Any, actual: Any, type_: SqlType | None) -> None:
    assert not same(expected, actual, type_)


def test_identity_is_by_value() -> None:
    assert identity({"a": [1, Decimal("0.10")]}) == identity({"a": [Decimal("1.0"), 0.1]})
    assert identity(True) != identity(1)
    assert identity("1") != identity(1)


def serde(format_: str, type_: SqlType = STRING) -> Serde:
    return Serde(format_, (Column("C", type_),))


@pytest.mark.parametrize(
    ("codec", "value", "data"),
    [
        (serde("KAFKA", INTEGER), -2, struct.pack(">i", -2)),
        (serde("KAFKA", BIGINT), 2**40, struct.pack(">q", 2**40)),
        (serde("KAFKA", DOUBLE), Decimal("0.1"), struct.pack(">d", 0.1)),
        (serde("KAFKA"), "é", "é".encode()),
        (serde("KAFKA", BYTES), "x", b"x"),
        (serde("KAFKA"), None, None),
        (serde("DELIMITED"), '"a,b",1.0', b'"a,b",1.0'),
        (serde("JSON"), {"A": [Decimal("1.10"), None, True]}, b'{"A":[1.10,null,true]}'),
        (serde("JSON"), "x", b'"x"'),
        (serde("NONE"), None, None),
    ],
)
def test_bytes_of_a_format(codec: Serde, value: Any, data: bytes | None) -> None:
    assert codec.encode(value) == data
    assert same(value, codec.decode(data), codec.columns[0].type)


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (serde("JSON"), b"{"),
        (serde("JSON"), b'{"A":NaN}'),
        (serde("JSON"), b'{"A":1,"A":2}'),
        (serde("JSON"), b'"\xff"'),
        (serde("KAFKA", INTEGER), b"12345"),
        (serde("NONE"), b""),
    ],
)
def test_unreadable_bytes(codec: Serde, data: bytes) -> None:
    assert isinstance(codec.decode(data), Unreadable)


def test_what_cannot_be_encoded() -> None:
    with pytest.raises(EncodeError):
        serde("KAFKA", INTEGER).encode("x")
    with pytest.raises(EncodeError):
        serde("KAFKA", Array(STRING)).encode([])
    with pytest.raises(UnknownFormatError):
        serde("AVRO").encode({})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(json_values.filter(lambda value: value is not None))
def test_json_goes_through_unharmed(value: Any) -> None:
    codec = Serde("JSON")
    assert identity(codec.decode(codec.encode(value))) == identity(value)


@pytest.mark.parametrize(
    ("kind", "size", "tail"),
    [
        ("TUMBLING", 10, struct.pack(">q", 20)),
        ("HOPPING", 10, struct.pack(">q", 20)),
        ("SESSION", None, struct.pack(">qq", 30, 20)),
    ],
)
def test_windowed_keys(kind: str, size: int | None, tail: bytes) -> None:
    window = {"start": 20, "end": 30, "type": "session" if kind == "SESSION" else "time"}
    data = windowed.encode(b"k", window)
    assert data == b"k" + tail
    assert windowed.decode(data, kind, size) == (b"k", Window(20, 30)) == (b"k", windowed.from_case(window))


def test_keys_without_window() -> None:
    assert windowed.encode(None, {"start": 0, "end": 1}) is None
    assert windowed.decode(b"k", None, None) == (b"k", None)
    with pytest.raises(ValueError, match="at least 8 bytes"):
        windowed.decode(b"k", "TUMBLING", 10)
