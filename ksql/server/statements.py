"""POST /ksql: statements that define, change and show."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse

from ksql.engine import Session
from ksql.engine.results import Listing, Message
from ksql.parser import ParseError, parse_one, split
from ksql.server.entities import entity_of
from ksql.server.errors import QUERY_ENDPOINT, ApiError, statement_failed
from ksql.server.requests import JSON, VERSIONED_JSON, negotiate, read_statements
from ksql.server.state import ServerState, state_of
from ksql.sql_text import is_query


async def run_statements(request: Request) -> JSONResponse:
    """Run all statements of the body, in order; answer with an entity for each."""
    media_type = negotiate(request, (JSON, VERSIONED_JSON))
    body = await read_statements(request, "ksql", "streamsProperties")
    entities = await to_thread.run_sync(execute_all, body.session(request), body.text, state_of(request))
    return JSONResponse(entities, media_type=media_type)


def execute_all(session: Session, text: str, state: ServerState) -> list[dict[str, Any]]:
    """The entities of all statements. Raises ApiError at the first that fails, with the entities of those before it."""
    statements = _parse(text)
    entities: list[dict[str, Any]] = []
    for statement in statements:
        try:
            for result in session.execute(statement):
                assert isinstance(result, Message | Listing)
                entity = entity_of(result, state)
                entities += [entity] if entity else []
        except Exception as error:
            raise statement_failed(error, statement, entities=entities) from error
    return entities


def _parse(text: str) -> list[str]:
    """The statements of a text, none of them a query. Raises ApiError, before any is carried out, if one is misspelt."""
    statements = [piece.text for piece in split(text)]
    for statement in statements:
        if is_query(statement):
            message = "SELECT and PRINT queries must use the /query or /query-stream endpoint"
            raise ApiError(QUERY_ENDPOINT, message, statement=statement)
        _check_syntax(statement)
    return statements


def _check_syntax(statement: str) -> None:
    """Raise ApiError if the statement is none. One with variables cannot be judged before its turn."""
    if "${" in statement:
        return
    try:
        parse_one(statement)
    except ParseError as error:
        raise statement_failed(error, statement) from error
