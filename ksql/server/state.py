"""What the routes share: the engine, running push queries, and the outcome of past commands."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from starlette.requests import Request

from ksql.engine import Engine
from ksql.engine.results import PushQuery
from ksql.server.errors import TOO_MANY_PUSH_QUERIES, ApiError

#: A waiting push query holds a thread, so there is an end to their number.
MAX_PUSH_QUERIES = 100


@dataclass
class ServerState:
    """One per application. Methods may be called from any thread."""

    engine: Engine
    push_threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(MAX_PUSH_QUERIES))
    command_statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    command_numbers: Iterator[int] = field(default_factory=itertools.count)
    _running: dict[str, PushQuery] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self, query: PushQuery) -> Iterator[None]:
        """Keep a push query findable while its answer is written, and close it at the end. Raises ApiError at too many."""
        try:
            with self._lock:
                if len(self._running) >= MAX_PUSH_QUERIES:
                    raise ApiError(TOO_MANY_PUSH_QUERIES, f"{MAX_PUSH_QUERIES} push queries are running; close one first")
                self._running[query.query_id] = query
            yield
        finally:
            with self._lock:
                self._running.pop(query.query_id, None)
            query.close()

    def close_query(self, query_id: str) -> bool:
        """End a push query from outside; False when no such query runs."""
        with self._lock:
            query = self._running.pop(query_id, None)
        if query is not None:
            query.close()
        return query is not None

    def is_running(self, query: PushQuery) -> bool:
        """False once somebody closed it."""
        return query.query_id in self._running

    def close_all(self) -> None:
        """End every push query: the server stops."""
        for query_id in list(self._running):
            self.close_query(query_id)


def state_of(request: Request) -> ServerState:
    """The state of the application that serves the request."""
    state: ServerState = request.app.state.server
    return state
