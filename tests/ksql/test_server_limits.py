"""Whatever a client sends, however deep or long: the answer is that it is wrong, not that the server is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import anyio
import httpx
import pytest

import ksql
from ksql.parser import tokens
from ksql.server import requests
from ksql.server.app import create_app

PATHS = ["/ksql", "/query", "/query-stream", "/close-query", "/inserts-stream"]
SETUP = """
CREATE STREAM s (k STRING KEY, id INT, n ARRAY<INT>) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);
SET 'auto.offset.reset' = 'earliest';
"""


@pytest.fixture(scope="module")
def database() -> Iterator[ksql.Database]:
    with ksql.connect() as database:
        database.execute(SETUP)
        yield database


def post(database: ksql.Database, path: str, content: str | bytes) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(database.engine), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, content=content)

    return anyio.run(send)


def body(sql: str) -> str:
    return json.dumps({"ksql": sql, "sql": sql, "queryId": sql, "target": sql})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"ksql":' * 100_000,
        '{"ksql":"SHOW STREAMS;","streamsProperties":{"a":' + "[" * 100_000,
        "9" * 5_000,
        b"\xff\xfe",
        "null",
        body("SELECT '\ud800' AS x FROM s;"),
    ],
    ids=["arrays", "objects", "a value", "a number", "no text", "null", "half a character"],
)
def test_json(database: ksql.Database, path: str, content: str | bytes) -> None:
    answer = post(database, path, content)
    assert (answer.status_code, answer.json()["error_code"]) == (400, 40000)


@pytest.mark.parametrize("path", PATHS)
def test_a_long_body(database: ksql.Database, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_STATEMENT_BYTES", 1_000)
    monkeypatch.setattr("ksql.server.inserts.MOST_ROW_BYTES", 1_000)
    answer = post(database, path, body(" " * 1_000))
    assert (answer.status_code, answer.json()["error_code"]) == (413, 41300)
    assert "the body has more than 1,000 bytes" in answer.json()["message"]


def chain(link: str, count: int = 5_000) -> str:
    return f"SELECT {link * count}1 AS x FROM s"


def nest(opening: str, closing: str, inner: str = "1", count: int = 5_000) -> str:
    return f"SELECT {opening * count}{inner}{closing * count} AS x FROM s"


@pytest.mark.parametrize("form", ["{};", "{} EMIT CHANGES LIMIT 1;", "EXPLAIN {} EMIT CHANGES;", "CREATE STREAM o AS {};"])
@pytest.mark.parametrize(
    "query",
    [
        nest("(", ")"),
        nest("ABS(", ")"),
        nest("ARRAY[", "]"),
        nest("", "[1]", "n"),
        nest("", "->a", "n"),
        nest("CASE WHEN true THEN ", " END"),
        nest("CAST(NULL AS ", ")", "ARRAY<" * 5_000 + "INT" + ">" * 5_000, count=1),
        nest("CAST(NULL AS INT", ")", " ARRAY" * 5_000, count=1),
        chain("NOT "),
        chain("- "),
        "SELECT " + "9" * 5_000 + " AS x FROM s",
        "SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 99999999999999999 DAYS) GROUP BY k",
        "SELECT k, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 9999 DAYS, ADVANCE BY 1 MILLISECOND) GROUP BY k",
    ],
    ids=lambda query: query[:20],
)
def test_statements(database: ksql.Database, form: str, query: str) -> None:
    path = "/ksql" if form[0] in "EC" else "/query"
    answer = post(database, path, body(form.format(query)))
    assert (answer.status_code, answer.json()["error_code"] // 100) == (400, 400)


def test_numbers_and_lengths(database: ksql.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_MOST_TOKENS", 1_000)
    for sql in ("SELECT * FROM s EMIT CHANGES LIMIT 99999999999999999999;", f"SELECT {'1, ' * 1_000}1 FROM s EMIT CHANGES;"):
        assert post(database, "/query", body(sql)).status_code == 400


@pytest.mark.parametrize(
    "row",
    ['{"n":' + "[" * 100_000, '{"n":' + "[" * 500 + "1" + "]" * 500 + "}", '{"id":' + "9" * 5_000 + "}", '{"k":"\\ud800"}'],
)
def test_rows(database: ksql.Database, row: str) -> None:
    [line] = post(database, "/inserts-stream", '{"target":"s"}\n' + row).text.splitlines()
    answer = json.loads(line)
    assert (answer["status"], answer["error_code"]) == ("error", 40000)
