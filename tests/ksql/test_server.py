"""The REST API's shapes, with an engine that answers from a table."""

from __future__ import annotations

import json
from typing import Any, cast

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from ksql.engine import Engine
from ksql.engine.errors import AssertionFailedError, QueryError
from ksql.engine.results import Listing, Rows
from ksql.server import state
from ksql.server.app import create_app
from tests.ksql.fake_engine import COLUMNS, FakeEngine, changes, push_of, source, table

DELIMITED = {"Accept": "application/vnd.ksqlapi.delimited.v1"}
VERSIONED = {"Accept": "application/vnd.ksql.v1+json"}
JSON = {"Accept": "application/json"}


class Client:
    """Requests to the application without a socket."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, path: str, **rest: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://test") as client:
                return await client.request(method, path, **rest)

        return anyio.run(send)

    def get(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> httpx.Response:
        return self.request("POST", path, **rest)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def client(engine: FakeEngine) -> Client:
    return Client(create_app(cast(Engine, engine)))


def test_who_are_you(client: Client) -> None:
    assert client.get("/", follow_redirects=False).headers["location"] == "/info"
    assert set(client.get("/info").json()["KsqlServerInfo"]) == {"version", "kafkaClusterId", "ksqlServiceId", "serverStatus"}
    assert client.get("/healthcheck").json()["isHealthy"] is True
    assert client.get("/chc/ready").json() == {}
    assert client.get("/v1/metadata/id").json()["id"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/ksql", 405)])
def test_paths_there_are_not(client: Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json() == {"@type": "generic_error", "error_code": status * 100, "message": f"there is no {method} {path}"}


def test_statements_give_entities(client: Client, engine: FakeEngine) -> None:
    body = {
        "ksql": "CREATE STREAM x (a INT); SET 'a'='b'; SHOW STREAMS;",
        "streamsProperties": {"p": True, "q": "r"},
        "sessionVariables": {"v": "1"},
    }
    answer = client.post("/ksql", json=body, headers=VERSIONED)
    assert answer.headers["content-type"] == "application/vnd.ksql.v1+json"
    created, listed = answer.json()
    assert created["@type"] == "currentStatus"
    assert created["commandId"] == "stream/X/create"
    assert created["commandSequenceNumber"] == 0
    assert created["warnings"] == []
    assert listed == {"@type": "streams", "statementText": "SHOW STREAMS;", "warnings": [], "streams": [{"name": "S"}]}
    assert engine.executed[0][1:] == ({"p": "true", "q": "r"}, {"v": "1"})
    assert client.get("/status").json() == {"commandStatuses": {"stream/X/create": "SUCCESS"}}
    assert client.get("/status/stream/X/create").json()["status"] == "SUCCESS"
    assert client.get("/status/stream/Y/create").json()["error_code"] == 40400


def test_old_commands_are_forgotten(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "KEPT_STATUSES", 2)
    kept = client.app.state.server
    for command in ("a", "b", "a", "c"):
        kept.remember(command, {"status": command})
    assert client.get("/status").json() == {"commandStatuses": {"a": "a", "c": "c"}}


def test_a_failing_statement_names_itself_and_those_before(client: Client) -> None:
    answer = client.post("/ksql", json={"ksql": "CREATE STREAM x (a INT); DROP STREAM y;"})
    body = answer.json()
    assert answer.status_code == 400
    assert (body["@type"], body["error_code"], body["statementText"]) == ("statement_error", 40001, "DROP STREAM y;")
    assert [entity["@type"] for entity in body["entities"]] == ["currentStatus"]
    assert "unknown statement" in body["message"]


@pytest.mark.parametrize(
    ("path", "body", "code", "kind"),
    [
        ("/ksql", {"ksql": "CREATE STREAM x (a INT); SELECT * FROM T;"}, 40002, "statement_error"),
        ("/ksql", {"ksql": "CREATE STREAM x (a INT); SHOW NONSENSE;"}, 40001, "statement_error"),
        ("/ksql", {"sql": "SHOW STREAMS;"}, 40000, "generic_error"),
        ("/ksql", {"ksql": "SHOW STREAMS;", "streamsProperties": 5}, 40000, "generic_error"),
        ("/ksql", [], 40000, "generic_error"),
        ("/query", {"ksql": "SHOW STREAMS;"}, 40000, "generic_error"),
        ("/query", {"ksql": "SELECT * FROM T; SELECT * FROM T;"}, 40000, "generic_error"),
        ("/query", {"ksql": "SELECT nonsense;"}, 40001, "statement_error"),
        ("/query-stream", {"sql": "SELECT nonsense EMIT CHANGES;"}, 40000, "generic_error"),
        ("/close-query", {}, 40000, "generic_error"),
        ("/close-query", {"queryId": "none"}, 40000, "generic_error"),
    ],
)
def test_bad_requests(*, client: Client, engine: FakeEngine, path: str, body: Any, code: int, kind: str) -> None:
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()["error_code"], answer.json()["@type"]) == (400, code, kind)
    assert not any(statement.startswith("CREATE") for statement, *_ in engine.executed)


def test_a_failed_assertion_has_a_status_of_its_own(client: Client, engine: FakeEngine) -> None:
    def fail(text: str) -> Listing:
        raise AssertionFailedError(f"not so: {text}")

    engine.answers = {"ASSERT": fail}
    answer = client.post("/ksql", json={"ksql": "ASSERT TOPIC x;"})
    assert (answer.status_code, answer.json()["error_code"], answer.json()["@type"]) == (417, 41700, "statement_error")


def test_no_json_and_no_known_media_type(client: Client) -> None:
    assert client.post("/ksql", content=b"{").json()["error_code"] == 40000
    answer = client.post("/query-stream", json={"sql": "SELECT * FROM T;"}, headers={"Accept": "text/html;q=1, image/png"})
    assert (answer.status_code, answer.json()["error_code"]) == (406, 40600)


def test_a_fault_of_the_program_is_said_to_be_one(client: Client, engine: FakeEngine) -> None:
    def fail(text: str) -> Rows:
        raise KeyError(text)

    engine.answers = {"SHOW": fail, "SELECT": fail}
    assert client.post("/ksql", json={"ksql": "SHOW STREAMS;"}).json()["error_code"] == 50000
    assert "internal error" in client.post("/query", json={"ksql": "SELECT 1;"}).json()["message"]


OBJECTS = """\
[{"header":{"queryId":"q1","schema":"`ID` STRING KEY, `N` BIGINT"}},
{"row":{"columns":["a",1]}},
{"row":{"columns":["b",null]}}]
"""
LINES = """\
{"queryId":"q1","columnNames":["ID","N"],"columnTypes":["STRING","BIGINT"]}
["a",1]
["b",null]
"""
ARRAY = """\
[{"queryId":"q1","columnNames":["ID","N"],"columnTypes":["STRING","BIGINT"]},
["a",1],
["b",null]]
"""


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/query", {}, OBJECTS),
        ("/query", VERSIONED, OBJECTS),
        ("/query-stream", {}, LINES),
        ("/query-stream", DELIMITED, LINES),
        ("/query-stream", JSON, ARRAY),
        ("/query-stream", {"Accept": "text/plain, application/json;q=0.5, application/vnd.ksql.v1+json;q=0.9"}, OBJECTS),
    ],
)
def test_pull_query_of_a_table(client: Client, path: str, headers: dict[str, str], expected: str) -> None:
    text_field = "ksql" if path == "/query" else "sql"
    answer = client.post(path, json={text_field: "SELECT * FROM T;"}, headers=headers)
    assert answer.status_code == 200
    assert answer.text == expected
    if headers in (DELIMITED, JSON, VERSIONED):
        assert answer.headers["content-type"].startswith(headers["Accept"])


@pytest.mark.parametrize(
    ("statement", "schema", "final"),
    [
        ("SELECT * FROM S;", "`ID` STRING, `N` BIGINT", "Query Completed"),
        ("SELECT * FROM S LIMIT 2;", "`ID` STRING, `N` BIGINT", "Limit Reached"),
        ("SELECT * FROM S LIMIT 3;", "`ID` STRING, `N` BIGINT", "Query Completed"),
        ("SELECT * FROM W;", "`ID` STRING KEY, `WINDOWSTART` BIGINT KEY, `N` BIGINT", None),
        ("SELECT * FROM T JOIN S ON T.ID = S.ID;", "`ID` STRING, `N` BIGINT", None),
    ],
)
def test_what_a_pull_query_says_besides(
    client: Client, engine: FakeEngine, statement: str, schema: str, final: str | None
) -> None:
    engine.sources["W"] = source("W", is_table=True, windowed="TUMBLING")
    columns = (
        COLUMNS if " W" not in statement else (COLUMNS[0], COLUMNS[1].__class__("WINDOWSTART", COLUMNS[1].type), COLUMNS[1])
    )
    rows = table(("a", 1), ("b", 2))
    rows = rows if len(columns) == 2 else rows.append_column("x", rows.column(1))
    engine.answers = {"SELECT": lambda text: Rows(text, "q", columns, rows)}
    body = client.post("/query", json={"ksql": statement}).json()
    assert body[0]["header"]["schema"] == schema
    assert body[-1].get("finalMessage") == final


def test_push_query_to_its_limit(client: Client, engine: FakeEngine) -> None:
    push, engine.answers["SELECT"] = push_of(changes(("a", 1)), changes(("b", None), deleted=True), None)
    del engine.answers["SELECT * FROM T"]
    body = client.post("/query", json={"ksql": "SELECT * FROM S EMIT CHANGES LIMIT 2;"}).json()
    assert body == [
        {"header": {"queryId": "push_1", "schema": "`ID` STRING, `N` BIGINT"}},
        {"row": {"columns": ["a", 1]}},
        {"row": {"columns": ["b", None], "tombstone": True}},
        {"finalMessage": "Limit Reached"},
    ]
    assert push.closed


@pytest.mark.parametrize("headers", [DELIMITED, JSON, VERSIONED])
def test_a_push_query_that_fails(client: Client, engine: FakeEngine, headers: dict[str, str]) -> None:
    push, answer = push_of(changes(("a", 1)), QueryError("it broke", query_id="push_1"))
    engine.answers = {"SELECT": answer}
    body = client.post("/query-stream", json={"sql": "SELECT * FROM S EMIT CHANGES;"}, headers=headers).text
    last = json.loads(body.rstrip("]\n").splitlines()[-1]) if headers is not VERSIONED else json.loads(body)[-1]["errorMessage"]
    assert last == {"@type": "generic_error", "error_code": 50000, "message": "it broke"}
    assert push.closed


def test_a_push_query_closed_from_outside(client: Client, engine: FakeEngine) -> None:
    push, answer = push_of(changes(("a", 1)))

    def close_it(text: str) -> Any:
        # The application's own route, called while the answer is being written.
        original = push.next_changes

        def next_changes(timeout_s: float | None = None) -> Any:
            if push.waiting.empty():
                client.app.state.server.close_query(push.query_id)
            return original(timeout_s)

        push.next_changes = next_changes  # type: ignore[method-assign]
        return answer(text)

    engine.answers = {"SELECT": close_it}
    body = client.post("/query", json={"ksql": "SELECT * FROM S EMIT CHANGES;"}).json()
    assert body[-1] == {"finalMessage": "Query Completed"}


def test_inserts_stream(client: Client, engine: FakeEngine) -> None:
    lines = ['{"target":"s"}', '{"id":"a\'b","N":1}', '{"ID":"b","N":1.5}']
    answer = client.post("/inserts-stream", content="\n".join(lines))
    assert [json.loads(line) for line in answer.text.splitlines()] == [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}]
    assert [statement for statement, *_ in engine.executed] == [
        "INSERT INTO `S` (`ID`, `N`) VALUES ('a''b', 1);",
        "INSERT INTO `S` (`ID`, `N`) VALUES ('b', 1.5);",
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['{"target":"s"}', '{"X":1}'], "no column X"),
        (['{"target":"s"}', "{"], "not JSON"),
        (['{"target":"s"}', "5"], "must be a JSON object"),
    ],
)
def test_a_wrong_row_ends_the_stream(client: Client, lines: list[str], expected: str) -> None:
    [line] = client.post("/inserts-stream", content="\n".join([*lines, '{"ID":"z"}'])).text.splitlines()
    acknowledgement = json.loads(line)
    assert (acknowledgement["status"], acknowledgement["seq"], acknowledgement["error_code"]) == ("error", 0, 40000)
    assert expected in acknowledgement["message"]


@pytest.mark.parametrize("content", ["", "{}", "nonsense", '{"target":"unknown"}'])
def test_inserts_without_target(client: Client, content: str) -> None:
    assert client.post("/inserts-stream", content=content).status_code == 400


def test_properties_that_can_be_set(client: Client) -> None:
    assert client.get("/is_valid_property/auto.offset.reset").json() is True
    assert client.get("/is_valid_property/ksql.streams.cache.max.bytes.buffering").json() is True
    assert client.get("/is_valid_property/nope").json()["error_code"] == 40000


@pytest.mark.parametrize("path", ["/ksql", "/query", "/query-stream", "/close-query", "/inserts-stream"])
def test_pages_of_other_sites_are_refused(client: Client, engine: FakeEngine, path: str) -> None:
    body = {"ksql": "CREATE STREAM s;", "sql": "SELECT 1;"}
    refused = client.post(path, json=body, headers={"Origin": "http://evil.example"})
    assert (refused.status_code, refused.json()["error_code"], engine.executed) == (403, 40300, [])
    assert client.post(path, json=body, headers={"Origin": "http://test"}).status_code != 403


def test_too_many_push_queries(engine: FakeEngine) -> None:
    engine.config = {"ksql.max.push.queries": "0"}
    client = Client(create_app(cast(Engine, engine)))
    push, engine.answers["SELECT"] = push_of(changes(("a", 1)))
    refused = client.post("/query-stream", json={"sql": "SELECT ID FROM S EMIT CHANGES;"})
    assert (refused.status_code, refused.json()["error_code"], push.closed) == (400, 40003, True)
