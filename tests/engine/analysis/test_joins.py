"""What joins make of the relations they join, and what cannot be joined."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ksql
from ksql.engine.analysis.model import Analysis
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import StatementError
from ksql.engine.planning.analyze import analyze
from ksql.parser import parse_one

SOURCES = """
CREATE STREAM A (ID INT KEY, N INT, R STRUCT<X INT>) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM B (ID INT KEY, N INT) WITH (KAFKA_TOPIC='b', KEY_FORMAT='JSON', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM C (ID INT KEY, ROWKEY INT) WITH (KAFKA_TOPIC='c', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE STREAM D (ID INT KEY, N INT) WITH (KAFKA_TOPIC='d', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE STREAM ONE (ID INT KEY) WITH (KAFKA_TOPIC='one', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE T (ID INT PRIMARY KEY, N INT, L BIGINT) WITH (KAFKA_TOPIC='t', FORMAT='JSON', PARTITIONS=2);
CREATE TABLE U (ID INT PRIMARY KEY, N INT) WITH (KAFKA_TOPIC='u', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE V (ID INT PRIMARY KEY, N INT) WITH (KAFKA_TOPIC='v', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE TABLE M (I INT PRIMARY KEY, J INT PRIMARY KEY, N INT) WITH (KAFKA_TOPIC='m', FORMAT='JSON', PARTITIONS=3);
CREATE TABLE P (J INT PRIMARY KEY, I INT PRIMARY KEY, N INT) WITH (KAFKA_TOPIC='p', FORMAT='JSON', PARTITIONS=3);
CREATE STREAM WK (ID INT KEY, N INT)
    WITH (KAFKA_TOPIC='wk', FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1 SECOND', PARTITIONS=2);
CREATE STREAM WH (ID INT KEY, N INT)
    WITH (KAFKA_TOPIC='wh', VALUE_FORMAT='JSON', WINDOW_TYPE='HOPPING', WINDOW_SIZE='1 SECOND', PARTITIONS=2);
CREATE STREAM WA (ID INT KEY, N INT)
    WITH (KAFKA_TOPIC='wa', VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1 SECOND', PARTITIONS=2);
CREATE STREAM WS (ID INT KEY, N INT) WITH (KAFKA_TOPIC='ws', VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION', PARTITIONS=2);
"""
HOUR = "WITHIN 1 HOUR"


@pytest.fixture(scope="module")
def catalog() -> Iterator[Catalog]:
    with ksql.connect() as database:
        database.execute(SOURCES)
        yield database.engine.catalog


def analysed(catalog: Catalog, joined: str, items: str = "1 AS X") -> Analysis:
    return analyze(parse_one(f"SELECT {items} FROM {joined} EMIT CHANGES;").node, catalog, {}, persistent=False)


@pytest.mark.parametrize(
    ("joined", "kind", "key"),
    [
        ("A JOIN T ON A.ID = T.ID", "stream", "A.ID T.ID"),
        ("A LEFT JOIN T ON (T.ID) = A.N", "stream", "A.N T.ID"),
        ("A JOIN T ON A.N + 1 = T.ID", "stream", "T.ID"),
        ("A JOIN T ON A.ID = T.ID JOIN U ON T.ID = U.ID", "stream", "A.ID T.ID U.ID"),
        ("A JOIN T ON A.N = T.ID JOIN U ON A.ID = U.ID", "stream", "A.ID U.ID"),
        ("A JOIN T ON A.ID = T.ID JOIN U ON A.ID + 1 = U.ID", "stream", "U.ID"),
        (f"A JOIN B {HOUR} ON A.ID = B.ID", "stream", "A.ID B.ID"),
        (f"A JOIN B {HOUR} ON ABS(A.ID) = B.N", "stream", "B.N"),
        (f"A JOIN B {HOUR} ON A.ID = ABS(B.N) JOIN C {HOUR} ON ABS(B.N) = ABS(C.ID)", "stream", "A.ID"),
        (f"A RIGHT JOIN B {HOUR} ON A.ID = B.ID", "stream", "A.ID B.ID"),
        (f"A FULL JOIN B {HOUR} ON A.ID = B.ID", "stream", "ROWKEY"),
        (f"A FULL JOIN B {HOUR} ON A.ID = B.ID JOIN T ON A.ID = T.ID", "stream", "A.ID T.ID"),
        (f"A JOIN B {HOUR} ON ABS(A.ID) = ABS(B.ID)", "stream", "ROWKEY"),
        (f"A JOIN C {HOUR} ON ABS(A.ID) = ABS(C.ID)", "stream", "ROWKEY_1"),
        (f"A JOIN B {HOUR} ON A.R->X = B.ID * 2", "stream", "ROWKEY"),
        ("T FULL JOIN U ON T.ID = U.ID", "table", "ROWKEY"),
        ("T JOIN U ON T.ID = U.ID", "table", "T.ID U.ID"),
        ("T LEFT JOIN U ON T.N = U.ID", "table", "T.ID"),
        ("M JOIN U ON M.N = U.ID", "table", "M.I M.J"),
        (f"WA JOIN WA AS WB {HOUR} ON WA.ID = WB.ID", "stream", "WA.ID WB.ID"),
        (f"WA JOIN WA AS WB {HOUR} ON WA.N = WB.N AND WA.ID = WB.ID", "stream", "WA.ID WB.ID"),
        (f"A JOIN B {HOUR} ON A.N = B.N AND A.ID = B.ID", "stream", "A.N B.N A.ID B.ID"),
        (f"A JOIN B {HOUR} ON A.ID = B.ID AND B.N = A.ID AND A.ID = B.ID", "stream", "A.ID B.ID"),
        (f"A FULL JOIN C {HOUR} ON A.ID = C.ID AND A.N = C.ROWKEY", "stream", "ROWKEY_1 ROWKEY_2"),
        ("D JOIN M ON D.N = M.J AND D.ID = M.I AND D.ID > M.N", "stream", "D.ID M.I D.N M.J"),
        ("A JOIN T ON A.ID > T.N AND A.N = T.ID", "stream", "A.N T.ID"),
        ("T JOIN U ON T.N = U.ID AND T.ID = U.ID", "table", "T.ID U.ID"),
        ("M JOIN M AS O ON M.J = O.J AND M.I = O.I", "table", "M.I O.I M.J O.J"),
        ("M JOIN P ON M.I = P.I AND M.J = P.J", "table", "M.I P.I M.J P.J"),
        ("T JOIN M ON T.N = M.J AND T.ID = M.I", "table", "T.ID"),
    ],
)
def test_kind_and_key(catalog: Catalog, joined: str, kind: str, key: str) -> None:
    relation = analysed(catalog, joined).relation
    names = [column.sql().replace('"', "") for made in relation.keys for column in made.columns]
    assert (relation.kind, " ".join(names)) == (kind, key)


@pytest.mark.parametrize(
    ("joined", "misplaced", "key_format"),
    [
        ("A JOIN T ON A.ID = T.ID", True, "JSON"),
        ("A JOIN U ON A.ID = U.ID", False, "KAFKA"),
        ("A JOIN T ON A.N = T.ID", True, "JSON"),
        ("A JOIN T ON A.N = T.ID JOIN U ON A.N = U.ID", True, "KAFKA"),
        ("T JOIN U ON T.N = U.ID", False, "JSON"),
    ],
)
def test_where_rows_lie(catalog: Catalog, joined: str, *, misplaced: bool, key_format: str) -> None:
    relation = analysed(catalog, joined).relation
    assert (relation.is_misplaced, relation.key_format, relation.origin.name) == (misplaced, key_format, joined[0])


@pytest.mark.parametrize(
    ("items", "names"),
    [("*", "ROWKEY A_ID A_N A_R B_ID B_N"), ("A.*, B.N", "A_ID A_N A_R N"), ("ROWKEY, B.N", "ROWKEY N")],
)
def test_a_key_that_no_source_has(catalog: Catalog, items: str, names: str) -> None:
    found = analysed(catalog, f"A FULL JOIN B {HOUR} ON A.ID = B.ID", items.replace("B.N", "B.N AS N"))
    assert " ".join(item.name for item in found.items) == names


@pytest.mark.parametrize(
    ("joined", "message", "place"),
    [
        ("T JOIN A ON T.ID = A.ID", "a table cannot be joined with the stream A", "JOIN"),
        ("T JOIN U ON T.ID = U.ID JOIN A ON T.ID = A.ID", "a table cannot be joined with the stream A", "JOIN A"),
        ("A RIGHT JOIN T ON A.ID = T.ID", "cannot be joined by RIGHT JOIN", "RIGHT"),
        ("A FULL JOIN T ON A.ID = T.ID", "cannot be joined by FULL JOIN", "FULL"),
        ("A JOIN B ON A.ID = B.ID", "the join with B has no WITHIN", "JOIN"),
        (f"A JOIN T {HOUR} ON A.ID = T.ID", "WITHIN is for stream-stream joins only", "JOIN"),
        ("A JOIN T ON A.ID > T.ID AND A.N > T.N", "the join with T needs an equality", "AND A.N > T.N"),
        ("A JOIN T ON A.ID = T.ID OR A.N = T.N", "the join with T needs an equality", "OR A.N"),
        ("A JOIN T ON A.ID = T.ID AND NOPE > 1", "there is no column NOPE", "NOPE"),
        ("A JOIN T ON A.ID = T.ID AND N > 1", "column N is ambiguous: A and T have one", "N > 1"),
        ("A JOIN M ON A.ID = M.I AND A.N = M.N", "must be its primary key M.I, M.J", "M.I"),
        ("T FULL JOIN U ON T.ID = U.ID AND T.N > U.N", "a FULL JOIN of tables takes equalities", "> U.N"),
        (f"WA JOIN WK {HOUR} ON WA.ID = WK.ID", "the windowed keys of WA and WK are written in different ways", "JOIN"),
        (f"WA JOIN WH {HOUR} ON WA.ID = WH.ID", "and WH has a HOPPING window", "JOIN"),
        ("A JOIN T ON A.ID = 0", "each side of the join condition must use one source", "= 0"),
        ("A JOIN T ON A.NOPE = T.ID", "there is no column A.NOPE", "A.NOPE"),
        ("A JOIN T ON NOPE.ID = T.ID", "there is no source NOPE", "NOPE"),
        ("A JOIN T ON A.ID = T.N", "must be its primary key T.ID", "T.N"),
        ("T JOIN U ON T.ID = U.N", "must be its primary key U.ID", "U.N"),
        ("T JOIN M ON T.ID = M.I", "must be its primary key M.I, M.J", "M.I"),
        ("T RIGHT JOIN U ON T.N = U.ID", "a join by a foreign key cannot be a RIGHT JOIN", "RIGHT"),
        ("T JOIN U ON T.L = U.ID", "the join keys have different types: BIGINT and INTEGER", "JOIN"),
        ("A JOIN T ON CAST(A.ID AS STRING) = T.ID", "different types: STRING and INTEGER", "JOIN"),
        (f"A JOIN ONE {HOUR} ON A.ID = ONE.ID", "A has 2 partitions and ONE has 1", "JOIN"),
        (f"WA JOIN A {HOUR} ON WA.ID = A.ID", "WA has a TUMBLING window of 1000 ms and A has no window", "JOIN"),
        (f"WA JOIN WS {HOUR} ON WA.ID = WS.ID", "and WS has a SESSION window", "JOIN"),
        (f"WA JOIN WA AS WB {HOUR} ON WA.ID = WB.N", "windowed sources are joined by their keys only", "JOIN"),
    ],
)
def test_refused(catalog: Catalog, joined: str, message: str, place: str) -> None:
    with pytest.raises(StatementError) as caught:
        analysed(catalog, joined)
    assert message in str(caught.value)
    assert f"SELECT 1 AS X FROM {joined}"[caught.value.column - 1 :].startswith(place)


@pytest.mark.parametrize(
    ("joined", "hint"),
    [
        ("D JOIN T ON D.ID = T.ID", "CREATE STREAM … WITH (PARTITIONS=2) AS SELECT … PARTITION BY …"),
        ("V JOIN U ON V.ID = U.ID", "CREATE TABLE … WITH (PARTITIONS=2) AS SELECT …"),
    ],
)
def test_another_number_of_partitions_is_made_of_a_stream_or_a_table(catalog: Catalog, joined: str, hint: str) -> None:
    with pytest.raises(StatementError, match=r"must have as many") as caught:
        analysed(catalog, joined)
    assert f"Hint: {hint} makes them alike." in str(caught.value)


def test_a_foreign_key_may_lead_anywhere(catalog: Catalog) -> None:
    assert analysed(catalog, "M JOIN U ON M.N = U.ID").relation.partitions == 3
