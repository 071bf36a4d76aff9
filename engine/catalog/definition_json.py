"""Definitions as JSON and back, for the log's metadata. Types are written in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from ksql.engine.catalog.definitions import HeaderColumn, QueryInfo, Source
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.types.names import parse_sql_type
from ksql.engine.types.sql_types import Column

_COLUMNS = ("key_columns", "value_columns", "header_columns")
_OPTIONS = ("key_options", "value_options")


def source_to_json(source: Source) -> bytes:
    plain: dict[str, Any] = {f.name: getattr(source, f.name) for f in fields(source)}
    for name in _COLUMNS:
        plain[name] = [[c.name, str(c.type), *([c.key] if isinstance(c, HeaderColumn) else [])] for c in plain[name]]
    for name in _OPTIONS:
        plain[name] = asdict(plain[name])
    return json.dumps(plain).encode()


def source_from_json(text: bytes) -> Source:
    plain = json.loads(text)
    plain["key_columns"] = _columns(plain["key_columns"])
    plain["value_columns"] = _columns(plain["value_columns"])
    plain["header_columns"] = tuple(
        HeaderColumn(name, parse_sql_type(type_, {}), key) for name, type_, key in plain["header_columns"]
    )
    for name in _OPTIONS:
        plain[name] = FormatOptions(**plain[name])
    plain["order"] = tuple(plain["order"])
    return Source(**plain)


def query_to_json(query: QueryInfo) -> bytes:
    return json.dumps(asdict(query)).encode()


def query_from_json(text: bytes) -> QueryInfo:
    plain = json.loads(text)
    plain["sources"] = tuple(plain["sources"])
    return QueryInfo(**plain)


def _columns(plain: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    return tuple(Column(name, parse_sql_type(type_, {})) for name, type_ in plain)
