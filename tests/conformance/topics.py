"""What the runner knows about a topic: formats, schema, window, and who writes it. Encodes and decodes its records."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ksql.engine.types.sql_types import Column, SqlType, Struct
from tests.conformance import windowed
from tests.conformance.codec import Serde, Unreadable
from tests.conformance.windowed import Window

Json = Any
Headers = tuple[tuple[str, bytes | None], ...]


class SourceLike(Protocol):
    """What is used of a declared stream or table."""

    @property
    def name(self) -> str: ...
    @property
    def is_table(self) -> bool: ...
    @property
    def topic(self) -> str: ...
    @property
    def key_columns(self) -> Sequence[Column]: ...
    @property
    def value_columns(self) -> Sequence[Column]: ...
    @property
    def key_format(self) -> str: ...
    @property
    def value_format(self) -> str: ...
    @property
    def windowed(self) -> str | None: ...
    @property
    def window_size_ms(self) -> int | None: ...


class RecordLike(Protocol):
    """What is used of a record read from a topic."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as values, either expected by a case or found in a topic. timestamp and headers None: a case does not say."""

    key: Json
    value: Json
    window: Window | None = None
    timestamp: int | None = None
    headers: Headers | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """Formats and schema of a topic's records."""

    name: str
    key: Serde
    value: Serde
    is_table: bool = False
    windowed: str | None = None
    window_size_ms: int | None = None
    #: Statements that write it. Order counts per statement, but a record does not say which one wrote it.
    writers: int = 1

    def encode(self, record: Json) -> tuple[bytes | None, bytes | None, int, list[tuple[str, bytes | None]]]:
        """Key, value, timestamp in milliseconds and headers of a case's input record."""
        key = windowed.encode(self.key.encode(record.get("key")), record.get("window"))
        headers = _headers(record.get("headers") or ())
        return key, self.value.encode(record.get("value")), int(record.get("timestamp", 0)), list(headers)

    def decode(self, record: RecordLike) -> Seen:
        """What a record says; parts that cannot be read are Unreadable."""
        try:
            key, window = windowed.decode(record.key, self.windowed, self.window_size_ms)
        except ValueError as error:
            return Seen(Unreadable(record.key or b"", str(error)), self.value.decode(record.value), None, record.timestamp)
        headers = tuple((name, value) for name, value in record.headers)
        return Seen(self.key.decode(key), self.value.decode(record.value), window, record.timestamp, headers)

    def key_type(self, key: Json) -> SqlType | None:
        """SQL type of a key read from this topic."""
        return _type_of(key, self.key.columns)

    def value_type(self, value: Json) -> SqlType | None:
        """SQL type of a value read from this topic."""
        return _type_of(value, self.value.columns)


def expected_record(record: Json) -> Seen:
    """A case's output record."""
    timestamp, headers = record.get("timestamp"), record.get("headers")
    return Seen(
        key=record.get("key"),
        value=record.get("value"),
        window=windowed.from_case(record.get("window")),
        timestamp=None if timestamp is None else int(timestamp),
        headers=None if headers is None else _headers(headers),
    )


def topic_of(source: SourceLike, *, writers: int = 1) -> Topic:
    """The topic below a stream or table."""
    return Topic(
        name=source.topic,
        key=Serde(source.key_format.upper(), tuple(source.key_columns)),
        value=Serde(source.value_format.upper(), tuple(source.value_columns)),
        is_table=source.is_table,
        windowed=source.windowed,
        window_size_ms=source.window_size_ms,
        writers=writers,
    )


def topic_of_case(description: Mapping[str, Json]) -> Topic:
    """A topic no source is declared on, from the case's own `topics`."""
    key = _format_name(description.get("keyFormat") or "KAFKA")
    value = _format_name(description.get("valueFormat") or description.get("format") or "JSON")
    return Topic(description["name"], Serde(key), Serde(value))


def _format_name(description: Json) -> str:
    name = description["format"] if isinstance(description, dict) else description
    return str(name).upper()


def _type_of(data: Json, columns: Sequence[Column]) -> SqlType | None:
    if len(columns) == 1 and not (isinstance(data, dict) and columns[0].name in data):
        return columns[0].type
    return Struct(tuple((column.name, column.type) for column in columns)) if columns else None


def _headers(headers: Sequence[Mapping[str, Json]]) -> Headers:
    return tuple((h["KEY"], None if h["VALUE"] is None else base64.b64decode(h["VALUE"])) for h in headers)
