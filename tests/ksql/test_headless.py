"""A file of statements that is started again."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, cast

import pytest

import ksql
from ksql.database import Database
from ksql.display import Display
from ksql.engine.errors import StatementError
from ksql.headless import run_file
from ksql.log import MemoryLog
from ksql.script import Script
from tests.ksql.fake_engine import FakeEngine, changes, push_of, source, unchecked


def database(engine: FakeEngine, log: MemoryLog, **variables: str) -> Database:
    session = engine.session(variables=variables)
    db: Any = SimpleNamespace(engine=engine, log=log, session=session, wait_idle=engine.wait_idle)
    return cast(Database, db)


@pytest.fixture(autouse=True)
def _unchecked(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "statement" not in request.fixturenames:
        unchecked(monkeypatch)


def run(engine: FakeEngine, log: MemoryLog, sql: str, **variables: str) -> list[str]:
    """The statements that were carried out."""
    before = len(engine.executed)
    run_file(database(engine, log, **variables), Script(sql), Display(io.StringIO()), until_idle=True)
    return [statement for statement, *_ in engine.executed[before:]]


SETUP = "SET 'a'='b'; CREATE STREAM S (i INT); INSERT INTO S VALUES (1); INSERT INTO S VALUES (1);"


def test_a_second_start_repeats_nothing_lasting() -> None:
    engine, log = FakeEngine(), MemoryLog()
    assert len(run(engine, log, SETUP)) == 4
    assert run(engine, log, SETUP) == ["SET 'a'='b';"]
    assert run(engine, log, SETUP + " INSERT INTO S VALUES (1);") == ["SET 'a'='b';", "INSERT INTO S VALUES (1);"]


def test_what_was_dropped_meanwhile_is_made_again_with_all_that_fills_it() -> None:
    engine, log = FakeEngine(), MemoryLog()
    sql = "CREATE STREAM X (i INT); CREATE STREAM S (i INT); INSERT INTO X SELECT * FROM S;"
    engine.sources["X"] = source("X", is_table=False)
    assert len(run(engine, log, sql)) == 3
    del engine.sources["X"]
    assert run(engine, log, sql) == ["CREATE STREAM X (i INT);", "INSERT INTO X SELECT * FROM S;"]


def test_variables_make_another_statement() -> None:
    engine, log = FakeEngine(), MemoryLog()
    sql = "INSERT INTO S VALUES (${v});"
    assert len(run(engine, log, sql, v="1")) == 1
    assert len(run(engine, log, sql, v="1")) == 0
    assert len(run(engine, log, sql, v="2")) == 1


def test_a_failure_stops_and_is_tried_again() -> None:
    engine, log = FakeEngine(), MemoryLog()
    with pytest.raises(StatementError):
        run(engine, log, "CREATE STREAM S (i INT); DROP NONSENSE; CREATE STREAM T (i INT);")
    engine.answers["DROP"] = engine.answers["CREATE"]
    again = run(engine, log, "CREATE STREAM S (i INT); DROP NONSENSE; CREATE STREAM T (i INT);")
    assert again == ["DROP NONSENSE;", "CREATE STREAM T (i INT);"]


def test_a_push_query_ends_when_nothing_more_comes() -> None:
    engine, log = FakeEngine(), MemoryLog()
    push, engine.answers["SELECT"] = push_of(changes(("a", 1)))
    assert len(run(engine, log, "SELECT N FROM S EMIT CHANGES; SHOW STREAMS;")) == 2
    assert push.closed


@pytest.mark.parametrize("statement", ["INSERT INTO s VALUES (1);", "CREATE STREAM o AS SELECT * FROM s;", "TERMINATE ALL;"])
def test_what_was_committed_is_not_done_again_after_a_crash(statement: str) -> None:
    class CrashError(Exception):
        pass

    class Crashing(Display):
        def show(self, result: object) -> None:  # noqa: ARG002
            raise CrashError  # the statement is committed, and nothing after it has happened

    with ksql.connect() as db:
        db.execute("CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);")
        db.execute("CREATE STREAM c AS SELECT * FROM s;")
        with pytest.raises(CrashError):
            run_file(db, Script(statement), Crashing(io.StringIO()))
        before = (dict(db.engine.queries), db.log.end_offset("s", 0))
        run_file(db, Script(statement), Crashing(io.StringIO()))
        assert (dict(db.engine.queries), db.log.end_offset("s", 0)) == before
