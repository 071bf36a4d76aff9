"""Session properties the engine understands. Names may carry ksqlDB's prefix `ksql.streams.`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

PREFIX = "ksql.streams."
CACHE = "cache.max.bytes.buffering"
RESET = "auto.offset.reset"


def _is_boolean(value: str) -> bool:
    return value.lower() in ("true", "false")


#: What holds where nobody says otherwise; '' where nothing does.
DEFAULTS: Mapping[str, str] = {
    RESET: "latest",
    CACHE: "10000000",
    "ksql.new.query.planner.enabled": "false",
    "ksql.output.topic.name.prefix": "",
    "ksql.persistence.default.format.key": "KAFKA",
    "ksql.persistence.default.format.value": "",
    "ksql.persistence.wrap.single.values": "",
}

#: Properties of which not every value has a meaning: what it must be, for people, and whether it is that.
_CHECKED: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    RESET: ("earliest or latest", lambda value: value.lower() in ("earliest", "latest")),
    CACHE: ("a number of bytes, 0 for no cache", str.isdecimal),
    "ksql.persistence.wrap.single.values": ("true or false", _is_boolean),
    "ksql.new.query.planner.enabled": ("true or false", _is_boolean),
}


def wrong_value(name: str, value: str) -> str:
    """What the property must be instead of `value`; '' when it may be that."""
    if name.removeprefix(PREFIX) not in _CHECKED:
        return ""
    expected, fits = _CHECKED[name.removeprefix(PREFIX)]
    return "" if fits(value) else expected


def mistyped(name: str) -> str:
    """The property that `name` must be meant for, but for a letter or two; '' when it may be right."""
    plain = name.removeprefix(PREFIX)
    near = get_close_matches(plain, DEFAULTS, n=1, cutoff=0.9)
    return near[0] if near and near[0] != plain else ""


def setting(properties: Mapping[str, str], name: str, default: str) -> str:
    """Value of `name`, with or without the prefix."""
    return str(properties.get(PREFIX + name, properties.get(name, default)))


def caching(properties: Mapping[str, str]) -> bool:
    """Whether a table's sink writes only the last change of each key of a batch."""
    return setting(properties, CACHE, DEFAULTS[CACHE]) != "0"


def reads_latest(properties: Mapping[str, str]) -> bool:
    """Whether streams without a committed position are read from their end."""
    return setting(properties, RESET, DEFAULTS[RESET]).lower() != "earliest"
