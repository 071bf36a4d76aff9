"""What a client asks before it works: who are you, are you well."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse

from ksql.engine.settings import find
from ksql.errors import ConfigError
from ksql.server.errors import BAD_REQUEST, NOT_FOUND, ApiError
from ksql.server.state import state_of
from ksql.version import version

#: There is one log per data directory, so one name serves as the id of the cluster.
CLUSTER_ID = "embedded"
SERVICE_ID = "default_"


async def root(request: Request) -> RedirectResponse:  # noqa: ARG001
    return RedirectResponse("/info", 307)


async def info(request: Request) -> JSONResponse:  # noqa: ARG001
    status = {"version": version(), "kafkaClusterId": CLUSTER_ID, "ksqlServiceId": SERVICE_ID, "serverStatus": "RUNNING"}
    return JSONResponse({"KsqlServerInfo": status})


async def healthcheck(request: Request) -> JSONResponse:
    """Healthy unless an error has stopped a query."""
    healthy = all(query.state != "ERROR" for query in state_of(request).engine.queries.values())
    details = {"metastore": {"isHealthy": True}, "kafka": {"isHealthy": True}, "commandRunner": {"isHealthy": healthy}}
    return JSONResponse({"isHealthy": healthy, "details": details, "serverState": "READY"})


async def probe(request: Request) -> JSONResponse:  # noqa: ARG001
    return JSONResponse({})


async def metadata(request: Request) -> JSONResponse:  # noqa: ARG001
    return JSONResponse({"version": version(), "clusterId": _cluster()})


async def metadata_id(request: Request) -> JSONResponse:  # noqa: ARG001
    return JSONResponse(_cluster())


async def is_valid_property(request: Request) -> JSONResponse:
    """Whether a session may SET the property."""
    try:
        find(request.path_params["name"])
    except ConfigError as error:
        raise ApiError(BAD_REQUEST, str(error)) from error
    return JSONResponse(content=True)


async def all_statuses(request: Request) -> JSONResponse:
    statuses = state_of(request).command_statuses
    return JSONResponse({"commandStatuses": {command: status.get("status") for command, status in statuses.items()}})


async def one_status(request: Request) -> JSONResponse:
    command = request.path_params["command"]
    status = state_of(request).command_statuses.get(command)
    if status is None:
        raise ApiError(NOT_FOUND, f"there was no command {command}")
    return JSONResponse(status)


def _cluster() -> dict[str, object]:
    return {"id": CLUSTER_ID, "scope": {"path": [], "clusters": {"kafka-cluster": CLUSTER_ID, "ksql-cluster": SERVICE_ID}}}
