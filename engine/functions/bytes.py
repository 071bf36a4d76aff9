"""Bytes as numbers and texts, and texts in other encodings."""

from __future__ import annotations

import base64
import re
import struct
from functools import partial

from ksql.engine.functions.declare import BINARY, STRINGS, scalar
from ksql.engine.functions.utf16 import units

binary = partial(scalar, category=BINARY)
_ORDERS = {"BIG_ENDIAN": ">", "LITTLE_ENDIAN": "<"}


def _unpack(value: bytes, order: str, code: str) -> tuple[int | float, ...]:
    if order.upper() not in _ORDERS:
        raise ValueError(f"{order} is not a byte order: BIG_ENDIAN or LITTLE_ENDIAN")
    return struct.unpack(_ORDERS[order.upper()] + code, value)


def _declare_number(name: str, type_: str, code: str, example: tuple[str, str]) -> None:
    doc = f"{type_} that is written in {struct.calcsize(code)} bytes, BIG_ENDIAN if not said otherwise"

    @binary(name, f"BYTES -> {type_}", doc=doc, example=example)
    def from_big_endian(value: bytes) -> int | float:
        return _unpack(value, "BIG_ENDIAN", code)[0]

    @binary(name, f"BYTES, STRING -> {type_}", doc=doc)
    def from_bytes(value: bytes, order: str) -> int | float:
        return _unpack(value, order, code)[0]


_declare_number("INT_FROM_BYTES", "INT", "i", ("INT_FROM_BYTES(TO_BYTES('0000002A', 'hex'))", "42"))
_declare_number("BIGINT_FROM_BYTES", "BIGINT", "q", ("BIGINT_FROM_BYTES(TO_BYTES('000000000000002A', 'hex'))", "42"))
_declare_number("DOUBLE_FROM_BYTES", "DOUBLE", "d", ("DOUBLE_FROM_BYTES(TO_BYTES('4059000000000000', 'hex'))", "100e0"))

_HEX = re.compile("(?:[0-9a-fA-F]{2})*")
_ALPHABET = re.compile("[^A-Za-z0-9+/]")


def _from_hex(text: str) -> bytes:
    if not _HEX.fullmatch(text):
        raise ValueError(f"'{text}' is not hexadecimal")
    return bytes.fromhex(text)


def _from_base64(text: str) -> bytes:
    """Strict, but padding may be missing."""
    if not re.fullmatch("[A-Za-z0-9+/]*={0,2}", text) or ("=" in text and len(text) % 4) or len(text.rstrip("=")) % 4 == 1:
        raise ValueError(f"'{text}' is not base64")
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _ascii(text: str) -> bytes:
    return units(text).encode("ascii", "replace")


_DECODERS = {"hex": _from_hex, "utf8": str.encode, "ascii": _ascii, "base64": _from_base64}
_ENCODERS = {
    "hex": lambda value: value.hex(),
    "utf8": lambda value: value.decode("utf-8", "replace"),
    "ascii": lambda value: value.decode("ascii", "replace"),
    "base64": lambda value: base64.b64encode(value).decode(),
}


def _known(encoding: str) -> str:
    if encoding.lower() not in _DECODERS:
        raise ValueError(f"{encoding} is not an encoding: {', '.join(_DECODERS)}")
    return encoding.lower()


@binary(
    "TO_BYTES", "STRING, STRING -> BYTES",
    doc="The bytes of a text in hex, utf8, ascii or base64", example=("LEN(TO_BYTES('68656C6C6F', 'hex'))", "5"),
)  # fmt: skip
def to_bytes(text: str, encoding: str) -> bytes:
    name = _known(encoding)
    return _hex_digits(text) if name == "hex" else _DECODERS[name](text)


@binary(
    "FROM_BYTES", "BYTES, STRING -> STRING",
    doc="Bytes as a text in hex, utf8, ascii or base64", example=("FROM_BYTES(TO_BYTES('abc', 'utf8'), 'base64')", "'YWJj'"),
)  # fmt: skip
def from_bytes(value: bytes, encoding: str) -> str:
    name = _known(encoding)
    return value.hex().upper() if name == "hex" else _ENCODERS[name](value)


@binary(
    "ENCODE", "STRING, STRING, STRING -> STRING", category=STRINGS,
    doc="A text in another encoding: hex, utf8, ascii or base64", example=("ENCODE('hello', 'utf8', 'hex')", "'68656c6c6f'"),
)  # fmt: skip
def encode(text: str, given: str, wanted: str) -> str:
    source, target = _known(given), _known(wanted)
    if source == target:
        raise ValueError("the encodings are the same")
    value = _lenient_base64(text) if source == "base64" else _hex_digits(text) if source == "hex" else _DECODERS[source](text)
    return _ENCODERS[target](value)


def _hex_digits(text: str) -> bytes:
    """Hexadecimal, also written as 0x… or X'…'; a missing first digit is zero."""
    quoted = re.fullmatch("[xX]'(.*)'", text, re.DOTALL)
    digits = quoted[1] if quoted else text[2:] if text[:2] in ("0x", "0X") else text
    return _from_hex("0" * (len(digits) % 2) + digits)


def _lenient_base64(text: str) -> bytes:
    """Whatever is not in the alphabet is left out, and so are bits that make no whole byte."""
    digits = _ALPHABET.sub("", text.split("=")[0].replace("-", "+").replace("_", "/"))
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4))
