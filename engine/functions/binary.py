"""Functions of bytes, and of text that stands for bytes."""

from __future__ import annotations

import base64
import re
import struct
import uuid
from collections.abc import Callable
from functools import partial
from typing import Literal

from ksql.engine.formats.rows import java_text
from ksql.engine.functions.declare import BINARY, STRINGS, scalar, scalar_sql

data = partial(scalar, category=BINARY)


def _part(value: str, position: str, count: str = "2147483647") -> str:
    size = f"octet_length({value})"
    start = f"ksql_clamp(ksql_start({size}, {position}), {size})"
    part = f"array_slice({value}, {start} + 1, {start} + CAST({count} AS BIGINT))"
    return (
        f"(CASE WHEN {value} IS NULL OR {position} IS NULL OR {count} IS NULL THEN NULL "
        f"WHEN {count} <= 0 OR {start} >= {size} THEN CAST('' AS BLOB) ELSE {part} END)"
    )


scalar_sql("SUBSTRING", "BYTES, INT -> BYTES", category=STRINGS, doc="", sql=_part)
scalar_sql("SUBSTRING", "BYTES, INT, INT -> BYTES", category=STRINGS, doc="", sql=_part)
scalar_sql(
    "LEN",
    "BYTES -> INT",
    category=STRINGS,
    sql=lambda a: f"CAST(octet_length({a}) AS INTEGER)",
    doc="",
    example=("LEN(TO_BYTES('abc', 'utf8'))", "3"),
)


@data("SPLIT", "BYTES, BYTES -> ARRAY<BYTES>", doc="")
def split(value: bytes, delimiter: bytes) -> list[bytes]:
    if delimiter or not value:
        return value.split(delimiter) if delimiter else [value]
    return [value[i : i + 1] for i in range(len(value))]


@data("CONCAT_WS", "BYTES, BYTES, BYTES... -> BYTES", doc="", null_in_null_out=False)
def concat_ws(separator: bytes | None, first: bytes | None, rest: list[bytes | None]) -> bytes | None:
    return None if separator is None else separator.join(part for part in (first, *rest) if part is not None)


def _signed(value: bytes) -> bytes:
    """Orders as bytes do that count from -128 to 127."""
    return bytes(byte ^ 0x80 for byte in value)


@data("GREATEST", "BYTES, BYTES... -> BYTES", doc="", null_in_null_out=False)
def greatest(first: bytes | None, rest: list[bytes | None]) -> bytes | None:
    return max((v for v in (first, *rest) if v is not None), key=_signed, default=None)


@data("LEAST", "BYTES, BYTES... -> BYTES", doc="", null_in_null_out=False)
def least(first: bytes | None, rest: list[bytes | None]) -> bytes | None:
    return min((v for v in (first, *rest) if v is not None), key=_signed, default=None)


# Numbers in bytes

Order = Literal["big", "little"]
_ORDERS: dict[str, Order] = {"BIG_ENDIAN": "big", "LITTLE_ENDIAN": "little"}


def _number(value: bytes, size: int, order: str) -> bytes:
    """The bytes of a number, the highest first."""
    if len(value) != size:
        raise ValueError(f"a number of {size} bytes cannot be read from {len(value)}")
    if order.upper() not in _ORDERS:
        raise ValueError(f"'{order}' is no byte order; use BIG_ENDIAN or LITTLE_ENDIAN")
    return value if _ORDERS[order.upper()] == "big" else value[::-1]


@data(
    "INT_FROM_BYTES",
    "BYTES -> INT",
    doc="4 bytes as a number; BIG_ENDIAN unless LITTLE_ENDIAN is said",
    example=("INT_FROM_BYTES(TO_BYTES('0000002A', 'hex'))", "42"),
)
def int_from_bytes(value: bytes) -> int:
    return int_from_ordered(value, "BIG_ENDIAN")


@data("INT_FROM_BYTES", "BYTES, STRING -> INT", doc="")
def int_from_ordered(value: bytes, order: str) -> int:
    return int.from_bytes(_number(value, 4, order), "big", signed=True)


@data(
    "BIGINT_FROM_BYTES",
    "BYTES -> BIGINT",
    doc="8 bytes as a number; BIG_ENDIAN unless LITTLE_ENDIAN is said",
    example=("BIGINT_FROM_BYTES(TO_BYTES('000000000000002A', 'hex'))", "CAST(42 AS BIGINT)"),
)
def bigint_from_bytes(value: bytes) -> int:
    return bigint_from_ordered(value, "BIG_ENDIAN")


