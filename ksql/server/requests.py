"""What a client sends: statements with the properties and variables of their session, and the form it wants back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from ksql.engine import Session
from ksql.errors import ConfigError
from ksql.server.errors import BAD_REQUEST, FORBIDDEN, TOO_LARGE, ApiError
from ksql.server.state import state_of

JSON = "application/json"
VERSIONED_JSON = "application/vnd.ksql.v1+json"
DELIMITED = "application/vnd.ksqlapi.delimited.v1"

#: The longest body with statements, and with rows to insert.
MOST_STATEMENT_BYTES, MOST_ROW_BYTES = 16 << 20, 256 << 20


@dataclass(frozen=True, slots=True)
class StatementRequest:
    """The body of /ksql, /query and /query-stream. Each request is a session of its own."""

    text: str
    properties: Mapping[str, str]
    variables: Mapping[str, str]

    def session(self, request: Request) -> Session:
        """The session in which the request's statements run. Raises ApiError 40000 for properties that are none."""
        try:
            return state_of(request).engine.session(properties=self.properties, variables=self.variables)
        except ConfigError as error:
            raise ApiError(BAD_REQUEST, str(error)) from error


async def read_statements(request: Request, text_field: str, properties_field: str) -> StatementRequest:
    """Parse the body. Raises ApiError 40000 when it is not what the route expects."""
    body = await read_json(request)
    text = body.get(text_field)
    if not isinstance(text, str):
        raise ApiError(BAD_REQUEST, f'the body must be a JSON object with the statements in "{text_field}"')
    return StatementRequest(text, _settings(body, properties_field), _settings(body, "sessionVariables"))


async def read_json(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises ApiError 40000, and 40300 when a web page of another site sends it."""
    refuse_foreign_pages(request)
    body = parse_json(await read_body(request, MOST_STATEMENT_BYTES), "the body")
    if not isinstance(body, dict):
        raise ApiError(BAD_REQUEST, "the body must be a JSON object")
    return body


async def read_body(request: Request, most: int) -> bytes:
    """The body, of at most so many bytes. Raises ApiError 41300 as soon as there are more."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > most:
            raise ApiError(TOO_LARGE, f"the body has more than {most:,} bytes")
    return b"".join(parts)


def parse_json(text: bytes, what: str, parse_float: Callable[[str], Any] = float) -> Any:
    """The value of a JSON text. Raises ApiError 40000 for what is none, and for what no SQL can say."""
    try:
        value = json.loads(text, parse_float=parse_float)
        if b"\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()  # raises at half a character, which JSON's escapes can write
    except RecursionError:
        raise ApiError(BAD_REQUEST, f"{what} is nested too deeply") from None
    except ValueError as error:
        raise ApiError(BAD_REQUEST, f"{what} is not JSON: {error}") from error
    return value


def refuse_foreign_pages(request: Request) -> None:
    """A browser says from which site a page comes that sends a request; no other site's page may use a local server."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise ApiError(FORBIDDEN, f"a page of {origin} may not use this server")


def negotiate(request: Request, offered: Sequence[str]) -> str:
    """The media type to answer in: the client's favourite of those offered, the first when it has none. Raises ApiError 406."""
    accepted = _accepted(request.headers.get("accept", "*/*"))
    for wanted in accepted:
        if wanted in ("*/*", "application/*"):
            return offered[0]
        if wanted in offered:
            return wanted
    raise ApiError(40600, f"cannot answer in {', '.join(accepted)}; this path offers {', '.join(offered)}")


def _accepted(header: str) -> list[str]:
    """Media types of an Accept header, the dearest first."""
    weighted = []
    for i, part in enumerate(header.split(",")):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((_number(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        if quality > 0:
            weighted.append((-quality, i, name))
    return [name for _, _, name in sorted(weighted)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _settings(body: Mapping[str, Any], field: str) -> dict[str, str]:
    settings = body.get(field) or {}
    if not isinstance(settings, dict):
        raise ApiError(BAD_REQUEST, f'"{field}" must be a JSON object')
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()}
