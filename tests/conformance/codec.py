"""From a case's JSON to bytes of a record and back, per format. Written apart from the engine's formats, which it judges.

JSON values are written as the case gives them (digits included) and read back without knowing a schema. KAFKA needs the
type of its one column. DELIMITED is text in a case. NONE is no bytes at all.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ksql.engine.types.sql_types import Column

Json = Any

#: Formats this module speaks.
FORMATS = frozenset({"JSON", "KAFKA", "DELIMITED", "NONE"})


class UnknownFormatError(Exception):
    """The runner cannot write or read a format: the case fails, with this as the reason."""


class EncodeError(Exception):
    """A case's value does not fit the format or schema its topic has."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that are not what the topic's format says. Equal to no expected value."""

    data: bytes
    reason: str

    def __str__(self) -> str:
        return f"<{self.data[:60]!r}: {self.reason}>"


@dataclass(frozen=True, slots=True)
class Serde:
    """A format and the columns it carries, for one side (key or value) of a topic."""

    format: str
    columns: tuple[Column, ...] = ()

    def encode(self, value: Json) -> bytes | None:
        """Bytes of `value`; None for null. Raises EncodeError, UnknownFormatError."""
        self._check_format()
        if value is None:
            return None
        if self.format == "JSON":
            return json_text(value).encode()
        if self.format == "KAFKA":
            return _kafka_bytes(value, self._kafka_type())
        return (value if isinstance(value, str) else json_text(value)).encode()

    def decode(self, data: bytes | None) -> Json | Unreadable:
        """The JSON value in `data`: fractions as Decimal with their digits, KAFKA doubles as float. None for None."""
        self._check_format()
        if data is None:
            return None
        try:
            return self._decode(bytes(data))
        except (ValueError, struct.error) as error:
            return Unreadable(bytes(data), f"not {self.format}: {error}")

    def _decode(self, data: bytes) -> Json:
        if self.format == "JSON":
            return json.loads(data.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_distinct)
        if self.format == "KAFKA":
            return _kafka_value(data, self._kafka_type())
        if self.format == "DELIMITED":
            return data.decode("utf-8")
        raise ValueError("bytes where there should be none")

    def _check_format(self) -> None:
        if self.format not in FORMATS:
            raise UnknownFormatError(f"the runner does not speak {self.format} yet")

    def _kafka_type(self) -> str:
        return str(self.columns[0].type) if self.columns else "STRING"


def json_text(value: Json) -> str:
    """`value` as JSON; a Decimal is written digit by digit, never as a rounded double."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


# Big-endian, as Java's serializers write them.
_NUMBERS = {"INTEGER": ">i", "BIGINT": ">q", "DOUBLE": ">d"}


def _kafka_bytes(value: Json, type_: str) -> bytes:
    try:
        if type_ in _NUMBERS:
            number = float(value) if type_ == "DOUBLE" else int(value)
            return struct.pack(_NUMBERS[type_], number)
    except (ValueError, TypeError, struct.error) as error:
        raise EncodeError(f"{value!r} is no KAFKA {type_}: {error}") from error
    if type_ not in ("STRING", "BYTES"):
        raise EncodeError(f"KAFKA has no {type_}")
    return (value if isinstance(value, str) else json_text(value)).encode()


def _kafka_value(data: bytes, type_: str) -> Json:
    if type_ in _NUMBERS:
        return struct.unpack(_NUMBERS[type_], data)[0]
    return data.decode("utf-8")


def _refuse(word: str) -> Json:
    raise ValueError(f"{word} is no JSON")


def _distinct(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is written twice")
    return fields