@data("BIGINT_FROM_BYTES", "BYTES, STRING -> BIGINT", doc="")
def bigint_from_ordered(value: bytes, order: str) -> int:
    return int.from_bytes(_number(value, 8, order), "big", signed=True)


@data(
    "DOUBLE_FROM_BYTES",
    "BYTES -> DOUBLE",
    doc="8 bytes as a DOUBLE; BIG_ENDIAN unless LITTLE_ENDIAN is said",
    example=("DOUBLE_FROM_BYTES(TO_BYTES('3FF8000000000000', 'hex'))", "1.5e0"),
)
def double_from_bytes(value: bytes) -> float:
    return double_from_ordered(value, "BIG_ENDIAN")


@data("DOUBLE_FROM_BYTES", "BYTES, STRING -> DOUBLE", doc="")
def double_from_ordered(value: bytes, order: str) -> float:
    return float(struct.unpack(">d", _number(value, 8, order))[0])


# Encodings


def _from_hex(text: str) -> bytes:
    """Hexadecimal digits, also as 0x2A or X'2A'; an odd number of them means a leading zero."""
    if text.startswith("0x"):
        text = text[2:]
    elif re.fullmatch(r"[xX]'.*'", text):
        text = text[2:-1]
    return bytes.fromhex("0" * (len(text) % 2) + text) if re.fullmatch("[0-9A-Fa-f]*", text) else _refuse(text, "hexadecimal")


def _refuse(text: str, what: str) -> bytes:
    raise ValueError(f"'{text}' is not {what}")


_BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?")


def _from_base64(text: str) -> bytes:
    if not _BASE64.fullmatch(text):
        return _refuse(text, "base64")
    return base64.b64decode(text + "=" * (-len(text) % 4))


_DECODERS: dict[str, Callable[[str], bytes]] = {
    "hex": _from_hex,
    "utf8": lambda text: text.encode(),
    "ascii": lambda text: text.encode("ascii", "replace"),
    "base64": _from_base64,
}
_ENCODERS: dict[str, Callable[[bytes], str]] = {
    "hex": lambda value: value.hex().upper(),
    "utf8": java_text,
    "ascii": lambda value: value.decode("ascii", "replace"),
    "base64": lambda value: base64.b64encode(value).decode(),
}


def _known(encoding: str) -> str:
    if encoding.lower() not in _DECODERS:
        raise ValueError(f"'{encoding}' is no encoding; use hex, utf8, ascii or base64")
    return encoding.lower()


@data(
    "TO_BYTES",
    "STRING, STRING -> BYTES",
    doc="Text in hex, utf8, ascii or base64 as bytes",
    example=("TO_BYTES('hi', 'utf8')", "TO_BYTES('6869', 'hex')"),
)
def to_bytes(text: str, encoding: str) -> bytes:
    return _DECODERS[_known(encoding)](text)


@data(
    "FROM_BYTES",
    "BYTES, STRING -> STRING",
    doc="Bytes as text in hex, utf8, ascii or base64",
    example=("FROM_BYTES(TO_BYTES('hi', 'utf8'), 'base64')", "'aGk='"),
)
def from_bytes(value: bytes, encoding: str) -> str:
    return _ENCODERS[_known(encoding)](value)


def _from_loose_base64(text: str) -> bytes:
    """What is not base64 is skipped, - and _ count too, and too few bits at the end are dropped."""
    digits = re.sub("[^A-Za-z0-9+/]", "", text.partition("=")[0].replace("-", "+").replace("_", "/"))
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


@scalar(
    "ENCODE",
    "STRING, STRING, STRING -> STRING",
    category=STRINGS,
    doc="Text written anew: from one of hex, utf8, ascii and base64 to another",
    example=("ENCODE('hi', 'utf8', 'hex')", "'6869'"),
)
def encode(text: str, source: str, target: str) -> str:
    if _known(source) == _known(target):
        raise ValueError("the two encodings are the same")
    value = _from_loose_base64(text) if _known(source) == "base64" else _DECODERS[_known(source)](text)
    return value.hex() if _known(target) == "hex" else _ENCODERS[_known(target)](value)


# Identifiers

scalar_sql(
    "UUID",
    "-> STRING",
    category=STRINGS,
    sql=lambda: "CAST(uuid() AS VARCHAR)",
    doc="A random UUID, or the text of 16 bytes as one",
    example=("LEN(UUID())", "36"),
)


@scalar("UUID", "BYTES -> STRING", category=STRINGS, doc="")
def uuid_text(value: bytes) -> str | None:
    return str(uuid.UUID(bytes=value)) if len(value) == 16 else None
