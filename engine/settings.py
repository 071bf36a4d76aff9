"""Session properties the engine understands. Names may carry ksqlDB's prefix `ksql.streams.`."""

from __future__ import annotations

from collections.abc import Mapping

PREFIX = "ksql.streams."
CACHE = "cache.max.bytes.buffering"
RESET = "auto.offset.reset"


def setting(properties: Mapping[str, str], name: str, default: str) -> str:
    """Value of `name`, with or without the prefix."""
    return str(properties.get(PREFIX + name, properties.get(name, default)))


def caching(properties: Mapping[str, str]) -> bool:
    """Whether a table's sink writes only the last change of each key of a batch."""
    return setting(properties, CACHE, "10000000") != "0"


def reads_latest(properties: Mapping[str, str]) -> bool:
    """Whether streams without a committed position are read from their end."""
    return setting(properties, RESET, "latest").lower() != "earliest"
