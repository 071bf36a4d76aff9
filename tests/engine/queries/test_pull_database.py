"""Users' own SQL: what it may not do, and that nothing it does cannot be stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from functools import partial
from operator import methodcaller

import duckdb
import pyarrow as pa
import pytest

from ksql.engine.queries.pull_database import PullDatabase

#: Years of work.
ENDLESS = "SELECT max(hash(range)) FROM range(1000000000000)"

AS_TABLE = methodcaller("to_arrow_table")


@pytest.fixture
def database() -> Iterator[PullDatabase]:
    made = PullDatabase()
    yield made
    made.close()


def test_a_query_sees_only_its_relations(database: PullDatabase) -> None:
    assert database.run("SELECT sum(n)::BIGINT AS n FROM t", {"t": pa.table({"n": [1, 2]})}, AS_TABLE).to_pylist() == [{"n": 3}]
    with pytest.raises(duckdb.CatalogException, match="t does not exist"):
        database.run("SELECT * FROM t", {}, AS_TABLE)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/hosts')",
        "SET threads = 1",
        "ATTACH '/tmp/x.db'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "INSTALL json",
    ],
)
def test_nothing_outside_is_reached(database: PullDatabase, statement: str) -> None:
    with pytest.raises(duckdb.Error, match=r"disabled|locked"):
        database.run(statement, {}, AS_TABLE)


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell starts what runs in its background deaf to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_stops_a_query(database: PullDatabase) -> None:
    ctrl_c = partial(signal.pthread_kill, threading.get_ident(), signal.SIGINT)
    threading.Timer(0.2, ctrl_c).start()
    with pytest.raises(KeyboardInterrupt):
        database.run(ENDLESS, {}, AS_TABLE)
    assert database.run("SELECT 1 AS one", {}, AS_TABLE).to_pylist() == [{"one": 1}]


def test_close_stops_queries(database: PullDatabase) -> None:
    threading.Timer(0.2, database.close).start()
    with pytest.raises(duckdb.InterruptException):
        database.run(ENDLESS, {}, AS_TABLE)
