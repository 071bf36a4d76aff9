"""A pull query of a stream gives what a push query from the beginning has given when it has read everything."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
import pytest

import ksql
from ksql.engine.results import PushQuery, Rows
from ksql.log.contract import RECORD_SCHEMA

SETUP = """
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM {name} (k STRING KEY, n INT, t STRING, f DOUBLE, c DECIMAL(6, 2), l ARRAY<INT>, e ARRAY<STRING>, m MAP<STRING, INT>,
    r STRUCT<x INT, y STRUCT<z STRING>>, d DATE, u TIME, w TIMESTAMP, y BYTES, b BOOLEAN, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS)
  WITH (kafka_topic='{name}', value_format='JSON', partitions=2);
CREATE STREAM w_{name} (k STRING KEY, n INT)
  WITH (kafka_topic='w_{name}', value_format='JSON', partitions=1, window_type='TUMBLING', window_size='1 SECOND');
CREATE STREAM t_{name} (k STRING KEY, n INT, w TIMESTAMP)
  WITH (kafka_topic='{name}', value_format='JSON', timestamp='w');
"""  # noqa: E501
VALUES = [
    {"N": 4, "T": "7", "F": 2.5, "C": 1.25, "L": [1, 2], "E": ["x"], "M": {"a": 1}, "R": {"x": 1, "y": {"z": "q"}}, "D": 0,
     "U": 3_600_000, "W": 1_600_000_000_123, "Y": "IQ==", "B": True},
    {"N": 0, "T": "seven", "F": -0.0, "C": "0.5", "L": [], "E": None, "M": {"a": None, "b": 2}, "R": {"y": None}, "B": False},
    {"N": 2_147_483_647, "T": "", "F": "NaN", "L": [None, 3], "E": ["y", None, "z"], "M": {}, "R": None, "D": -1, "W": -1},
    {},
    None,
    "no row at all",
    {"n": -3, "T": "2020-01-01", "L": [5], "E": ["v", "w"]},
]  # fmt: skip
ITEMS = """
*
s.*, n AS again
k, ROWTIME, ROWPARTITION, ROWOFFSET
r->x, r->y->z, r->y AS inner_one
k, r->*
n + 1, n * 2, -n, n % 3, c * 2, f / 2
10 / n
CAST(t AS INT) AS number, CAST(n AS STRING) AS text, CAST(f AS BIGINT) AS whole
CASE WHEN n > 1 THEN 'many' WHEN n = 0 THEN 'none' END AS how
CASE WHEN 10 / n > 1 THEN t ELSE k END
NULLIF(t, '7'), IFNULL(n, -1), COALESCE(t, k)
CAST(NULL AS INT) AS nothing, n IS NULL, t IS DISTINCT FROM k
n IN (4, 0), n BETWEEN 0 AND 4, t LIKE '%e%', n > 1 AND b, n > 1 OR b, NOT b
TRANSFORM(l, x => x + n), FILTER(l, x => x > 1), REDUCE(l, 0, (a, x) => a + x)
TRANSFORM(l, x => 10 / x)
l[1], l[-1], m['a'], ARRAY_LENGTH(l), m
ARRAY[n, 1], MAP('a' := n, 'b' := 2), MAP(t := n), STRUCT(one := n, two := ARRAY[t])
EXPLODE(l)
k, EXPLODE(l) AS one, EXPLODE(e) AS two, n
k, EXPLODE(l) + 1 AS one, UCASE(EXPLODE(e)) AS two
CUBE_EXPLODE(l)
EXPLODE(TRANSFORM(l, x => 10 / x))
EXPLODE(ARRAY[STRUCT(one := n)])->one
d, u, w, ARRAY[d], STRUCT(moment := w)
FORMAT_DATE(d, 'yyyy'), CAST(w AS STRING), PARSE_DATE(t, 'yyyy-MM-dd')
y, b, f, c, h
SUBSTRING(t, 2), LEN(t), UCASE(t) || '!', t + k, MASK(t), AS_VALUE(k)
'a constant', 1, 2.5, ARRAY[1, 2]
`K` AS `lower`, `N` AS `LOWER`
""".strip().splitlines()
CONDITIONS = """
n > 1
n = 4 OR n IS NULL
10 / n > 1
10 / n > 1 OR TRUE
CAST(t AS INT) = 7 AND b
NOT (n > 1)
b
n IN (4, 10 / n)
k = 'k1' AND ROWTIME >= 3
ROWPARTITION = 0 AND ROWOFFSET > 0
r->x = 1 AND m['a'] = 1
t LIKE 's%'
d = '1970-01-01'
""".strip().splitlines()
SELECTS = [
    *(f"SELECT {items} FROM {{}} s" for items in ITEMS),
    *(f"SELECT k, n FROM {{}} s WHERE {condition}" for condition in CONDITIONS),
    "SELECT k, EXPLODE(l) AS one FROM {} WHERE n > 1",
    "SELECT * FROM w_{}",
    "SELECT ROWTIME, t.* FROM t_{} t",
    "SELECT ROWTIME, 10 / n FROM t_{} WHERE ROWTIME > 3",
    "SELECT k, WINDOWSTART, WINDOWEND - WINDOWSTART AS width FROM w_{} WHERE WINDOWSTART > 0",
]  # fmt: skip


@pytest.fixture(scope="module")
def db() -> Iterator[ksql.Database]:
    with ksql.connect() as made:
        for name, times in (("few", 1), ("many", 10)):  # some are decoded one by one, many by SQL
            made.execute(SETUP.format(name=name))
            values = [None if value is None else json.dumps(value).encode() for value in VALUES * times]
            records = [(f"k{i % 3}".encode() if i % 5 else None, value, i) for i, value in enumerate(values)]
            windowed = [(b"k" + (1_000 * i).to_bytes(8, "big"), f'{{"N": {i}}}'.encode(), i) for i in range(3 * times)]
            with made.log.transaction() as transaction:
                transaction.append(name, 0, batch(records[::2]))
                transaction.append(name, 1, batch(records[1::2]))
                transaction.append(f"w_{name}", 0, batch([*windowed, (None, b"{}", 9)]))
        yield made


def batch(records: list[tuple[bytes | None, bytes | None, int]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {"key": key, "value": value, "timestamp": time, "headers": [{"key": "h", "value": b"v"}]}
            for key, value, time in records
        ],
        schema=RECORD_SCHEMA,
    )


def pushed(db: ksql.Database, statement: str) -> tuple[PushQuery, list[dict[str, object]]]:
    """A push query after it has read everything, and its rows."""
    answer = db.execute(statement)
    query = answer.result
    assert not isinstance(query, Rows)
    rows = []
    while (changes := query.next_changes(0)) is not None:  # type: ignore[union-attr]
        rows += changes.table.to_pylist()
    answer.close()
    return query, rows  # type: ignore[return-value]


@pytest.mark.parametrize("stream", ["few", "many"])
@pytest.mark.parametrize("select", SELECTS, ids=SELECTS)
def test_pull_gives_what_push_gives(db: ksql.Database, stream: str, select: str) -> None:
    query, rows = pushed(db, f"{select.format(stream)} EMIT CHANGES;")
    answer = db.execute(f"{select.format(stream)};")
    assert answer.columns == query.columns
    assert [repr(row) for row in answer.arrow().to_pylist()] == [repr(row) for row in rows]  # NaN equals nothing
    assert db.execute(f"{select.format(stream)} LIMIT 2;").arrow().num_rows == min(len(rows), 2)


def failures(db: ksql.Database) -> list[dict[str, object]]:
    """Expressions that failed, as the processing log has them."""
    entries = db.execute("SELECT message->recordProcessingError AS error FROM ksql_processing_log;").fetchall()
    return [entry["ERROR"] for entry in entries if entry["ERROR"] is not None]


def test_failed_expressions_are_logged_as_those_of_a_push_query(db: ksql.Database) -> None:
    before = len(failures(db))
    pushed(db, "SELECT 10 / n AS x FROM few EMIT CHANGES;")
    logged = failures(db)[before:]
    assert [entry["CAUSE"] for entry in logged] == [["Division by zero"]]
    db.execute("SELECT 10 / n AS x FROM few;")
    assert failures(db)[before:] == [*logged, *logged]


def test_no_more_is_logged_than_one_can_read(db: ksql.Database) -> None:
    before = len(failures(db))
    assert db.execute("SELECT CAST('x' AS INT) AS x FROM many;").arrow().num_rows > 20
    assert len(failures(db)) - before == 10
