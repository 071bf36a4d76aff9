"""Queries inside queries, unions, sources read twice: what comes out is what DuckDB says of the same records, all at once.

Streams give the same rows, tables the same rows at last, however the records are cut into batches, and with a restart between
any two of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.catalog.definitions import Source
from ksql.testing import Record, TestDriver

SOURCES = """
CREATE STREAM S (ID INT KEY, A STRING, N INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON');
CREATE STREAM R (ID INT KEY, A STRING, N INT) WITH (KAFKA_TOPIC='r', FORMAT='JSON');
CREATE TABLE T (ID INT PRIMARY KEY, A STRING, N INT) WITH (KAFKA_TOPIC='t', FORMAT='JSON');
"""
#: The query, and the same in DuckDB's words where they differ. `TS` is a record's time, `PLACE` its number among all.
STREAMS = {
    "filters": ("SELECT * FROM (SELECT ID, N + 1 AS M FROM (SELECT * FROM S WHERE N > 0) WHERE A <> 'a') q WHERE M < 4", ""),
    "union": ("SELECT ID, A, N FROM S UNION ALL SELECT ID, A, N + 1 FROM R WHERE N > 1 UNION ALL SELECT ID, 'x', N FROM S", ""),
    "WITH twice": (
        """WITH q AS (SELECT A, N, ID FROM S WHERE N > 0)
           SELECT l.A AS A, l.N AS LN, r.N AS RN FROM q l JOIN q r WITHIN 3 MILLISECONDS ON l.A = r.A""",
        """WITH q AS (SELECT * FROM S WHERE N > 0)
           SELECT l.A AS A, l.N AS LN, r.N AS RN FROM q l JOIN q r ON l.A = r.A AND abs(l.TS - r.TS) <= 3""",
    ),
    # A record meets itself, as every row of a table does in SQL.
    "self-join": (
        "SELECT x.ID AS ID, x.N AS XN, y.N AS YN FROM S x JOIN S y WITHIN (1 MILLISECOND, 2 MILLISECONDS) ON x.ID = y.ID",
        "SELECT x.ID AS ID, x.N AS XN, y.N AS YN FROM S x JOIN S y ON x.ID = y.ID AND y.TS BETWEEN x.TS - 1 AND x.TS + 2",
    ),
    "left self-join": (
        "SELECT x.A AS A, x.N AS XN, y.ID AS YI FROM S x LEFT JOIN S y WITHIN 20 MILLISECONDS GRACE PERIOD 1 DAY ON x.A = y.A",
        "SELECT x.A AS A, x.N AS XN, y.ID AS YI FROM S x JOIN S y ON x.A = y.A",
    ),
    "a stream thrice": (
        """SELECT x.ID AS ID, x.N AS XN, y.N AS YN, z.N AS ZN FROM S x JOIN S y WITHIN 2 MILLISECONDS ON x.ID = y.ID
           JOIN S z WITHIN 2 MILLISECONDS ON x.ID = z.ID""",
        """SELECT x.ID AS ID, x.N AS XN, y.N AS YN, z.N AS ZN FROM S x JOIN S y ON x.ID = y.ID AND abs(x.TS - y.TS) <= 2
           JOIN S z ON x.ID = z.ID AND abs(z.TS - greatest(x.TS, y.TS)) <= 2""",
    ),
    # A record of the stream sees the table without what it brings to it itself.
    "a stream and its own count": (
        "SELECT S.ID AS ID, N, C FROM S JOIN (SELECT ID, COUNT(*) AS C FROM S GROUP BY ID) q ON S.ID = q.ID",
        """SELECT * FROM (SELECT ID, N, (SELECT COUNT(*) FROM S before WHERE before.ID = S.ID AND before.PLACE < S.PLACE) AS C
           FROM S) WHERE C > 0""",
    ),
    "a union joined": (
        """SELECT u.ID AS ID, M, R.N AS N FROM (SELECT ID, N AS M FROM S UNION ALL SELECT ID, N * 2 FROM R) u
           JOIN R WITHIN 1 MILLISECOND ON u.ID = R.ID""",
        """SELECT u.ID AS ID, M, R.N AS N FROM (SELECT ID, N AS M, TS FROM S UNION ALL SELECT ID, N * 2, TS FROM R) u
           JOIN R ON u.ID = R.ID AND abs(u.TS - R.TS) <= 1""",
    ),
}
TABLES = {
    "counts of counts": (
        """SELECT C, COUNT(*) AS K, SUM(M) AS M FROM (SELECT ID, COUNT(*) AS C, MAX(N) AS M FROM S GROUP BY ID) GROUP BY C
           HAVING COUNT(*) > 0""",
        "",
    ),
    "an aggregate of an aggregate of a table": (
        """SELECT D, COUNT(*) AS K FROM (SELECT A, COUNT(*) AS C, SUM(N) AS D FROM (SELECT * FROM T WHERE N <> 1) GROUP BY A
           HAVING COUNT(*) > 0) GROUP BY D HAVING COUNT(*) IN (1, 2)""",
        "",
    ),
    "counts of a union": (
        "SELECT A, COUNT(*) AS C, SUM(N) AS N FROM (SELECT A, N FROM S UNION ALL SELECT A, N FROM R WHERE N > 0) GROUP BY A",
        "",
    ),
    "an aggregate with a table": (
        """SELECT T.ID AS ID, A, C FROM T JOIN (SELECT ID, COUNT(*) AS C FROM S GROUP BY ID HAVING COUNT(*) > 1) q
           ON T.ID = q.ID""",
        "",
    ),
    "an aggregate with itself, by WITH": (
        """WITH q AS (SELECT ID, SUM(N) AS X FROM S GROUP BY ID)
           SELECT l.ID AS ID, l.X AS LX, r.X AS RX FROM q l LEFT JOIN q r ON l.X = r.ID""",
        "",
    ),
    "counts of a join": (
        """SELECT M, COUNT(*) AS C FROM (SELECT l.ID AS ID, r.N AS M FROM T l JOIN T r ON l.N = r.ID) GROUP BY M
           HAVING COUNT(*) > 0""",
        "",
    ),
    "a table with itself": (
        "SELECT ROWKEY AS ID, l.N AS L, r.A AS R FROM T l FULL JOIN T r ON l.ID = r.ID",
        "SELECT l.ID AS ID, l.N AS L, r.A AS R FROM T l JOIN T r ON l.ID = r.ID",
    ),
    "a table thrice": (
        "SELECT l.ID AS ID, m.N AS M, r.A AS R FROM T l JOIN T m ON l.ID = m.ID LEFT JOIN T r ON l.ID = r.ID WHERE m.N > 0",
        "",
    ),
    "a self-join counted": (
        "SELECT A, COUNT(*) AS C FROM (SELECT u.A AS A FROM R u JOIN R v WITHIN 1 MILLISECOND ON u.ID = v.ID) GROUP BY A",
        "SELECT A, COUNT(*) AS C FROM (SELECT u.A AS A FROM R u JOIN R v ON u.ID = v.ID AND abs(u.TS - v.TS) <= 1) GROUP BY A",
    ),
    "windows counted": (
        """SELECT W, COUNT(*) AS K, SUM(C) AS C FROM
           (SELECT ID, WINDOWSTART AS W, COUNT(*) AS C FROM S WINDOW HOPPING (SIZE 6 MILLISECONDS, ADVANCE BY 3 MILLISECONDS)
            GROUP BY ID) GROUP BY W""",
        """SELECT W, COUNT(*) AS K, SUM(C)::BIGINT AS C FROM (SELECT ID, W, COUNT(*) AS C FROM
           (SELECT ID, unnest(range(greatest(TS // 3 * 3 - 3, 0), TS + 1, 3)) AS W FROM S) GROUP BY ID, W) GROUP BY W""",
    ),
}

WINDOWS = "CREATE TABLE W AS SELECT ID, COUNT(*) AS C, SUM(N) AS N FROM S WINDOW TUMBLING (SIZE 5 MILLISECONDS) GROUP BY ID;"
IN_WINDOWS = "(SELECT ID, TS // 5 * 5 AS START, COUNT(*) AS C, SUM(N)::INT AS N FROM S GROUP BY ID, START)"
#: Tables over `WINDOWS`, a windowed table that another query fills.
OF_WINDOWS = {
    "windows filtered": (
        "SELECT ID, N, WINDOWEND AS E FROM W WHERE C > 1",
        f"SELECT ID, START AS WINDOWSTART, N, START + 5 AS E FROM {IN_WINDOWS} WHERE C > 1",
    ),
    "windows of a key": (
        "SELECT ID, COUNT(*) AS K, SUM(N) AS N FROM W WHERE N > 0 GROUP BY ID HAVING COUNT(*) > 0",
        f"SELECT ID, COUNT(*) AS K, SUM(N) AS N FROM {IN_WINDOWS} WHERE N > 0 GROUP BY ID",
    ),
    "keys of a window": (
        """SELECT WINDOWSTART AS B, COUNT(*) AS K, MAX(C) AS M FROM (SELECT * FROM W WHERE N > 1) GROUP BY WINDOWSTART
           HAVING COUNT(*) > 0""",
        f"SELECT START AS B, COUNT(*) AS K, MAX(C) AS M FROM {IN_WINDOWS} WHERE N > 1 GROUP BY START",
    ),
}

VALUES = st.fixed_dictionaries({"A": st.sampled_from(["a", "b", "c"]), "N": st.integers(-1, 3)})
Key = tuple[int | str | None, ...]
#: What a step of a run brings, and whether the engine then forgets all that is not in its log.
Step = tuple[Sequence[Record], bool]


@st.composite
def all_records(draw: st.DrawFn) -> list[Record]:
    """Records of all sources; of the table some are tombstones."""
    made = []
    for _ in range(draw(st.integers(0, 25))):
        topic, time = draw(st.sampled_from("ssrt")), draw(st.integers(0, 12))
        value = draw(st.none() | VALUES if topic == "t" else VALUES)
        key = str(draw(st.integers(0, 3))).encode()
        made.append(Record(topic, key, None if value is None else json.dumps(value).encode(), time))
    return made


def steps(data: st.DataObject, records: Sequence[Record]) -> list[Step]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=4)))
    return [(records[a:b], data.draw(st.booleans())) for a, b in zip([0, *cuts], [*cuts, len(records)], strict=True)]


def written(statements: str, steps: Sequence[Step], *, cache: bool = False) -> list[tuple[Key, dict[str, Any]]]:
    """What the query that makes O has written, as keys and all columns; a tombstone has no value columns."""
    with closing(TestDriver({"ksql.persistence.default.format.key": "JSON"}, cache=cache)) as driver:
        for topic in "srt":
            driver.create_topic(topic)
        driver.execute(SOURCES + statements)
        for records, restarts in steps:
            driver.feed(records)
            for query in driver.engine.queries.values() if restarts else ():
                assert query.task is not None
                query.task.close()
                query.task = None
        source = driver.source("O")
        assert source is not None
        return [as_columns(record, source) for record in driver.read("O")]


def as_columns(record: Record, source: Source) -> tuple[Key, dict[str, Any]]:
    key, window = record.key or b"null", {}
    if source.windowed:
        key, window = key[:-8], {"WINDOWSTART": int.from_bytes(key[-8:])}
    columns = dict.fromkeys((column.name for column in source.key_columns), json.loads(key)) | window
    return tuple(columns.values()), columns | json.loads(record.value or b"{}")


def batch_answer(query: str, records: Sequence[Record]) -> list[dict[str, Any]]:
    """What DuckDB says of the records: of streams all, of the table the last of each key."""
    with duckdb.connect() as db:
        for name in "SRT":
            db.execute(f"CREATE TABLE {name} (ID INT, A VARCHAR, N INT, TS BIGINT, PLACE INT)")
        last = {record.key: record for record in records if record.topic == "t"}
        for place, record in enumerate(records):
            if record.value is not None and (record.topic != "t" or last[record.key] is record):
                value = json.loads(record.value)
                row = [int(record.key or b""), value["A"], value["N"], record.timestamp, place]
                db.execute(f"INSERT INTO {record.topic} VALUES (?, ?, ?, ?, ?)", row)
        return db.execute(f"SELECT * FROM ({query})").to_arrow_table().to_pylist()


def final(changes: Iterable[tuple[Key, dict[str, Any]]]) -> dict[Key, dict[str, Any]]:
    """The rows of a table after the changes."""
    return {key: row for key, row in dict(changes).items() if len(row) > len(key)}


def counted(rows: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True, default=int) for row in rows)


@pytest.mark.parametrize("name", STREAMS | TABLES | OF_WINDOWS)
@settings(max_examples=3, deadline=None)
@given(records=all_records(), data=st.data())
def test_as_in_a_database(name: str, records: list[Record], data: st.DataObject) -> None:
    query, batch_query = (STREAMS | TABLES | OF_WINDOWS)[name]
    statements = f"{WINDOWS if name in OF_WINDOWS else ''} CREATE {'STREAM' if name in STREAMS else 'TABLE'} O AS {query};"
    changes = written(statements, steps(data, records))
    assert changes == written(statements, [([record], False) for record in records])
    rows = [row for _, row in changes]
    if name not in STREAMS:
        # The cache leaves out changes of what is written, none of what the queries inside make.
        assert final(written(statements, steps(data, records), cache=True)) == final(changes)
        rows = list(final(changes).values())
    assert counted(rows) == counted(batch_answer(batch_query or query, records))
