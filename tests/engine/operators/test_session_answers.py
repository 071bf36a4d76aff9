"""Sessions as a pull query shows them are those that DuckDB finds among all records at once, in whatever order they came."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import pairwise

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.results import Rows
from ksql.testing import Record, TestDriver

#: (key, time, value)
Event = tuple[str, int, int | None]
EVENTS = st.lists(st.tuples(st.sampled_from("aaabc"), st.integers(0, 300), st.none() | st.integers(-3, 3)), max_size=60)

AGGREGATES = "COUNT(*) AS N, SUM(V) AS S, MAX(V) AS M, ATTR(V) AS O, COLLECT_LIST(V) AS L, COUNT(DISTINCT V) AS D"
ORACLE = """
WITH parted AS (SELECT *, coalesce(time - lag(time) OVER (PARTITION BY key ORDER BY time, n) > 10, true) AS apart FROM events),
     numbered AS (SELECT *, sum(apart::INT) OVER (PARTITION BY key ORDER BY time, n) AS number FROM parted)
SELECT key AS "K", min(time) AS "WINDOWSTART", max(time) AS "WINDOWEND", count(*) AS "N", coalesce(sum(v), 0)::BIGINT AS "S",
       max(v) AS "M", CASE WHEN count(DISTINCT v) + bool_or(v IS NULL)::INT = 1 THEN max(v) END AS "O",
       list_sort(list(v)) AS "L", count(DISTINCT v) AS "D"
FROM numbered GROUP BY key, number HAVING count(*) > {more} ORDER BY ALL
"""
#: Conditions that look keys up, or bounds, or both; and one that does neither.
CONDITIONS = [
    "true",
    "K = 'a'",
    "K IN ('b', 'c', 'z')",
    "K = 'a' AND WINDOWSTART >= 50 AND WINDOWEND <= 200",
    "WINDOWSTART = 7",
]


@settings(max_examples=25, deadline=None)
@given(events=EVENTS, cuts=st.lists(st.integers(0, 60), max_size=4), cache=st.booleans(), more=st.sampled_from([0, 1]))
def test_sessions_are_those_of_all_records(events: list[Event], cuts: list[int], cache: bool, more: int) -> None:
    having = f" HAVING COUNT(*) > {more}" if more else ""
    with closing(TestDriver(cache=cache)) as driver:
        driver.create_topic("s")
        driver.execute(f"""
            CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='s', KEY_FORMAT='JSON', VALUE_FORMAT='JSON');
            CREATE TABLE O AS SELECT K, {AGGREGATES} FROM S WINDOW SESSION (10 MILLISECONDS) GROUP BY K{having};
        """)
        bounds = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
        for start, end in pairwise(bounds):
            driver.feed([record(*event) for event in events[start:end]], batch=True)
        answers = [answer(driver, condition) for condition in CONDITIONS]
    with duckdb.connect() as connection:
        columns = zip(*events, strict=True) if events else ([], [], [])
        types = (pa.string(), pa.int64(), pa.int32())
        arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
        connection.register("events", pa.table([*arrays, pa.array(range(len(events)))], ["key", "time", "v", "n"]))
        connection.execute(f"CREATE TABLE found AS {ORACLE.format(more=more)}")
        expected = [connection.sql(f"FROM found WHERE {condition}").to_arrow_table().to_pylist() for condition in CONDITIONS]
    assert answers == expected


def record(key: str, time: int, value: int | None) -> Record:
    return Record("s", json.dumps(key).encode(), json.dumps({"V": value}).encode(), time)


def answer(driver: TestDriver, condition: str) -> list[dict[str, object]]:
    """The rows, by key and start; lists in the order of their values."""
    (result,) = driver.execute(f"SELECT * FROM O WHERE {condition};")
    assert isinstance(result, Rows)
    rows = [{**row, "L": sorted(row["L"], key=lambda value: (value is None, value))} for row in result.table.to_pylist()]
    return sorted(rows, key=lambda row: (row["K"], row["WINDOWSTART"]))
