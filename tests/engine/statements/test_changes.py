"""ALTER and CREATE OR REPLACE: what may change about a source, and what becomes of its queries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ksql
from ksql.testing import TestDriver
from tests.engine.statements.running import columns, driver, refuses

FILLED = "CREATE STREAM O WITH (KAFKA_TOPIC='x') AS SELECT ID, A, N FROM S;"
X = "WITH (KAFKA_TOPIC='x', FORMAT='JSON')"
TIMEOUT_S = 30.0


@pytest.fixture
def made() -> Iterator[TestDriver]:
    with driver() as found:
        found.execute(FILLED)
        yield found


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("ALTER STREAM KEYLESS ADD COLUMN C BIGINT, ADD D STRING;", "A STRING, N INTEGER, C BIGINT, D STRING"),
        (
            "CREATE OR REPLACE STREAM KEYLESS (A STRING, N INT, C INT) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='JSON');",
            "A STRING, N INTEGER, C INTEGER",
        ),
    ],
)
def test_a_declaration_gets_columns(made: TestDriver, statement: str, expected: str) -> None:
    made.execute(statement)
    assert columns(made, "KEYLESS") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT ID, A, N FROM S WHERE N > 1", "ID INTEGER KEY, A STRING, N INTEGER"),
        ("SELECT ID, UCASE(A) AS A, N, L FROM S", "ID INTEGER KEY, A STRING, N INTEGER, L ARRAY<INTEGER>"),
    ],
)
def test_a_query_is_replaced(made: TestDriver, query: str, expected: str) -> None:
    made.execute(f"CREATE OR REPLACE STREAM O WITH (KAFKA_TOPIC='x') AS {query};")
    assert columns(made, "O") == expected
    source = made.source("O")
    assert source is not None
    assert source.query_id == "CSAS_O_0"


def test_a_terminated_query_may_be_replaced_by_any(made: TestDriver) -> None:
    made.execute("TERMINATE CSAS_O_0; CREATE STREAM S2 (ID INT KEY, A STRING, N INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON');")
    made.execute("CREATE OR REPLACE STREAM O WITH (KAFKA_TOPIC='x') AS SELECT * FROM S2;")
    source = made.source("O")
    assert source is not None
    assert source.query_id == "CSAS_O_1"


@pytest.mark.parametrize(
    ("statement", "message", "place"),
    [
        ("ALTER STREAM KEYLESS ADD COLUMN A INT;", "KEYLESS has a column A already", "A INT"),
        ("ALTER STREAM KEYLESS ADD COLUMN B INT, ADD B INT;", "KEYLESS has a column B already", "B INT;"),
        ("ALTER STREAM KEYLESS ADD COLUMN ROWTIME INT;", "ROWTIME is a reserved column name", "ROWTIME"),
        ("ALTER TABLE KEYLESS ADD COLUMN B INT;", "KEYLESS is a stream, not a table", "ALTER"),
        ("ALTER STREAM O ADD COLUMN B INT;", "O is filled by a query and cannot be altered", "ALTER"),
        (f"CREATE OR REPLACE STREAM O (ID INT KEY, A STRING) {X};", "O is filled by the query CSAS_O_0", "CREATE"),
        (f"CREATE OR REPLACE TABLE KEYLESS (A STRING PRIMARY KEY) {X};", "cannot become a table", "CREATE"),
    ],
)
def test_refused(made: TestDriver, statement: str, message: str, place: str) -> None:
    refuses(made, statement, message, place)


def test_a_query_with_state_is_not_replaced_yet(made: TestDriver) -> None:
    statement = "CREATE OR REPLACE TABLE T2 AS SELECT * FROM T;"
    made.execute(statement)
    refuses(made, statement, "a query that keeps state is not supported yet", "CREATE")


@pytest.mark.parametrize(
    ("declaration", "what"),
    [
        ("(A STRING, N INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON')", "the topic"),
        ("(A STRING KEY, N INT) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='JSON')", "the key columns"),
        ("(A STRING, N INT) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='DELIMITED')", "the value format"),
        ("(A STRING, N INT, T BIGINT) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='JSON', TIMESTAMP='T')", "the timestamp"),
        ("(A STRING, N INT, H BYTES HEADER('h')) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='JSON')", "the header columns"),
        ("(N INT, A STRING) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='JSON')", "can only add value columns"),
        ("(A STRING) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='JSON')", "can only add value columns"),
        ("(A STRING, N STRING) WITH (KAFKA_TOPIC='keyless', VALUE_FORMAT='JSON')", "can only add value columns"),
    ],
)
def test_what_a_replacement_of_a_declaration_keeps(made: TestDriver, declaration: str, what: str) -> None:
    refuses(made, f"CREATE OR REPLACE STREAM KEYLESS {declaration};", what, "CREATE")


@pytest.mark.parametrize(
    ("before", "query", "message"),
    [
        ("", "SELECT N, ID, A FROM S PARTITION BY N", "cannot change the key columns"),
        ("", "SELECT ID, N, A FROM S", "can only add value columns"),
        ("CREATE STREAM S2 AS SELECT ID, A, N FROM S;", "SELECT * FROM S2", "cannot change what CSAS_O_0 reads: S"),
        ("INSERT INTO O SELECT ID, A, N FROM S;", "SELECT ID, A, N FROM S", "O is written by INSERTQUERY_1"),
    ],
)
def test_what_a_replacement_of_a_query_keeps(made: TestDriver, before: str, query: str, message: str) -> None:
    made.execute(before)
    refuses(made, f"CREATE OR REPLACE STREAM O WITH (KAFKA_TOPIC='x') AS {query};", message, "CREATE")


def test_queries_go_on_with_new_columns() -> None:
    """What an older INSERT INTO writes has all columns, or a format without names could not be read any more."""
    with ksql.connect(properties={"auto.offset.reset": "earliest"}) as database:
        for name in ("S", "O"):
            declared = f"(A STRING) WITH (KAFKA_TOPIC='{name}', VALUE_FORMAT='DELIMITED', PARTITIONS=1)"
            database.execute(f"CREATE STREAM {name} {declared};")
        database.execute("INSERT INTO O SELECT * FROM S; ALTER STREAM O ADD COLUMN N INT; INSERT INTO S VALUES ('a');")
        assert database.wait_idle(TIMEOUT_S)
        assert [row["VALUE"] for row in database.execute("PRINT O FROM BEGINNING LIMIT 1;")] == ["a,"]
