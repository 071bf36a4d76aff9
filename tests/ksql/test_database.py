"""The Python API on the real engine."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import ksql

READINGS = """
CREATE STREAM readings (sensor STRING KEY, room STRING, celsius DOUBLE, cost DECIMAL(4, 2), taken TIMESTAMP, tags ARRAY<STRING>)
  WITH (kafka_topic = 'readings', value_format = 'JSON', partitions = 1);
SET 'auto.offset.reset' = 'earliest';
CREATE TABLE by_room AS SELECT room, COUNT(*) AS readings, MAX(celsius) AS highest FROM readings GROUP BY room;
"""
INSERT = "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?)"
ROW = ["a1", "it's ?", 21.5, Decimal("1.50"), dt.datetime(2020, 1, 1, tzinfo=dt.UTC), ["x", "y"]]


@pytest.fixture
def db() -> Iterator[ksql.Database]:
    with ksql.connect() as db:
        db.execute(READINGS)
        yield db


def test_rows_as_python_and_arrow(db: ksql.Database) -> None:
    db.execute(INSERT, ROW)
    assert db.execute("SELECT * FROM readings").fetchall() == [
        {
            "SENSOR": "a1",
            "ROOM": "it's ?",
            "CELSIUS": 21.5,
            "COST": Decimal("1.50"),
            "TAKEN": dt.datetime(2020, 1, 1),  # noqa: DTZ001 — Arrow's timestamps without zone
            "TAGS": ["x", "y"],
        }
    ]
    assert db.wait_idle(10)
    answer = db.execute("SELECT room, readings FROM by_room WHERE room = ?", ["it's ?"])
    assert [str(column) for column in answer.columns] == ["`ROOM` STRING", "`READINGS` BIGINT"]
    assert answer.arrow().to_pydict() == {"ROOM": ["it's ?"], "READINGS": [1]}
    assert "it's ?" in str(answer)


def test_a_push_query_iterates_and_ends_with_its_limit(db: ksql.Database) -> None:
    for sensor in "abc":
        db.execute(INSERT, [sensor, *ROW[1:]])
    assert [row["SENSOR"] for row in db.execute("SELECT sensor FROM readings EMIT CHANGES LIMIT 2")] == ["a", "b"]
    assert db.execute("SELECT sensor FROM readings EMIT CHANGES LIMIT 3").arrow().column(0).to_pylist() == ["a", "b", "c"]
    with db.execute("SELECT sensor FROM readings EMIT CHANGES") as answer:
        for row in answer:
            assert row == {"SENSOR": "a"}
            break
    assert list(answer) == []


def test_messages_and_listings(db: ksql.Database) -> None:
    assert db.execute("CREATE STREAM copy AS SELECT * FROM readings").text
    assert {row["Stream Name"] for row in db.execute("SHOW STREAMS")} == {"READINGS", "COPY", "KSQL_PROCESSING_LOG"}
    assert [row["Field"] for row in db.execute("EXPLAIN CSAS_COPY_1")] == [row["Field"] for row in db.execute("DESCRIBE copy")]
    assert db.execute("").fetchall() == []
    assert db.execute("-- nothing").text == ""


def test_a_push_query_in_the_middle_is_refused(db: ksql.Database) -> None:
    with pytest.raises(ksql.StatementError, match="must be the last"):
        db.execute("SELECT * FROM readings EMIT CHANGES; SHOW STREAMS;")


def test_errors_point_at_the_place(db: ksql.Database) -> None:
    with pytest.raises(ksql.StatementError) as refused:
        db.execute("SHOW STREAMS;\nSELECT rom FROM by_room;")
    assert (refused.value.line, refused.value.column) == (2, 8)
    assert "       ^" in str(refused.value)
    assert "ROOM" in refused.value.hint
    with pytest.raises(ksql.ParseError):
        db.execute("SELEC 1")


def test_queries_go_on_at_the_next_connect(tmp_path: Path) -> None:
    with ksql.connect(tmp_path / "data", durability="os") as db:
        db.execute(READINGS)
        db.execute(INSERT, ROW)
    with ksql.connect(tmp_path / "data", properties={"auto.offset.reset": "earliest"}) as db:
        db.execute(INSERT, ROW)
        assert db.wait_idle(10)
        assert db.execute("SELECT readings FROM by_room").fetchall() == [{"READINGS": 2}]
        assert db.session.properties["auto.offset.reset"] == "earliest"


def test_one_owner_and_a_closed_database(tmp_path: Path) -> None:
    with ksql.connect(tmp_path) as db, pytest.raises(ksql.LogLockedError, match="in use by process"):
        ksql.connect(tmp_path)
    db.close()
    with pytest.raises(ksql.EngineClosedError):
        db.execute("SHOW STREAMS")
    ksql.connect(tmp_path).close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "http://localhost:8088"}, "http://localhost:8088 is a server, and connecting to one is not supported yet"),
        ({"path": Path("https://example.org")}, "is a server"),
        ({"path": ""}, "must have a name"),
        ({"durability": "none"}, "durability 'none'"),
        ({"workers": 0}, "workers '0'"),
    ],
)
def test_what_cannot_be_connected_to(
    settings: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ksql.ConfigError, match=message):
        ksql.connect(**settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [name for name in ksql.__all__ if name.endswith("Error")])
def test_one_class_catches_all_errors(name: str) -> None:
    assert issubclass(getattr(ksql, name), ksql.KsqlError)


def test_a_database_that_nobody_closes() -> None:
    script = "import ksql; db = ksql.connect(); print(len(db.execute('SHOW STREAMS').fetchall()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("1\n", "")
