"""The exact JSON reader: one record at a time, the definition of what a JSON record means.

Used for the rows the vectorised decoder does not vouch for. A converter takes what the JSON parser gives (None, bool, int,
Decimal, str, list, dict) and returns the physical value, or raises UnreadableError with the reason.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from decimal import Decimal as Number
from typing import Any

from ksql.engine.errors import StatementError
from ksql.engine.formats import java_numbers
from ksql.engine.formats.json_text import MISSING, encodable, write
from ksql.engine.formats.rows import UnreadableError
from ksql.engine.types.sql_types import Array, Column, Decimal, Map, Primitive, SqlType, Struct

MS_PER_DAY = 86_400_000
Converter = Callable[[Any], Any]

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def row_reader(columns: Sequence[Column], *, wrapped: bool) -> Callable[[Any], list[Any]]:
    """Reader of a whole record: a list of physical values. A bare null is a row like any other, and no object."""
    converters = [converter(column.type) for column in columns]
    if not wrapped:
        bare = converters[0]
        return lambda value: [None if value is None else bare(value)]
    names = [column.name for column in columns]

    def read(value: Any) -> list[Any]:
        if not isinstance(value, dict):
            raise UnreadableError(f"expected an object, found {_kind(value)}")
        return _read_fields(value, names, converters)

    return read


def _read_fields(value: dict[str, Any], names: Sequence[str], converters: Sequence[Converter]) -> list[Any]:
    folded: dict[str, Any] | None = None
    row = []
    for name, convert in zip(names, converters, strict=True):
        if name in value:
            item = value[name]
        else:
            if folded is None:
                folded = {fold(key): item for key, item in value.items()}
            item = folded.get(fold(name))
        try:
            row.append(None if item is None else convert(item))
        except ValueError as error:
            raise UnreadableError(f"{name}: {error}") from None
    return row


def fold(name: str) -> str:
    """A name for comparison without regard to case: letter by letter, so that its length stays."""
    if name.isascii():
        return name.upper()
    return "".join(upper if len(upper := letter.upper()) == 1 else letter for letter in name)


def converter(type_: SqlType) -> Converter:
    """Converter of one type; it is never called with None."""
    if isinstance(type_, Decimal):
        return lambda value: _to_decimal(value, type_.precision, type_.scale)
    if isinstance(type_, Array):
        return _array_converter(converter(type_.item))
    if isinstance(type_, Map):
        return _map_converter(converter(type_.value))
    if isinstance(type_, Struct):
        return _struct_converter(type_)
    if isinstance(type_, Primitive):
        return _PRIMITIVES[type_.name]
    raise StatementError(f"the JSON format cannot carry {type_}")


def _array_converter(item: Converter) -> Converter:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise UnreadableError(f"expected an array, found {_kind(value)}")
        return [None if element is None else item(element) for element in value]

    return read


def _map_converter(item: Converter) -> Converter:
    def read(value: Any) -> list[tuple[str, Any]]:
        if not isinstance(value, dict):
            raise UnreadableError(f"expected an object, found {_kind(value)}")
        return [(encodable(key), None if element is None else item(element)) for key, element in value.items()]

    return read


def _struct_converter(type_: Struct) -> Converter:
    names = [name for name, _ in type_.fields]
    converters = [converter(field) for _, field in type_.fields]

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise UnreadableError(f"expected an object, found {_kind(value)}")
        return dict(zip(names, _read_fields(value, names, converters), strict=True))

    return read


def _to_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise UnreadableError(f"expected true or false, found {_kind(value)}")


def _integer_converter(bits: int) -> Converter:
    def read(value: Any) -> int:
        if isinstance(value, str):
            return java_numbers.parse_integer(value, bits)
        if isinstance(value, bool) or not isinstance(value, int | Number):
            raise UnreadableError(f"expected a number, found {_kind(value)}")
        return java_numbers.truncate(value, bits)

    return read


def _to_double(value: Any) -> float:
    if isinstance(value, str):
        return java_numbers.parse_double(value)
    if isinstance(value, bool) or not isinstance(value, int | Number):
        raise UnreadableError(f"expected a number, found {_kind(value)}")
    return java_numbers.to_double(value)


def _to_decimal(value: Any, precision: int, scale: int) -> Number:
    if isinstance(value, str):
        value = java_numbers.parse_decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Number):
        raise UnreadableError(f"expected a number, found {_kind(value)}")
    return java_numbers.fit_decimal(value, precision, scale)


def _to_text(value: Any) -> str:
    """Any JSON as text: a string itself, an array as a bracketed list, an object as JSON, a number as it is written."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return "[" + ", ".join("null" if item is None else _to_text(item) for item in value) + "]"
    return "" if value is MISSING else write(value)


def _to_bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise UnreadableError(f"expected base64 text, found {_kind(value)}")
    return decode_base64(value)


def decode_base64(text: str) -> bytes:
    """Base64 in the standard alphabet; padding may be left out but not be wrong. Raises UnreadableError."""
    padded = text if "=" in text else text + "=" * (-len(text) % 4)
    try:
        if _BASE64.fullmatch(text) and len(padded) % 4 == 0:
            return base64.b64decode(padded, validate=True)
    except binascii.Error:
        pass
    raise UnreadableError(f"'{text}' is not base64")


def check_time(ms_of_day: int) -> int:
    """A TIME lies within one day. Raises UnreadableError."""
    if not 0 <= ms_of_day < MS_PER_DAY:
        raise UnreadableError(f"{ms_of_day} is not a time of day in milliseconds")
    return ms_of_day


def check_date(days: int) -> int:
    """A DATE is kept as 32-bit days. Raises UnreadableError."""
    if java_numbers.wrap(days, 32) != days:
        raise UnreadableError(f"{days} days are out of the range of DATE")
    return days


_to_bigint = _integer_converter(64)

_PRIMITIVES: dict[str, Converter] = {
    "BOOLEAN": _to_boolean,
    "INTEGER": _integer_converter(32),
    "BIGINT": _to_bigint,
    "DOUBLE": _to_double,
    "STRING": _to_text,
    "BYTES": _to_bytes,
    "TIMESTAMP": _to_bigint,
    "TIME": lambda value: check_time(_to_bigint(value)),
    "DATE": lambda value: check_date(_to_bigint(value)),
}


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")


_KINDS = {
    bool: "a boolean",
    str: "a string",
    list: "an array",
    dict: "an object",
    type(None): "null",
    type(MISSING): "nothing",
}
