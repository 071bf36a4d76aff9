"""The application: which path does what."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from ksql.engine import Engine
from ksql.server import info, inserts, queries, statements
from ksql.server.errors import ApiError, on_any_error, on_api_error, on_http_error
from ksql.server.state import ServerState

ROUTES = [
    Route("/", info.root),
    Route("/info", info.info),
    Route("/healthcheck", info.healthcheck),
    Route("/chc/ready", info.probe),
    Route("/chc/live", info.probe),
    Route("/v1/metadata", info.metadata),
    Route("/v1/metadata/id", info.metadata_id),
    Route("/is_valid_property/{name}", info.is_valid_property),
    Route("/status", info.all_statuses),
    Route("/status/{command:path}", info.one_status),
    Route("/ksql", statements.run_statements, methods=["POST"]),
    Route("/query", queries.query, methods=["POST"]),
    Route("/query-stream", queries.query_stream, methods=["POST"]),
    Route("/close-query", queries.close_query, methods=["POST"]),
    Route("/inserts-stream", inserts.inserts_stream, methods=["POST"]),
]


def create_app(engine: Engine) -> Starlette:
    """The REST API over a started engine, as an ASGI application. Whoever made the engine closes it."""
    handlers = {ApiError: on_api_error, HTTPException: on_http_error, Exception: on_any_error}
    app = Starlette(routes=ROUTES, exception_handlers=handlers)
    app.state.server = ServerState(engine)
    return app
