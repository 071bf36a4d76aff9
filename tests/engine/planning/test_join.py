"""Joins as they are planned: whose columns come out, and under which key."""

from __future__ import annotations

import pytest

from ksql.testing import Record
from tests.engine.statements.running import columns, driver, refuses

ONE, TWO = (n.to_bytes(4, "big") for n in (1, 2))
RECORDS = [
    Record("t", ONE, b'{"A": "t", "N": 2}', 0),
    Record("t", TWO, b'{"A": "u", "N": 3}', 1),
    Record("s", b"1", b'{"A": "s", "N": 1}', 2),
]


@pytest.mark.parametrize(
    ("query", "schema", "key", "value"),
    [
        (
            "SELECT T.ID, S.ID, S.A FROM S JOIN T ON S.ID = T.ID",
            "S_ID INTEGER KEY, T_ID INTEGER, S_A STRING",
            b"1",
            b'{"T_ID":1,"S_A":"s"}',
        ),
        ("SELECT T.ID, S.A FROM S JOIN T ON S.ID = T.ID", "T_ID INTEGER KEY, S_A STRING", b"1", b'{"S_A":"s"}'),
        ("SELECT T.ID, S.A FROM S JOIN T ON S.N + 1 = T.ID", "T_ID INTEGER KEY, S_A STRING", b"2", b'{"S_A":"s"}'),
        (
            "SELECT S.ID, U.A FROM S JOIN T ON S.ID = T.ID JOIN T U ON T.ID = U.ID",
            "S_ID INTEGER KEY, U_A STRING",
            b"1",
            b'{"U_A":"t"}',
        ),
        (
            "SELECT U.ID, T.A AS X, U.A AS Y FROM S JOIN T ON S.ID = T.ID JOIN T U ON T.N = U.ID",
            "U_ID INTEGER KEY, X STRING, Y STRING",
            b"2",
            b'{"X":"t","Y":"u"}',
        ),
        # Sources whose names differ in case alone.
        (
            "SELECT `x`.ID, `x`.A AS L, X.A AS R, `x`.ROWTIME AS TL, X.ROWTIME AS TR FROM S `x` JOIN T X ON `x`.ID = X.ID",
            "x_ID INTEGER KEY, L STRING, R STRING, TL BIGINT, TR BIGINT",
            b"1",
            b'{"L":"s","R":"t","TL":2,"TR":0}',
        ),
    ],
)
def test_key_and_columns(query: str, schema: str, key: bytes, value: bytes) -> None:
    with driver() as made:
        made.execute(f"CREATE STREAM O WITH (KAFKA_TOPIC='x') AS {query};")
        made.feed(RECORDS)
        (record,) = made.read("x")
        assert (columns(made, "O"), record.key, record.value) == (schema, key, value)


def test_the_target_says_which_side_is_the_key() -> None:
    with driver() as made:
        made.execute("CREATE STREAM O (T_ID INT KEY, S_ID INT) WITH (KAFKA_TOPIC='x', FORMAT='JSON');")
        made.execute("INSERT INTO O SELECT T.ID, S.ID FROM S LEFT JOIN T ON S.ID = T.ID;")
        made.feed(RECORDS)
        assert [(record.key, record.value) for record in made.read("x")] == [(b"1", b'{"S_ID":1}')]


def test_a_table_is_joined_whether_or_not_its_key_is_selected() -> None:
    query = "SELECT U.A, COUNT(*) AS C FROM T JOIN T U ON T.N = U.ID GROUP BY U.A"
    with driver() as made:
        made.execute(f"CREATE TABLE O WITH (KAFKA_TOPIC='x', KEY_FORMAT='JSON') AS {query};")
        made.feed([*RECORDS, Record("t", ONE, b'{"A": "t", "N": 1}', 3)])
        assert {record.key: record.value for record in made.read("x")} == {b'"u"': b'{"C":0}', b'"t"': b'{"C":1}'}


def test_a_key_is_selected_once() -> None:
    with driver() as made:
        statement = "CREATE STREAM O WITH (KAFKA_TOPIC='x') AS SELECT S.ID, S.ID AS I, T.ID FROM S JOIN T ON S.ID = T.ID;"
        refuses(made, statement, "the key S.ID is selected more than once: as S_ID and I", "S.ID AS I")


@pytest.mark.parametrize(
    ("partition_by", "schema"),
    [
        ("S.N", "S_N INTEGER KEY, S_A STRING, {s}, S_ID INTEGER, T_A STRING, T_N INTEGER, {t}, T_ID INTEGER"),
        ("T.A", "T_A STRING KEY, S_A STRING, S_N INTEGER, {s}, S_ID INTEGER, T_N INTEGER, {t}, T_ID INTEGER"),
        (
            "S.N + T.N",
            "KSQL_COL_0 INTEGER KEY, S_A STRING, S_N INTEGER, {s}, S_ID INTEGER, T_A STRING, T_N INTEGER, {t}, T_ID INTEGER",
        ),
    ],
)
def test_a_star_beside_partition_by_has_pseudo_columns(partition_by: str, schema: str) -> None:
    """As in ksqlDB: behind the values of each source, and before its keys."""
    pseudo = {
        alias.lower(): f"{alias}_ROWTIME BIGINT, {alias}_ROWPARTITION INTEGER, {alias}_ROWOFFSET BIGINT" for alias in "ST"
    }
    with driver(sources=False) as made:
        made.execute("CREATE STREAM S (ID INT KEY, A STRING, N INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON');")
        made.execute("CREATE TABLE T (ID INT PRIMARY KEY, A STRING, N INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');")
        query = f"SELECT * FROM S JOIN T ON S.ID = T.ID PARTITION BY {partition_by}"
        made.execute(f"CREATE STREAM O WITH (KAFKA_TOPIC='x') AS {query};")
        made.feed(RECORDS)
        assert columns(made, "O") == schema.format(**pseudo)
        (record,) = made.read("x")
        assert record.value is not None
        assert b'"S_ROWTIME":2,"S_ROWPARTITION":0,"S_ROWOFFSET":0' in record.value
