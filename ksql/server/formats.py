"""How rows travel: the object form of /query, and the two array forms of /query-stream.

A form gives the pieces of a body: `begin`, any number of `rows`, then `end` or `failure`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from ksql.engine.types.sql_types import Column
from ksql.render import json_rows, schema_string
from ksql.server.errors import generic_error


class RowForm(Protocol):
    """One body. `tombstones` marks rows that delete their key; `message` says why a query ended."""

    def begin(self, query_id: str, columns: Sequence[Column], keys: frozenset[str]) -> str: ...

    def rows(self, table: pa.Table, columns: Sequence[Column], tombstones: Sequence[bool] | None = None) -> str: ...

    def end(self, message: str | None) -> str: ...

    def failure(self, code: int, message: str) -> str: ...


class ObjectForm:
    """A JSON array of objects, one a line: header, rows, and a last message.

    The comma belongs to the line it ends, so that a client that reads lines has each row as soon as it is there. An array must
    not end in a comma: where no last message may follow (`final` false), the comma waits for the next row instead.
    """

    def __init__(self, *, final: bool) -> None:
        self._after = ",\n" if final else ""
        self._before = "" if final else ",\n"

    def begin(self, query_id: str, columns: Sequence[Column], keys: frozenset[str]) -> str:
        return "[" + _json({"header": {"queryId": query_id, "schema": schema_string(columns, keys)}}) + self._after

    def rows(self, table: pa.Table, columns: Sequence[Column], tombstones: Sequence[bool] | None = None) -> str:
        return "".join(
            f'{self._before}{{"row":{{"columns":{row}{_TOMBSTONE if tombstones and tombstones[i] else ""}}}}}{self._after}'
            for i, row in enumerate(json_rows(table, columns))
        )

    def end(self, message: str | None) -> str:
        return (self._before + _json({"finalMessage": message}) if message else "") + "]\n"

    def failure(self, code: int, message: str) -> str:
        return self._before + _json({"errorMessage": generic_error(code, message)}) + "]\n"


class LineForm:
    """A header line, then one JSON array per line."""

    def begin(self, query_id: str, columns: Sequence[Column], keys: frozenset[str]) -> str:  # noqa: ARG002
        return _json(_header(query_id, columns)) + "\n"

    def rows(self, table: pa.Table, columns: Sequence[Column], tombstones: Sequence[bool] | None = None) -> str:  # noqa: ARG002
        return "".join(row + "\n" for row in json_rows(table, columns))

    def end(self, message: str | None) -> str:  # noqa: ARG002
        return ""

    def failure(self, code: int, message: str) -> str:
        return _json(generic_error(code, message)) + "\n"


class ArrayForm:
    """One JSON array: the header, then a JSON array per row."""

    def begin(self, query_id: str, columns: Sequence[Column], keys: frozenset[str]) -> str:  # noqa: ARG002
        return "[" + _json(_header(query_id, columns))

    def rows(self, table: pa.Table, columns: Sequence[Column], tombstones: Sequence[bool] | None = None) -> str:  # noqa: ARG002
        return "".join(",\n" + row for row in json_rows(table, columns))

    def end(self, message: str | None) -> str:  # noqa: ARG002
        return "]\n"

    def failure(self, code: int, message: str) -> str:
        return ",\n" + _json(generic_error(code, message)) + "]\n"


_TOMBSTONE = ',"tombstone":true'


def _header(query_id: str, columns: Sequence[Column]) -> dict[str, Any]:
    return {"queryId": query_id, "columnNames": [c.name for c in columns], "columnTypes": [str(c.type) for c in columns]}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
