"""Definitions as JSON and back, for the log's metadata. Types are written in SQL. Every definition says which version of this
form it has; one without was written by the first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from ksql.engine.catalog.definitions import HeaderColumn, QueryInfo, Source
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.types.names import parse_sql_type
from ksql.engine.types.sql_types import Column
from ksql.errors import KsqlError

#: Raise it when what is written means something else than before, and let `_read` understand the older form.
FORMAT = 2
_FORMAT = "format"

_COLUMNS = ("key_columns", "value_columns", "header_columns")
_OPTIONS = ("key_options", "value_options")


def source_to_json(source: Source) -> bytes:
    plain: dict[str, Any] = {f.name: getattr(source, f.name) for f in fields(source)}
    for name in _COLUMNS:
        plain[name] = [[c.name, str(c.type), *([c.key] if isinstance(c, HeaderColumn) else [])] for c in plain[name]]
    for name in _OPTIONS:
        plain[name] = asdict(plain[name])
    return _written(plain)


def source_from_json(text: bytes) -> Source:
    plain = _read(text)
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
    return _written(asdict(query))


def query_from_json(text: bytes) -> QueryInfo:
    plain = _read(text)
    plain["sources"] = tuple(plain["sources"])
    return QueryInfo(**plain)


def _written(plain: dict[str, Any]) -> bytes:
    return json.dumps({_FORMAT: FORMAT, **plain}).encode()


def _read(text: bytes) -> dict[str, Any]:
    """Raises KsqlError for a definition that only a newer program understands."""
    plain: dict[str, Any] = json.loads(text)
    if plain.pop(_FORMAT, 1) > FORMAT:
        message = f"{plain.get('name') or plain.get('id')} was written by a newer version of ksql"
        raise KsqlError(message, hint="open the data directory with that version, or newer.")
    return plain


def _columns(plain: Sequence[tuple[str, str]]) -> tuple[Column, ...]:
    return tuple(Column(name, parse_sql_type(type_, {})) for name, type_ in plain)
