"""INSERT INTO … VALUES: what becomes of values, and which are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ksql
from ksql.engine.errors import StatementError

SOURCES = """
CREATE STREAM S (ID INT KEY, A STRING, N BIGINT, D DECIMAL(6, 2), B BOOLEAN, F DOUBLE, DT DATE, BB BYTES, L ARRAY<INT>,
    H BYTES HEADER('h')) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE T (ID INT PRIMARY KEY, A STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE SOURCE STREAM RO (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE STREAM W (ID INT KEY, A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION');
"""


@pytest.fixture(scope="module")
def database() -> Iterator[ksql.Database]:
    with ksql.connect() as made:
        made.execute(SOURCES)
        yield made


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("A", "'x'", "x"),
        ("A", "UCASE('x') || 'y'", "Xy"),
        ("A", "NULL", None),
        ("N", "3000000000", 3000000000),
        ("N", "1 + 2", 3),
        ("N", "LEN('abc')", 3),
        ("N", "2147483647 + 1", -2147483648),
        ("D", "3", 3),
        ("F", "2.5", 2.5),
        # Literals are converted more freely.
        ("A", "2", "2"),
        ("A", "TRUE", "true"),
        ("N", "'33'", 33),
        ("F", "'1e3'", 1000.0),
        ("B", "'yes'", True),
        ("DT", "'1970-01-11'", 10),
        ("BB", "'aGk='", b"hi"),
        ("L", "ARRAY[1, '2']", [1, 2]),
    ],
)
def test_values(database: ksql.Database, column: str, value: str, expected: object) -> None:
    database.execute(f"INSERT INTO S (ID, {column}) VALUES ('1', {value});")
    shown = "DT - DATE '1970-01-01' AS DT" if column == "DT" else column
    *_, row = database.execute(f"SELECT {shown} FROM S;")
    assert row[column] == expected


@pytest.mark.parametrize(
    ("values", "message", "place"),
    [
        ("(ID, N) VALUES (1, 1.5)", "1.5 does not fit into column N, which is BIGINT", "1.5"),
        ("(ID, N) VALUES (3000000000, 1)", "3000000000 does not fit into column ID, which is INTEGER", "3000000000"),
        ("(ID, D) VALUES (1, 12.345)", "12.345 does not fit into column D", "12.345"),
        ("(ID, D) VALUES (1, 123456)", "123456 does not fit into column D", "123456"),
        ("(ID, DT) VALUES (1, 'soon')", "'soon' does not fit into column DT, which is DATE", "'soon'"),
        ("(ID, BB) VALUES (1, '***')", "'***' does not fit into column BB", "'***'"),
        ("(ID, N) VALUES (1, 'x')", "'x' is not a number", "'x'"),
        ("(ID, B) VALUES (1, 'maybe')", "'maybe' is not a BOOLEAN", "'maybe'"),
        ("(ID, B) VALUES (1, 1)", "column B must be BOOLEAN, but this is INTEGER", "1)"),
        ("(ID, N) VALUES (1, 1 / 0)", "the value of N cannot be computed", "/ 0"),
        ("(ID, A) VALUES (1, x)", "a value cannot refer to a column\n", "x)"),
        ("(ID, N) VALUES (1, COUNT(*))", "COUNT cannot stand in VALUES", "COUNT"),
        ("(ID, N) VALUES (1, EXPLODE(ARRAY[1]))", "EXPLODE cannot stand in VALUES", "EXPLODE"),
        ("(ID, A) VALUES (1)", "1 values for 2 columns: ID, A", "INSERT"),
        ("VALUES (1, 'a')", "2 values for 9 columns", "INSERT"),
        ("(ID, AA) VALUES (1, 'a')", "S has no column AA", "AA"),
        ("(ID, ID) VALUES (1, 2)", "column ID is named twice", "ID) VALUES"),
        ("(ID, H) VALUES (1, NULL)", "column H is filled from record headers", "H)"),
        ("(ID, ROWOFFSET) VALUES (1, 2)", "ROWOFFSET cannot be inserted", "ROWOFFSET"),
        ("(ID, ROWTIME) VALUES (1, -1)", "ROWTIME must be a point in time", "-1"),
        ("(ID, ROWTIME) VALUES (1, NULL)", "ROWTIME must be a point in time", "NULL"),
    ],
)
def test_refused_values(database: ksql.Database, values: str, message: str, place: str) -> None:
    _refuses(database, f"INSERT INTO S {values};", message, place)


@pytest.mark.parametrize(
    ("statement", "message", "place"),
    [
        ("INSERT INTO T (A) VALUES ('a');", "the primary key of T must not be NULL", "INSERT"),
        ("INSERT INTO RO VALUES ('a');", "declared with SOURCE and is read-only", "RO"),
        ("INSERT INTO W VALUES (1, 'a');", "a windowed key, which INSERT VALUES cannot write", "W"),
        ("INSERT INTO `s` VALUES (1);", "there is no stream or table called s", "`s`"),
    ],
)
def test_refused_targets(database: ksql.Database, statement: str, message: str, place: str) -> None:
    _refuses(database, statement, message, place)


def _refuses(database: ksql.Database, statement: str, message: str, place: str) -> None:
    with pytest.raises(StatementError) as caught:
        database.execute(statement)
    error = caught.value
    assert message in str(error).replace("\n  ", "\n")
    assert statement[error.column - 1 :].startswith(place)
