"""A statement that fails leaves the query it would have changed running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ksql
from ksql.engine.errors import StatementError
from ksql.log.contract import LogWriteError

DDL = """
    CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
    CREATE STREAM o AS SELECT * FROM s;
"""


@pytest.fixture
def db() -> Iterator[ksql.Database]:
    with ksql.connect(properties={"auto.offset.reset": "earliest"}) as database:
        database.execute(DDL)
        yield database


def _goes_on(db: ksql.Database) -> bool:
    db.execute("INSERT INTO s VALUES (1, 1);")
    assert db.wait_idle(30)
    return len(db.execute("SELECT * FROM o;").fetchall()) == 1 and list(db.engine.queries) == ["CSAS_O_0"]


def test_a_replacement_that_is_refused(db: ksql.Database) -> None:
    with pytest.raises(StatementError, match="exists with 1 partition"):
        db.execute("CREATE OR REPLACE STREAM o WITH (partitions=3) AS SELECT *, v + 1 AS w FROM s;")
    assert _goes_on(db)


@pytest.mark.parametrize("statement", ["TERMINATE csas_o_0;", "DROP STREAM o;", "DROP STREAM o DELETE TOPIC;"])
def test_a_commit_that_fails(db: ksql.Database, statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise LogWriteError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(db.engine.catalog, "change", full)
        with pytest.raises(LogWriteError):
            db.execute(statement)
    assert _goes_on(db)


def test_a_topic_that_another_stream_has(db: ksql.Database) -> None:
    db.execute("CREATE STREAM twin (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');")
    with pytest.raises(StatementError, match="cannot be deleted: S has it, too"):
        db.execute("DROP STREAM twin DELETE TOPIC;")
    assert _goes_on(db)
