"""The server on a real socket: what needs a connection that can break."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn

from ksql.config import ConfigError
from ksql.engine.errors import QueryError
from ksql.engine.results import Rows
from ksql.server.serve import make_server, open_listener
from tests.ksql.fake_engine import FakeEngine, changes, push_of


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def served(engine: FakeEngine) -> Iterator[tuple[str, uvicorn.Server]]:
    """The URL of a running server, and the server."""
    db: Any = SimpleNamespace(engine=engine)
    listener = open_listener("127.0.0.1", 0)
    server = make_server(db)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
    server.should_exit = True
    thread.join()
    listener.close()


def test_a_client_that_hangs_up_ends_its_query(engine: FakeEngine, served: tuple[str, uvicorn.Server]) -> None:
    push, engine.answers["SELECT"] = push_of(changes(("a", 1)))
    body = {"sql": "SELECT ID FROM S EMIT CHANGES;"}
    with httpx.stream("POST", f"{served[0]}/query-stream", json=body) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith('{"queryId":"push_1"')
        assert next(lines) == '["a",1]'
        push.waiting.put(changes(("b", 2)))
        assert next(lines) == '["b",2]'
    assert push.ended.wait(5)


def test_a_client_that_hangs_up_stops_its_pull_query(engine: FakeEngine, served: tuple[str, uvicorn.Server]) -> None:
    working: list[int] = []
    stopped: queue.Queue[int] = queue.Queue()

    def work(_: str) -> Rows:
        working.append(threading.get_ident())
        stopped.put(stopped.get(timeout=10))  # until it is interrupted
        raise QueryError("interrupted")

    engine.pull_database.interrupt = stopped.put
    engine.answers["SELECT"] = work
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{served[0]}/query", json={"ksql": "SELECT 1;"}, timeout=0.5)
    assert stopped.get(timeout=10) == working[0]


def test_a_stopping_server_ends_its_queries(engine: FakeEngine, served: tuple[str, uvicorn.Server]) -> None:
    push, engine.answers["SELECT"] = push_of(changes(("a", 1)))
    with httpx.stream("POST", f"{served[0]}/query", json={"ksql": "SELECT ID FROM S EMIT CHANGES;"}) as answer:
        lines = answer.iter_lines()
        next(lines)
        served[1].handle_exit(2, None)
        assert [*lines][-1] == '{"finalMessage":"Query Completed"}]'
    assert push.closed


def test_a_port_in_use() -> None:
    listener = open_listener("127.0.0.1", 0)
    try:
        listener.listen()
        with pytest.raises(ConfigError, match="cannot listen on"):
            open_listener("127.0.0.1", listener.getsockname()[1])
    finally:
        listener.close()
