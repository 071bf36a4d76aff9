"""Records as lines of text, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ksql.engine.catalog.definitions import Source
from ksql.testing import Record
from tests.goldens.story import NULL


def parse_records(topic: str, lines: Sequence[str]) -> list[Record]:
    """`timestamp | key | value | name=value …` as records; comment lines are left out."""
    return [_parse(topic, line) for line in lines if line.strip() and not line.startswith("#")]


def _parse(topic: str, line: str) -> Record:
    time, key, value, *headers = (part.strip() for part in line.split(" | "))
    pairs = [header.partition("=") for header in headers]
    return Record(topic, _bytes(key), _bytes(value), int(time), tuple((name, _bytes(data)) for name, _, data in pairs))


def _bytes(text: str) -> bytes | None:
    if text == NULL:
        return None
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())


def print_records(records: Sequence[Record], source: Source | None) -> list[str]:
    """Records as lines, their columns aligned. A `source` with a windowed key says how to read it."""
    rows = [[str(r.timestamp), _key(r.key, source), _text(r.value), *_headers(r)] for r in records]
    time = max((len(row[0]) for row in rows), default=0)
    key = max((len(row[1]) for row in rows), default=0)
    return [" | ".join([row[0].rjust(time), row[1].ljust(key), *row[2:]]) for row in rows]


def _headers(record: Record) -> list[str]:
    return [f"{name}={_text(data)}" for name, data in record.headers]


def _key(key: bytes | None, source: Source | None) -> str:
    if key is None or source is None or not source.windowed:
        return _text(key)
    start = int.from_bytes(key[-8:], "big")
    if source.windowed == "SESSION":
        return f"{_text(key[:-16])} [{start}, {int.from_bytes(key[-16:-8], 'big')}]"
    return f"{_text(key[:-8])} [{start}, {start + (source.window_size_ms or 0)})"


def _text(data: bytes | None) -> str:
    if data is None:
        return NULL
    return "".join(c if c.isprintable() else _escaped(c) for c in data.decode("utf-8", "backslashreplace"))


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())
