"""One story through every way in, on the real engine: command line, headless, REST."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from click.testing import CliRunner, Result

import ksql
from ksql.cli import main
from ksql.server.app import create_app

STORY = """-- readings of sensors
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM readings (sensor STRING KEY, room STRING, celsius DOUBLE)
  WITH (kafka_topic = 'readings', value_format = 'JSON', partitions = 1);
CREATE TABLE by_room AS SELECT room, COUNT(*) AS readings, MAX(celsius) AS highest FROM readings GROUP BY room;
INSERT INTO readings VALUES ('a', 'kitchen', 21.5);
"""
QUERY = "SELECT room, readings, highest FROM by_room ORDER BY room;"


def command(data: Path, *arguments: str, text: str = "") -> Result:
    return CliRunner(env={"KSQL_DATA": str(data)}).invoke(main, arguments, input=text)


def test_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "story.sql").write_text(STORY + QUERY)
    data = tmp_path / "data"
    first = command(data, "run", str(tmp_path / "story.sql"), "--until-idle")
    assert (first.exit_code, "1 row\n" in first.stdout) == (0, True), first.stderr
    lines = 'b:{"ROOM":"attic","CELSIUS":9}\nbad:{\n'
    assert command(data, "produce", "readings", "--key-separator", ":", text=lines).exit_code == 0
    again = command(data, "run", str(tmp_path / "story.sql"), "--until-idle")
    assert (again.exit_code, "2 rows\n" in again.stdout) == (0, True), again.stderr
    rows = command(data, "-e", QUERY, "--output", "JSON").stdout.splitlines()
    assert [json.loads(row) for row in rows] == [
        {"ROOM": "attic", "READINGS": 1, "HIGHEST": 9.0},
        {"ROOM": "kitchen", "READINGS": 1, "HIGHEST": 21.5},
    ]
    topic = command(data, "consume", "BY_ROOM", "--from-beginning", "--key-separator", "|").stdout.splitlines()
    assert sorted(line.partition("|")[0] for line in topic) == ["attic", "kitchen"]


def test_a_wrong_statement_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "story.sql").write_text(STORY + "SELECT rom FROM by_room;")
    line = [sys.executable, "-W", "error", "-m", "ksql", "-f", str(tmp_path / "story.sql"), "--data", str(tmp_path / "data")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"Error: {tmp_path}/story.sql, line 7:8: there is no column ROM\n  SELECT rom FROM by_room;\n"
    )


@pytest.fixture
def database(tmp_path: Path) -> Any:
    with ksql.connect(tmp_path / "data", durability="os") as db:
        yield db


def post(db: ksql.Database, path: str, **body: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(db.engine))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, json=body)

    return anyio.run(send)


def test_rest(database: ksql.Database) -> None:
    entities = post(database, "/ksql", ksql=STORY).json()
    assert [entity["@type"] for entity in entities][:2] == ["currentStatus", "currentStatus"]
    assert entities[1]["commandStatus"]["queryId"].startswith("CTAS_BY_ROOM_")
    assert database.wait_idle(10)
    pull = post(database, "/query", ksql="SELECT * FROM by_room WHERE room = 'kitchen';").json()
    assert pull[0]["header"]["schema"] == "`ROOM` STRING KEY, `READINGS` BIGINT, `HIGHEST` DOUBLE"
    assert pull[1:] == [{"row": {"columns": ["kitchen", 1, 21.5]}}]
    earliest = {"ksql.streams.auto.offset.reset": "earliest"}
    statement = "SELECT sensor, celsius FROM readings EMIT CHANGES LIMIT 1;"
    push = post(database, "/query", ksql=statement, streamsProperties=earliest).json()
    assert push[0]["header"]["schema"] == "`SENSOR` STRING, `CELSIUS` DOUBLE"
    assert push[1:] == [{"row": {"columns": ["a", 21.5]}}, {"finalMessage": "Limit Reached"}]
    lines = post(database, "/query-stream", sql=statement, properties=earliest).text.splitlines()
    assert json.loads(lines[0])["columnTypes"] == ["STRING", "DOUBLE"]
    assert lines[1:] == ['["a",21.5]']


@pytest.mark.parametrize(
    ("path", "field", "statement", "kind"),
    [
        ("/ksql", "ksql", "DESCRIBE nothing;", "statement_error"),
        ("/ksql", "ksql", "CREATE STREM s;", "statement_error"),
        ("/query", "ksql", "SELECT nothing FROM readings;", "statement_error"),
        ("/query", "ksql", "SELECT nothing FROM readings EMIT CHANGES;", "generic_error"),
        ("/query-stream", "sql", "SELEC 1;", "generic_error"),
    ],
)
def test_rest_errors(database: ksql.Database, path: str, field: str, statement: str, kind: str) -> None:
    database.execute(STORY)
    answer = post(database, path, **{field: statement})
    assert (answer.status_code, answer.json()["@type"]) == (400, kind)


def test_inserts_over_rest(database: ksql.Database) -> None:
    database.execute("CREATE STREAM s (id INT KEY, m MAP<STRING, INT>, t STRUCT<a INT, b STRING>, d DECIMAL(6, 3), y BYTES) "
                     "WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);")  # fmt: skip
    row = {"id": 1, "M": {"k": 5}, "T": {"A": 1, "b": "x"}, "D": 1.125, "Y": "IQ=="}

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(database.engine))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/inserts-stream", content='{"target":"s"}\n' + json.dumps(row))

    assert anyio.run(send).json() == {"status": "ok", "seq": 0}
    [found] = database.execute("SELECT * FROM s").fetchall()
    assert (found["M"], found["T"], str(found["D"]), found["Y"]) == ({"k": 5}, {"A": 1, "B": "x"}, "1.125", b"!")


def test_an_output_that_cannot_take_everything(tmp_path: Path) -> None:
    line = [sys.executable, "-W", "error", "-m", "ksql", "-e", "SELECT 'é' AS x;", "--data", str(tmp_path / "data")]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(line, capture_output=True, text=True, check=True, env=ascii_only)
    assert "\n---\n" in done.stdout
    assert "\\xe9" in done.stdout
    with Path("/dev/full").open("w") as full:
        failed = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (failed.returncode, failed.stderr) == (1, "Error: cannot write the output: no space left on device\n")


def inserted(db: ksql.Database, lines: list[str]) -> list[str]:
    """Acknowledgements of rows sent to /inserts-stream."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(db.engine))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/inserts-stream", content="\n".join(lines))

    return anyio.run(send).text.splitlines()


def test_rows_inserted_by_the_thousand(tmp_path: Path) -> None:
    lines = ['{"target":"s"}', *(json.dumps({"k": f"k{i % 3}", "v": i}) for i in range(1_005))]
    with ksql.connect(tmp_path / "data") as db:
        db.execute("CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 2);")
        answers = inserted(db, lines)
        wrong = inserted(db, ['{"target":"s"}', '{"k":"a"}', '{"v":"x"}', '{"k":"b"}'])
        assert [json.loads(line) for line in answers] == [{"status": "ok", "seq": i} for i in range(1_005)]
        assert json.loads(wrong[0]) == {"status": "ok", "seq": 0}
        assert json.loads(wrong[1]) == {
            "status": "error",
            "seq": 1,
            "error_code": 40000,
            "message": "'x' is not a number, but INTEGER is wanted here",
        }
        [row] = db.execute("SELECT count(*) AS n, sum(v) AS total, count(*) FILTER (k = 'a') AS a FROM s;")
        assert row == {"N": 1_006, "TOTAL": sum(range(1_005)), "A": 1}
        by_key = db.execute("SELECT v FROM s WHERE k = 'k1';").fetchall()
        assert [row["V"] for row in by_key] == list(range(1, 1_005, 3))
