"""What the routes share: the engine, running push queries, and the outcome of past commands."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio
from starlette.requests import Request

from ksql.engine import Engine
from ksql.engine.results import PushQuery
from ksql.engine.settings import MAX_PUSH_QUERIES, value_of
from ksql.server.errors import TOO_MANY_PUSH_QUERIES, ApiError

#: So many outcomes of commands can be asked for; those before are forgotten.
KEPT_STATUSES = 1_000
#: Pull queries worked on at a time; more wait.
MAX_PULL_QUERIES = 16


@dataclass
class ServerState:
    """One per application. Methods may be called from any thread."""

    engine: Engine
    #: Long pull queries leave the other routes their threads.
    pull_threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(MAX_PULL_QUERIES))
    command_numbers: Iterator[int] = field(default_factory=itertools.count)
    _statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    _running: dict[str, PushQuery] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        #: A waiting push query holds a thread, so there is an end to their number.
        self.most_push_queries = int(value_of(self.engine.config, MAX_PUSH_QUERIES))
        self.push_threads = anyio.CapacityLimiter(self.most_push_queries)

    def admit(self, query: PushQuery) -> None:
        """Keep a push query findable until `close_query`. Raises ApiError, and closes it, when there are too many."""
        with self._lock:
            if len(self._running) < self.most_push_queries:
                self._running[query.query_id] = query
                return
        query.close()
        raise ApiError(TOO_MANY_PUSH_QUERIES, f"{self.most_push_queries} push queries are running; close one first")

    def close_query(self, query_id: str) -> bool:
        """End a push query; False when no such query runs."""
        with self._lock:
            query = self._running.pop(query_id, None)
        if query is not None:
            query.close()
        return query is not None

    def close_all(self) -> None:
        """End every push query: the server stops."""
        for query_id in list(self._running):
            self.close_query(query_id)

    def remember(self, command: str, status: dict[str, Any]) -> None:
        """Keep the outcome of a command, as the newest there is."""
        with self._lock:
            self._statuses.pop(command, None)
            self._statuses[command] = status
            if len(self._statuses) > KEPT_STATUSES:
                del self._statuses[next(iter(self._statuses))]

    @property
    def command_statuses(self) -> dict[str, dict[str, Any]]:
        """The outcome of past commands by their ids, the newest last."""
        with self._lock:
            return dict(self._statuses)


def state_of(request: Request) -> ServerState:
    """The state of the application that serves the request."""
    state: ServerState = request.app.state.server
    return state
