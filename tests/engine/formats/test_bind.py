"""Which formats there are and what they refuse."""

from __future__ import annotations

import pytest

from ksql.engine.errors import NotSupportedError, StatementError
from ksql.engine.formats import bind, capabilities
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.types.sql_types import BOOLEAN, DOUBLE, INTEGER, STRING, Array, Column, Map, SqlType, Struct
from tests.engine.formats.running import decode, encode, exact

MAP = Map(INTEGER, STRING)


def _columns(*types: SqlType) -> tuple[Column, ...]:
    return tuple(Column(f"C{index}", type_) for index, type_ in enumerate(types))


@pytest.mark.parametrize(
    ("name", "columns", "options", "message"),
    [
        ("FOO", _columns(STRING), FormatOptions(is_key=False), "unknown format: FOO"),
        ("JSNO", _columns(STRING), FormatOptions(is_key=False), "did you mean JSON?"),
        ("KAFKA", _columns(STRING, STRING), FormatOptions(is_key=True), "one key column, not 2"),
        ("KAFKA", _columns(BOOLEAN), FormatOptions(is_key=False), "does not support the type BOOLEAN of value column C0"),
        ("KAFKA", _columns(Array(INTEGER)), FormatOptions(is_key=False), "ARRAY"),
        ("KAFKA", _columns(STRING), FormatOptions(is_key=False, wrap_single=True), "WRAP_SINGLE_VALUE=true"),
        ("DELIMITED", _columns(STRING), FormatOptions(is_key=False, wrap_single=True), "WRAP_SINGLE_VALUE=true"),
        ("DELIMITED", _columns(Struct((("F", DOUBLE),))), FormatOptions(is_key=True), "STRUCT"),
        ("DELIMITED", _columns(STRING), FormatOptions(is_key=False, delimiter="<~>"), "single character"),
        ("DELIMITED", _columns(STRING), FormatOptions(is_key=False, delimiter=""), "TAB or SPACE"),
        ("DELIMITED", _columns(STRING), FormatOptions(is_key=True, delimiter=" "), "KEY_DELIMITER"),
        ("JSON", _columns(STRING), FormatOptions(is_key=False, delimiter="|"), "takes no delimiter"),
        ("JSON", _columns(STRING, STRING), FormatOptions(is_key=False, wrap_single=False), "single value column"),
        ("JSON", _columns(MAP), FormatOptions(is_key=False), "STRING keys"),
        ("JSON", _columns(Array(Struct((("F", MAP),)))), FormatOptions(is_key=False), "STRING keys"),
        ("NONE", _columns(STRING), FormatOptions(is_key=True), "no columns"),
        ("NONE", _columns(STRING, STRING), FormatOptions(is_key=True), "no columns"),
    ],
)
def test_refused(name: str, columns: tuple[Column, ...], options: FormatOptions, message: str) -> None:
    with pytest.raises(StatementError) as caught:
        bind(name, columns, options)
    assert message in str(caught.value)
    assert not isinstance(caught.value, NotSupportedError)


@pytest.mark.parametrize("name", ["AVRO", "JSON_SR", "PROTOBUF", "protobuf_nosr"])
def test_not_supported_yet(name: str) -> None:
    with pytest.raises(NotSupportedError, match="is not supported yet"):
        bind(name, _columns(STRING), FormatOptions(is_key=False))


def test_capabilities() -> None:
    assert capabilities("json").wrapping
    assert not capabilities("KAFKA").wrapping
    assert capabilities("avro").registry


@pytest.mark.parametrize("name", ["NONE", "KAFKA", "JSON", "DELIMITED"])
def test_no_key_columns(name: str) -> None:
    decoder, encoder = bind(name, (), FormatOptions(is_key=True))
    assert decode(decoder, [b"ignored", None]) == ([(), ()], [False, False])
    assert exact(decoder, [b"ignored"])[1] == [None]
    assert encoder.sql([]) == "NULL::BLOB"
    assert encoder.columns == ()


def test_delimited_and_json_keys_of_several_columns() -> None:
    columns = _columns(STRING, INTEGER)
    for name, text in (("DELIMITED", "a,1"), ("JSON", '{"C0":"a","C1":1}')):
        decoder, encoder = bind(name, columns, FormatOptions(is_key=True))
        assert encode(encoder, [("a", 1)]) == [text]
        assert exact(decoder, [text.encode()]) == ([("a", 1)], [None])
