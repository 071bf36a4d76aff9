"""Windowed keys: the bytes of the key, followed by the window's bounds as Kafka Streams writes them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

_LONG = struct.Struct(">q")
_TWO_LONGS = struct.Struct(">qq")


@dataclass(frozen=True, slots=True)
class Window:
    """Bounds in epoch milliseconds. `end` is None where neither the bytes nor the source say it."""

    start: int
    end: int | None


def from_case(window: Any) -> Window | None:
    """The `window` of a case's record."""
    return None if window is None else Window(int(window["start"]), int(window["end"]))


def encode(key: bytes | None, window: Any) -> bytes | None:
    """Append the bounds of a case's `window`: a session is end, start; a time window is its start alone."""
    if key is None or window is None:
        return key
    if str(window.get("type", "time")).lower() == "session":
        return key + _TWO_LONGS.pack(int(window["end"]), int(window["start"]))
    return key + _LONG.pack(int(window["start"]))


def decode(data: bytes | None, kind: str | None, size_ms: int | None) -> tuple[bytes | None, Window | None]:
    """Key bytes and window of a record whose source is windowed: `kind` is 'TUMBLING', 'HOPPING', 'SESSION' or None.

    Raises ValueError when the bytes are too short to hold the bounds.
    """
    if data is None or kind is None:
        return data, None
    tail = _TWO_LONGS if kind == "SESSION" else _LONG
    if len(data) < tail.size:
        raise ValueError(f"a {kind} key needs at least {tail.size} bytes, got {len(data)}")
    key, bounds = data[: -tail.size], tail.unpack(data[-tail.size :])
    if kind == "SESSION":
        return key, Window(start=bounds[1], end=bounds[0])
    return key, Window(start=bounds[0], end=None if size_ms is None else bounds[0] + size_ms)
