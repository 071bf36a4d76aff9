"""KAFKA: the bytes of Kafka's own serializers."""

from __future__ import annotations

from typing import Any

import pytest

from ksql.engine.formats import bind
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.types.sql_types import BIGINT, BYTES, DOUBLE, INTEGER, STRING, Column, SqlType
from tests.engine.formats.running import decode, encode, exact

CASES: list[tuple[SqlType, Any, bytes]] = [
    (INTEGER, 1, b"\0\0\0\1"),
    (INTEGER, -2, b"\xff\xff\xff\xfe"),
    (INTEGER, -2147483648, b"\x80\0\0\0"),
    (BIGINT, 258, b"\0\0\0\0\0\0\1\2"),
    (BIGINT, -9223372036854775808, b"\x80\0\0\0\0\0\0\0"),
    (DOUBLE, 1.5, b"\x3f\xf8\0\0\0\0\0\0"),
    (DOUBLE, float("-inf"), b"\xff\xf0\0\0\0\0\0\0"),
    (STRING, "é", "é".encode()),
    (STRING, "", b""),
    (BYTES, b"\xff\0", b"\xff\0"),
    (BYTES, b"", b""),
]


@pytest.mark.parametrize(("type_", "value", "record"), CASES)
def test_values(type_: SqlType, value: Any, record: bytes) -> None:
    decoder, encoder = bind("KAFKA", (Column("K", type_),), FormatOptions(is_key=True))
    assert exact(decoder, [record, None]) == ([(value,), (None,)], [None, None])
    assert decode(decoder, [record, None]) == ([(value,), (None,)], [False, False])
    written = encode(encoder, [(value,), (None,)])
    assert written == [record.decode() if type_ == STRING else record, None]


@pytest.mark.parametrize("type_", [INTEGER, BIGINT, DOUBLE])
@pytest.mark.parametrize("record", [b"", b"\1", b"\0" * 5, b"\0" * 9])
def test_wrong_length(type_: SqlType, record: bytes) -> None:
    decoder = bind("KAFKA", (Column("K", type_),), FormatOptions(is_key=True))[0]
    assert decode(decoder, [record]) == ([(None,)], [True])
    rows, errors = exact(decoder, [record])
    assert rows == [(None,)]
    assert f"found {len(record)}" in str(errors[0])


def test_text_that_is_not_utf8() -> None:
    decoder = bind("KAFKA", (Column("K", STRING),), FormatOptions(is_key=True))[0]
    texts = [b"a\xffb\xe2\x82", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe1\xed\xa0\xbd"]
    read = ["a\ufffdb\ufffd", "\ufffd" * 2, "\ufffd" * 4, "\ufffd" * 2, "\ufffd" * 2]
    assert exact(decoder, texts) == ([(text,) for text in read], [None] * len(texts))
