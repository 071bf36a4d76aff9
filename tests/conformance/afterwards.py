"""Judges what a case says of its sources and topics afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.conformance.schema_text import read_schema, type_text
from tests.conformance.topics import SourceLike

Json = Any

#: Topics the engine keeps for itself; their names and formats are nobody's business.
_INTERNAL_SUFFIXES = ("-repartition", "-changelog")


def judge_sources(expected: Sequence[Json], sources: Mapping[str, SourceLike]) -> str:
    """First difference in name, kind, schema, format or window of a source, or ""."""
    for want in expected:
        source = sources.get(want["name"])
        if source is None:
            return f"there is no source {want['name']}; there are {', '.join(sorted(sources)) or 'none'}"
        if difference := _source_difference(want, source):
            return f"source {want['name']}: {difference}"
    return ""


def judge_topics(expected: Sequence[Json], topics: Mapping[str, int], sources: Sequence[SourceLike]) -> str:
    """First difference in name, declared partitions or formats of a topic, or ""."""
    for want in expected:
        name = want["name"]
        if name.endswith(_INTERNAL_SUFFIXES):
            continue
        if name not in topics:
            return f"there is no topic {name}; there are {', '.join(sorted(topics)) or 'none'}"
        if "partitions" in want and topics[name] != want["partitions"]:
            return f"topic {name}: {topics[name]} partitions, expected {want['partitions']}"
        difference = next((d for source in sources if source.topic == name and (d := _format_difference(want, source))), "")
        if difference:
            return f"topic {name}: {difference}"
    return ""


def _source_difference(want: Json, source: SourceLike) -> str:
    kind = "table" if source.is_table else "stream"
    if want["type"].lower() != kind:
        return f"is a {kind}, expected a {want['type'].lower()}"
    if want.get("schema") is not None:
        schema = read_schema(want["schema"])
        for side, columns, expected in (
            ("key", source.key_columns, schema.key),
            ("value", source.value_columns, schema.value),
        ):
            found = tuple((column.name, type_text(str(column.type))) for column in columns)
            if found != expected:
                return f"{side} columns {_columns(found)}, expected {_columns(expected)}"
    return _format_difference(want, source) or _window_difference(want, source)


def _format_difference(want: Json, source: SourceLike) -> str:
    for side, found in (("keyFormat", source.key_format), ("valueFormat", source.value_format)):
        expected = want.get(side)
        name = expected.get("format") if isinstance(expected, dict) else expected
        if name is not None and name.upper() != found.upper():
            return f"{side} {found}, expected {name}"
    return ""


def _window_difference(want: Json, source: SourceLike) -> str:
    key = want.get("keyFormat")
    if not isinstance(key, dict):
        return ""
    if key.get("windowType") != source.windowed:
        return f"window {source.windowed}, expected {key.get('windowType')}"
    if key.get("windowSize") is not None and key["windowSize"] != source.window_size_ms:
        return f"window size {source.window_size_ms} ms, expected {key['windowSize']}"
    return ""


def _columns(columns: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name} {type_}" for name, type_ in columns) or "none"
