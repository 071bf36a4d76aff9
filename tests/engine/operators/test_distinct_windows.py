"""DISTINCT aggregates of a stream's windows equal DuckDB's batch answer, as they change and when they have closed."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import pairwise

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.testing import Record, TestDriver

Row = tuple[str, int | None, float | None]
ROW = st.tuples(
    st.sampled_from("xy"), st.none() | st.integers(-2, 2), st.none() | st.integers(-4, 4).map(lambda i: i / 4) | st.just(-0.5)
)

AGGREGATES = """
COUNT(*) AS N, COUNT(DISTINCT V) AS NV, COUNT_DISTINCT(D) AS ND, SUM(DISTINCT V) AS SV, AVG(DISTINCT D) AS AD,
MIN(DISTINCT V) AS LO, COLLECT_LIST(DISTINCT V) AS L, TOPK(DISTINCT V, 2) AS T
"""
ORACLE = """
SELECT g, time // 10 * 10 AS start, count(*), count(DISTINCT v), count(DISTINCT d), coalesce(sum(DISTINCT v), 0),
       coalesce(avg(DISTINCT d), 0), min(v), list_sort(list(DISTINCT v), 'ASC', 'NULLS LAST'),
       coalesce(list_reverse_sort(list(DISTINCT v) FILTER (v IS NOT NULL))[:2], [])
FROM records GROUP BY ALL ORDER BY ALL
"""


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(ROW, max_size=40), cuts=st.lists(st.integers(0, 40), max_size=4), cache=st.booleans())
def test_different_values_count_once(rows: list[Row], cuts: list[int], cache: bool) -> None:
    """Record i has the time 2 · i."""
    with closing(TestDriver(cache=cache)) as driver:
        driver.create_topic("t")
        driver.execute("CREATE STREAM S (K STRING KEY, G STRING, V INT, D DOUBLE) WITH (KAFKA_TOPIC='t', FORMAT='JSON');")
        for name, emit in (("C", "CHANGES"), ("F", "FINAL")):
            window = "WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 SECONDS)"
            driver.execute(f"CREATE TABLE {name} AS SELECT G, {AGGREGATES} FROM S {window} GROUP BY G EMIT {emit};")
        bounds = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
        for start, end in pairwise(bounds):
            driver.feed([record(i, rows[i]) for i in range(start, end)], batch=True)
        changes, finals = ([found(r) for r in driver.read(name)] for name in "CF")
    expected = windows(rows)
    assert sorted({made[:2]: made for made in changes}.values()) == expected
    closed_before = 2 * (len(rows) - 1)
    assert sorted(finals) == [made for made in expected if made[1] + 10 <= closed_before]


def record(i: int, row: Row) -> Record:
    return Record("t", None, json.dumps(dict(zip("GVD", row, strict=True))).encode(), 2 * i)


def found(record: Record) -> tuple[str, int, object]:
    key, value = record.key or b"", json.loads(record.value or b"")
    value["L"].sort(key=lambda item: (item is None, item))
    return json.loads(key[:-8]), int.from_bytes(key[-8:], "big"), list(value.values())


def windows(rows: list[Row]) -> list[tuple[str, int, object]]:
    schema = pa.schema([("g", pa.string()), ("v", pa.int32()), ("d", pa.float64())])
    columns = [pa.array([row[i] for row in rows], schema.types[i]) for i in range(3)]
    records = pa.table(columns, schema=schema).append_column("time", pa.array([2 * i for i in range(len(rows))], pa.int64()))
    with duckdb.connect() as connection:
        connection.register("records", records)
        return [(row[0], row[1], list(row[2:])) for row in connection.execute(ORACLE).fetchall()]
