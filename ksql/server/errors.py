"""Errors as the API's clients expect them: a status, and a body with an error code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from ksql.engine.errors import AssertionFailedError, EngineClosedError, QueryError
from ksql.errors import KsqlError
from ksql.log.contract import LogError

BAD_REQUEST = 40000
BAD_STATEMENT = 40001
QUERY_ENDPOINT = 40002
TOO_MANY_PUSH_QUERIES = 40003
FORBIDDEN = 40300
NOT_FOUND = 40400
TOO_LARGE = 41300
ASSERTION_FAILED = 41700
SERVER_ERROR = 50000
SHUTTING_DOWN = 50303

Entity = Mapping[str, Any]


class ApiError(Exception):
    """An answer that is an error. `code` is the HTTP status times 100 plus a number; `statement` makes it a statement_error."""

    def __init__(self, code: int, message: str, *, statement: str | None = None, entities: Sequence[Entity] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.statement = statement
        self.entities = entities

    @property
    def status(self) -> int:
        return self.code // 100

    @property
    def body(self) -> dict[str, Any]:
        if self.statement is None:
            return generic_error(self.code, self.message)
        return {
            "@type": "statement_error",
            "error_code": self.code,
            "message": self.message,
            "statementText": self.statement,
            "entities": list(self.entities),
        }


def generic_error(code: int, message: str) -> dict[str, Any]:
    """The body of an error that belongs to no statement."""
    return {"@type": "generic_error", "error_code": code, "message": message}


def statement_failed(error: Exception, statement: str, *, push: bool = False, entities: Sequence[Entity] = ()) -> ApiError:
    """The answer to a statement that raised. A refused push query is a bad request; others name the statement."""
    if not isinstance(error, KsqlError):
        message = f"internal error: {type(error).__name__}: {error}"
        return ApiError(SERVER_ERROR, message, statement=statement, entities=entities)
    message = str(error)
    if isinstance(error, EngineClosedError):
        return ApiError(SHUTTING_DOWN, message)
    if isinstance(error, QueryError | LogError):
        return ApiError(SERVER_ERROR, message, statement=statement, entities=entities)
    if push:
        return ApiError(BAD_REQUEST, message)
    code = ASSERTION_FAILED if isinstance(error, AssertionFailedError) else BAD_STATEMENT
    return ApiError(code, message, statement=statement, entities=entities)


async def on_api_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Starlette's handler for ApiError."""
    assert isinstance(error, ApiError)
    return JSONResponse(error.body, error.status)


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Starlette's handler for its own errors: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    message = f"there is no {request.method} {request.url.path}" if error.status_code in (404, 405) else error.detail
    return JSONResponse(generic_error(error.status_code * 100, message), error.status_code, headers=error.headers)


async def on_any_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Starlette's handler for faults of the program."""
    return JSONResponse(generic_error(SERVER_ERROR, f"internal error: {type(error).__name__}: {error}"), 500)
