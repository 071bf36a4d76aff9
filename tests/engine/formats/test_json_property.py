"""The vectorised JSON reader never trusts a row that the exact reader reads otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from ksql.engine.formats import bind, json_exact
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.formats.json_text import parse_record
from ksql.engine.formats.rows import decode_rows
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
from tests.engine.formats.running import decode, exact, to_rows

SCALARS = [BOOLEAN, INTEGER, BIGINT, DOUBLE, STRING, BYTES, DATE, TIME, TIMESTAMP, Decimal(6, 2), Decimal(30, 12)]
TYPES = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        inner.map(Array),
        inner.map(lambda item: Map(STRING, item)),
        st.lists(inner, min_size=1, max_size=2).map(lambda items: Struct(tuple(zip(("F", "G"), items, strict=False)))),
    ),
    max_leaves=3,
)
NUMBERS = st.sampled_from(
    [
        "0",
        "-0",
        "1",
        "-7",
        "12",
        "1.0",
        "1.5",
        "-0.0",
        "12.340",
        "1e2",
        "1E-3",
        "1e400",
        "2147483648",
        "9223372036854775808",
        "18446744073709551616",
        "0.30000000000000004",
        "9007199254740993",
        "0.1000000000000000055511151231257827",
        "123456.789",
        "12.345",
        "12.34",
        "5.50",
        "100000000000000000000",
        "86400000",
        "1e-7",
        "0.00001",
        "1e22",
        "123456789012.123456789012",
        "NaN",
        "-Infinity",
        "nan",
        "inf",
        "-0e5",
        "-0.00",
        "0e9",
        "1e64",
        "1e6000",
        "1e-6000",
        "1e99999999999",
        "01",
        "+1",
        "1.",
        ".5",
        "1e",
        "0x1",
        "1_0",
        "12345678.9",
        "1.0E10",
        "1.5E-7",
        "1" * 1001,
        "0." + "1" * 1001,
    ]
)
TEXTS = st.sampled_from(
    [
        '""',
        '"x"',
        '"é"',
        r'"\u00e9"',
        r'"a\"b\\"',
        r'"\/"',
        '"true"',
        '"null"',
        '"5"',
        '"+5"',
        '"1.5"',
        '"1_0"',
        '" 5"',
        '"5d"',
        '"NaN"',
        '"inf"',
        '"1e3"',
        '"QUI="',
        '"QQ"',
        '"12.30"',
        '"12.345"',
        r'"\ud83d"',
        r'"\u001f"',
        '": "',
        r'"\", \""',
        '"/"',
        '"2020-01-01"',
        '"0x10"',
        '"-0"',
        '"00"',
        '"1."',
        '".5"',
        '"86400000"',
        '"99999999999"',
        '"\u017f"',
        '"\\t"',
        '"\t"',
        '"\x7f"',
        r'"\x"',
        r'"\u00zz"',
        r'"\u0000"',
        r'"\ud83d\ude00"',
        '"😀"',
        '"-0.0"',
        '",]"',
        '", }"',
        '"NaN inf"',
        "'x'",
        '"x',
    ]
)
#: What a lax parser takes for JSON.
LAX = [
    "[1,]",
    '{"a":1,}',
    "[1, ]",
    "[,1]",
    "[1 2]",
    "/**/1",
    "1//",
    "tru",
    "True",
    "nullx",
    "[-0.0]",
    '{"F":-0.0}',
    "undefined",
]
WORDS = st.sampled_from(["true", "false", "null"])


def _values(type_: SqlType, names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """JSON texts, mostly of the type, sometimes of another."""
    other = st.one_of(NUMBERS, TEXTS, WORDS, st.sampled_from(["[]", "{}", "[1, 2]", '{"a":1,"a":2}', "[", '{"F":1', *LAX]))
    return st.one_of(_fitting(type_, names), _fitting(type_, names), _fitting(type_, names), other)


def _fitting(type_: SqlType, names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    if isinstance(type_, Array):
        return st.lists(_values(type_.item, names), max_size=3).map(lambda items: "[" + ",".join(items) + "]")
    if isinstance(type_, Map):
        keys = st.sampled_from(['"a"', '"b"', r'"\u0061"'])
        return st.lists(st.tuples(keys, _values(type_.value, names)), max_size=3).map(_object)
    if isinstance(type_, Struct):
        return _members(type_.fields, names)
    if type_ == BOOLEAN:
        return WORDS
    return TEXTS if type_ in (STRING, BYTES) else NUMBERS


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"


def _members(fields: tuple[tuple[str, SqlType], ...], names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = [
        st.tuples(names.map(lambda style, name=name: _spell(name, style)), _values(type_, names)) for name, type_ in fields
    ]
    ordered = st.tuples(*pairs).map(list)
    extra = st.lists(st.one_of(*pairs, st.tuples(st.just('"extra"'), _values(STRING, names))), max_size=2)
    return st.one_of(
        ordered.map(_object),
        ordered.map(_object),
        st.tuples(ordered, extra).map(lambda parts: _object(parts[0] + parts[1])),
        st.tuples(ordered, extra).flatmap(lambda parts: st.permutations(parts[0] + parts[1])).map(_object),
        ordered.map(lambda pairs: _object(pairs[1:])),
    )


def _spell(name: str, style: str) -> str:
    if style == "escaped":
        return f'"\\u{ord(name[0]):04x}{name[1:]}"'
    return json.dumps(name.lower() if style == "lower" else name)


def _finish(text: str, style: str) -> bytes:
    if style == "spaced":
        return text.replace('":', '": ').replace(',"', ', "').encode()
    return _FINISHES.get(style, str.encode)(text)


_FINISHES: dict[str, Callable[[str], bytes]] = {
    "padded": lambda text: f" {text}\n".encode(),
    "cut": lambda text: text[:-1].encode(),
    "followed": lambda text: f"{text} x".encode(),
    "glued": lambda text: f"{text}x".encode(),
    "trailing comma": lambda text: f"{text[:-1]}, }}".encode(),
    "comment": lambda text: f"{text}/**/".encode(),
    "marked": lambda text: f"\ufeff{text}".encode(),
    "wide": lambda text: text.encode("utf-16-le"),
    "zero": lambda text: f"{text}\0".encode(),
}


@st.composite
def _batches(draw: st.DrawFn) -> tuple[tuple[Column, ...], list[bytes]]:
    types = draw(st.lists(TYPES, min_size=1, max_size=4))
    columns = tuple(Column(f"C{index}", type_) for index, type_ in enumerate(types))
    usual = draw(st.sampled_from(["upper", "lower"]))
    names = st.sampled_from([*[usual] * 8, "upper", "lower", "escaped"])
    fields = tuple((column.name, column.type) for column in columns)
    usual_finish = draw(st.sampled_from(["plain", "spaced"]))
    finish = st.sampled_from([*[usual_finish] * 12, "plain", "spaced", *_FINISHES])
    return columns, draw(st.lists(st.builds(_finish, _members(fields, names), finish), min_size=1, max_size=12))


def _truth(columns: tuple[Column, ...], data: list[bytes]) -> tuple[list[tuple[Any, ...]], list[bool]]:
    read = json_exact.row_reader(columns, wrapped=True)
    decoded = decode_rows(columns, data, lambda record: read(parse_record(record)))
    return to_rows(decoded.rows), [error is None for error in decoded.errors]


@given(_batches())
def test_trusted_rows_are_right(batch: tuple[tuple[Column, ...], list[bytes]]) -> None:
    columns, data = batch
    rows, good = _truth(columns, data)
    for first in data[:4]:
        decoder = bind("JSON", columns, FormatOptions(is_key=False))[0]
        decoder.exact([first])
        fast, suspect = decode(decoder, data)
        for index in range(len(data)):
            assert suspect[index] or (good[index] and repr(fast[index]) == repr(rows[index])), (data[index], first)


@given(_batches())
def test_batches_read_like_rows(batch: tuple[tuple[Column, ...], list[bytes]]) -> None:
    columns, data = batch
    rows, good = _truth(columns, data)
    decoder = bind("JSON", columns, FormatOptions(is_key=False))[0]
    batch_rows, errors = exact(decoder, data * 40)
    assert repr(batch_rows) == repr(rows * 40)
    assert [error is None for error in errors] == good * 40


@given(
    TYPES.flatmap(lambda type_: st.tuples(st.just(type_), st.lists(_values(type_, st.just("upper")), min_size=1, max_size=12)))
)
def test_trusted_bare_values_are_right(case: tuple[SqlType, list[str]]) -> None:
    columns = (Column("V", case[0]),)
    data = [text.encode() for text in case[1]]
    read = json_exact.row_reader(columns, wrapped=False)
    truth = decode_rows(columns, data, lambda record: read(parse_record(record)))
    rows = to_rows(truth.rows)
    for first in data[:4]:
        decoder = bind("JSON", columns, FormatOptions(is_key=True))[0]
        decoder.exact([first])
        fast, suspect = decode(decoder, data)
        for index in range(len(data)):
            assert suspect[index] or (truth.errors[index] is None and repr(fast[index]) == repr(rows[index])), (
                data[index],
                first,
            )
