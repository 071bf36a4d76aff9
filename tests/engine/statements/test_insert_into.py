"""INSERT INTO … SELECT: whose columns fit whose."""

from __future__ import annotations

import pytest

from tests.engine.statements.running import driver, refuses, rows, written


def target(columns: str) -> str:
    return f"CREATE STREAM O ({columns}) WITH (KAFKA_TOPIC='x', FORMAT='JSON');"


@pytest.mark.parametrize(
    ("columns", "query", "expected"),
    [
        ("ID INT KEY, A STRING", "SELECT A, ID FROM S", (b"1", b'{"A":"a"}')),
        # Numbers are widened, literals fitted.
        ("ID INT KEY, N BIGINT", "SELECT ID, N FROM S", (b"1", b'{"N":4}')),
        ("ID INT KEY, N DOUBLE", "SELECT ID, N FROM S", (b"1", b'{"N":4.0}')),
        ("ID INT KEY, D DECIMAL(5, 2)", "SELECT ID, 1 AS D FROM S", (b"1", b'{"D":1.00}')),
        ("ID INT KEY, D DECIMAL(5, 2)", "SELECT ID, 2.5 AS D FROM S", (b"1", b'{"D":2.50}')),
        ("ID BIGINT KEY, A STRING", "SELECT ID, A FROM S", (b"1", b'{"A":"a"}')),
        ("N INT KEY, ID INT", "SELECT N, ID FROM S PARTITION BY N", (b"4", b'{"ID":1}')),
        ("A STRING", "SELECT A FROM S PARTITION BY NULL", (None, b'{"A":"a"}')),
        ("ID INT KEY, N DOUBLE", "SELECT * FROM (SELECT N, ID FROM S)", (b"1", b'{"N":4.0}')),
        ("ID INT KEY, A STRING", "SELECT ID, A FROM S WHERE N < 0 UNION ALL SELECT ID, A FROM S", (b"1", b'{"A":"a"}')),
        ("ID INT KEY, N INT", "WITH q AS (SELECT * FROM S) SELECT ID, N FROM q", (b"1", b'{"N":4}')),
    ],
)
def test_fits(columns: str, query: str, expected: tuple[bytes | None, bytes | None]) -> None:
    with driver() as made:
        made.execute(target(columns) + f"INSERT INTO O {query};")
        assert written(made, "x", *rows(("1", '{"A": "a", "N": 4}'))) == [expected]


@pytest.mark.parametrize(
    ("columns", "query", "message"),
    [
        ("ID INT KEY, A STRING", "SELECT ID, A, N FROM S", "the columns of the query differ from those of O"),
        ("ID INT KEY, A STRING, N INT", "SELECT ID, A FROM S", "the columns of the query differ"),
        ("ID INT KEY, B STRING", "SELECT ID, A FROM S", "O has `B` STRING\nthe query gives `A` STRING\nHint: AS gives a name"),
        ("ID INT KEY, N STRING", "SELECT ID, N FROM S", "the columns of the query differ"),
        ("ID INT KEY, A STRING, N INT", "SELECT ID, N, A FROM S", "the columns of the query differ"),
        ("K INT KEY, A STRING", "SELECT ID, A FROM S", "the key of the query differs from that of O"),
        ("ID STRING KEY, A STRING", "SELECT ID, A FROM S", "the key of the query differs"),
        ("A STRING", "SELECT ID, A FROM S", "O has none\nthe query gives `ID` INTEGER"),
        ("ID INT KEY, A STRING", "SELECT * FROM T", "the query makes a table"),
        ("ID STRING KEY, N INT", "SELECT * FROM W", "has a TUMBLING window of 1000 ms, but that of O has no window"),
    ],
)
def test_does_not_fit(columns: str, query: str, message: str) -> None:
    with driver() as made:
        made.execute(target(columns))
        refuses(made, f"INSERT INTO O {query};", message, "SELECT")


@pytest.mark.parametrize(
    ("statement", "message", "place"),
    [
        ("INSERT INTO NOPE SELECT * FROM S;", "there is no stream or table called NOPE", "NOPE"),
        ("INSERT INTO T SELECT * FROM S;", "T is a table", "INSERT"),
        ("INSERT INTO W SELECT A AS ID, N FROM S PARTITION BY A;", "the key of the query has no window, but", "SELECT"),
        ("INSERT INTO RO SELECT ID, A FROM S;", "declared with SOURCE and is read-only", "INSERT"),
        ("INSERT INTO S WITH (KAFKA_TOPIC='x') SELECT * FROM S;", "INSERT INTO has no property KAFKA_TOPIC", "KAFKA_TOPIC"),
        ("INSERT INTO S WITH (QUERY_ID='CSAS_1') SELECT * FROM S;", "CSAS_1 cannot be a query id", "INSERT"),
    ],
)
def test_targets(statement: str, message: str, place: str) -> None:
    with driver() as made:
        refuses(made, statement, message, place)
