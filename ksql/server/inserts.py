"""POST /inserts-stream: rows as JSON objects, one a line after a line that names the target; an acknowledgement for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from ksql.engine import Session
from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import StatementError, did_you_mean
from ksql.engine.statements.parameters import typed_literal, unquoted
from ksql.engine.types.sql_types import quote_name
from ksql.errors import KsqlError
from ksql.server.errors import BAD_REQUEST, BAD_STATEMENT, SERVER_ERROR, ApiError
from ksql.server.requests import (
    DELIMITED,
    JSON,
    MOST_ROW_BYTES,
    VERSIONED_JSON,
    negotiate,
    parse_json,
    read_body,
    refuse_foreign_pages,
)
from ksql.server.state import state_of


async def inserts_stream(request: Request) -> StreamingResponse:
    """Insert the rows in order; a row that fails is acknowledged as such and ends the stream."""
    refuse_foreign_pages(request)
    media_type = negotiate(request, (DELIMITED, JSON, VERSIONED_JSON))
    lines = [line for line in (await read_body(request, MOST_ROW_BYTES)).splitlines() if line.strip()]
    first = parse_json(lines[0], "the first line") if lines else None
    target = first.get("target") if isinstance(first, dict) else None
    if not isinstance(target, str):
        raise ApiError(BAD_REQUEST, 'the first line must be a JSON object with "target", the name of a stream or table')
    engine = state_of(request).engine
    source = engine.sources.get(unquoted(target))
    if source is None:
        raise ApiError(BAD_STATEMENT, f"there is no stream or table called {unquoted(target)}")
    return StreamingResponse(_acknowledge(engine.session(), source, lines[1:]), media_type=media_type)


#: Most rows of one commit; a client hears of them when all are safe.
_ROWS = 1_000


def _acknowledge(session: Session, source: Source, lines: list[bytes]) -> Iterator[str]:
    for start in range(0, len(lines), _ROWS):
        statements, error = _statements(source, lines[start : start + _ROWS])
        done = 0
        try:
            done, failed = session.insert_all(statements)
            error = failed or error
        except Exception as refused:  # the commit failed: no row was inserted
            error = refused
        yield "".join(json.dumps({"status": "ok", "seq": start + i}) + "\n" for i in range(done))
        if error is not None:
            code, message = _explained(error)
            yield json.dumps({"status": "error", "seq": start + done, "error_code": code, "message": message}) + "\n"
            return


def _statements(source: Source, lines: list[bytes]) -> tuple[list[str], Exception | None]:
    """Statements for the rows, up to the first that cannot be read, and what is wrong with that."""
    statements: list[str] = []
    for line in lines:
        try:
            row = parse_json(line, "the row", _number)
            if not isinstance(row, dict):
                return statements, ApiError(BAD_REQUEST, "a row must be a JSON object")
            statements.append(insert_statement(source, row))
        except (ApiError, StatementError) as error:
            return statements, error
        except RecursionError:
            return statements, ApiError(BAD_REQUEST, "the row is nested too deeply")
    return statements, None


def _explained(error: Exception) -> tuple[int, str]:
    """Error code and message. The place in a statement that the client did not write is left out."""
    if isinstance(error, ApiError):
        return error.code, error.message
    if isinstance(error, KsqlError):
        return BAD_REQUEST, "\n".join(filter(None, (error.message, error.detail, error.hint and f"Hint: {error.hint}")))
    return SERVER_ERROR, f"internal error: {error}"


def insert_statement(source: Source, row: Mapping[str, Any]) -> str:
    """An INSERT of one row. Names are as a client writes them in SQL: upper case unless in backticks.

    Raises StatementError for a column that the source does not have.
    """
    types = {column.name: column.type for column in source.columns}
    values = {unquoted(name): value for name, value in row.items()}
    for name in values:
        if name not in types:
            raise StatementError(f"{source.name} has no column {name}", hint=did_you_mean(name, types))
    columns = ", ".join(map(quote_name, values))
    literals = ", ".join(typed_literal(value, types[name]) for name, value in values.items())
    return f"INSERT INTO {quote_name(source.name)} ({columns}) VALUES ({literals});"


def _number(text: str) -> Decimal | float:
    return float(text) if "e" in text.lower() else Decimal(text)
