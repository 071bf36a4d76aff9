"""Serve the application until Ctrl-C or SIGTERM."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from ksql.database import Database
from ksql.errors import ConfigError
from ksql.server.app import create_app
from ksql.server.state import ServerState

#: How long open requests may finish when the server stops, in seconds.
_GRACE_S = 3


class _Server(uvicorn.Server):
    """Ends push queries at the first signal: they would keep their connections open for ever."""

    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config)
        self._state = state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._state.close_all()
        super().handle_exit(sig, frame)


def serve(db: Database, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Listen on host:port (port 0 takes a free one), call `ready` with the URL, and serve. Raises ConfigError."""
    listener = open_listener(host, port)
    try:
        ready(f"http://{host}:{listener.getsockname()[1]}")
        make_server(db).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # uvicorn sends itself the signal again once it has stopped in order
    finally:
        listener.close()


def make_server(db: Database) -> uvicorn.Server:
    """The server over a database; `run(sockets=…)` serves."""
    app = create_app(db.engine)
    return _Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_GRACE_S), app.state.server)


def open_listener(host: str, port: int) -> socket.socket:
    """A bound socket. Raises ConfigError, with the reason, when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listener
