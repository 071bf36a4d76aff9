"""Aggregates of a table equal DuckDB's over the table's present rows, however its changes come in batches."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import pairwise

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.testing import Record, TestDriver

Row = tuple[str | None, int | None, float | None, str | None]

VALUES = st.none() | st.tuples(
    st.none() | st.sampled_from(["x", "y", "z"]),
    st.none() | st.integers(-5, 5),
    st.none() | st.integers(-20, 20).map(lambda i: i / 4),
    st.none() | st.sampled_from(["", "a", "aa", "é"]),
)
CHANGES = st.lists(st.tuples(st.sampled_from("abcdef"), VALUES), max_size=60)

QUERY = """
SELECT G, COUNT(*) AS N, COUNT(V) AS NV, SUM(V) AS SV, SUM(D) AS SD, AVG(D) AS AD, COLLECT_LIST(V) AS L, ATTR(V) AS O,
  MIN(V) AS LO, MAX(D) AS HI, MAX(S) AS LAST, COUNT(DISTINCT V) AS CD, SUM(DISTINCT D) AS SDD, AVG(DISTINCT V) AS AD2,
  COUNT_DISTINCT(S) AS CS, COLLECT_SET(V) AS CV, TOPK(V, 3) AS T3, TOPKDISTINCT(S, 2) AS T2
FROM T WHERE V IS NULL OR V <> 3 GROUP BY G
"""
ORACLE = """
SELECT g, count(*), count(v), coalesce(sum(v), 0), coalesce(sum(d), 0), coalesce(avg(d), 0), list_sort(list(v)),
       CASE WHEN count(DISTINCT coalesce(v, 99)) = 1 THEN max(v) END,
       min(v), max(d), max(s), count(DISTINCT v), coalesce(sum(DISTINCT d), 0), coalesce(avg(DISTINCT v), 0),
       count(DISTINCT s), list_sort(list(DISTINCT v)), list_sort(coalesce(max(v, 3), [])),
       list_sort(coalesce(list_reverse_sort(list(DISTINCT s) FILTER (s IS NOT NULL))[:2], []))
FROM present WHERE g IS NOT NULL AND (v IS NULL OR v <> 3) GROUP BY g ORDER BY g
"""


@settings(max_examples=40, deadline=None)
@given(changes=CHANGES, cuts=st.lists(st.integers(0, 60), max_size=4), cache=st.booleans())
def test_what_is_there_is_aggregated(changes: list[tuple[str, Row | None]], cuts: list[int], cache: bool) -> None:
    present = dict(changes)
    with closing(TestDriver(cache=cache)) as driver:
        driver.create_topic("t")
        driver.execute(
            "CREATE TABLE T (K STRING PRIMARY KEY, G STRING, V INT, D DOUBLE, S STRING) WITH (KAFKA_TOPIC='t', FORMAT='JSON');"
        )
        driver.execute(f"CREATE TABLE O AS {QUERY};")
        bounds = sorted({0, len(changes), *(cut for cut in cuts if cut < len(changes))})
        for start, end in pairwise(bounds):
            driver.feed([record(key, row) for key, row in changes[start:end]], batch=True)
        groups = {r.key: json.loads(r.value or b"") for r in driver.read("O")}
    found = [
        (json.loads(key or b""), *(sorted_nulls_last(value) for value in columns.values()))
        for key, columns in sorted(groups.items())
        if columns["N"]
    ]
    assert found == expected([row for row in present.values() if row is not None])


@pytest.mark.parametrize("cache", [True, False])
def test_a_table_that_a_query_reads_is_written_change_by_change(cache: bool) -> None:
    """The group that a row has left within a batch is there all the same."""
    with closing(TestDriver(cache=cache)) as driver:
        driver.create_topic("t")
        driver.execute("""
            CREATE TABLE T (K STRING PRIMARY KEY, G STRING) WITH (KAFKA_TOPIC='t', FORMAT='JSON');
            CREATE TABLE P AS SELECT K, G FROM T;
            CREATE TABLE O AS SELECT G, COUNT(*) AS N FROM P GROUP BY G;
        """)
        driver.feed([Record("t", b'"a"', b'{"G":"x"}'), Record("t", b'"a"', b'{"G":"y"}')], batch=True)
        assert [record.value for record in driver.read("P")] == [b'{"G":"x"}', b'{"G":"y"}']
        assert {record.key: record.value for record in driver.read("O")} == {b'"x"': b'{"N":0}', b'"y"': b'{"N":1}'}


def record(key: str, row: Row | None) -> Record:
    value = None if row is None else json.dumps(dict(zip("GVDS", row, strict=True))).encode()
    return Record("t", json.dumps(key).encode(), value)


def expected(rows: list[Row]) -> list[tuple[object, ...]]:
    schema = pa.schema([("g", pa.string()), ("v", pa.int32()), ("d", pa.float64()), ("s", pa.string())])
    present = pa.table([pa.array([row[i] for row in rows], schema.types[i]) for i in range(4)], schema=schema)
    with duckdb.connect() as connection:
        connection.register("present", present)
        return [tuple(sorted_nulls_last(value) for value in row) for row in connection.execute(ORACLE).fetchall()]


def sorted_nulls_last(value: object) -> object:
    return sorted(value, key=lambda item: (item is None, item)) if isinstance(value, list) else value
