"""Joins by several equalities and further conditions, against what DuckDB says of the same rows.

Rows come in random order with nulls, null values, tombstones and ties in time. A query must write the same records whether it
takes all of them at once, or some at a time and starts anew after each batch.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine import Engine
from ksql.log import MemoryLog, TopicConfig
from ksql.log.contract import RECORD_SCHEMA
from ksql.log.partitioner import partition_keys

COLUMNS = "(K INT KEY, J INT, V INT, N INT) WITH (FORMAT='JSON', KAFKA_TOPIC='"
TABLE = "(K INT PRIMARY KEY, J INT PRIMARY KEY, V INT, N INT) WITH (FORMAT='JSON', KAFKA_TOPIC='"
DECLARED = {
    "L": f"STREAM L {COLUMNS}l')",
    "R": f"STREAM R {COLUMNS}r')",
    "T": f"TABLE T {TABLE}l')",
    "U": f"TABLE U {TABLE}r')",
    "F": "TABLE F (I INT PRIMARY KEY, K INT, J INT, V INT, N INT) WITH (FORMAT='JSON', KAFKA_TOPIC='l')",
    "WL": f"STREAM WL {COLUMNS}l', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='5 MILLISECONDS')",
    "WR": f"STREAM WR {COLUMNS}r', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='7 MILLISECONDS')",
    "WT": "TABLE WT (K INT PRIMARY KEY, J INT, V INT, N INT) WITH (FORMAT='JSON', KAFKA_TOPIC='l',"
    " WINDOW_TYPE='TUMBLING', WINDOW_SIZE='5 MILLISECONDS')",
    "WU": "TABLE WU (K INT PRIMARY KEY, J INT, V INT, N INT) WITH (FORMAT='JSON', KAFKA_TOPIC='r',"
    " WINDOW_TYPE='TUMBLING', WINDOW_SIZE='7 MILLISECONDS')",
    "ST": "TABLE ST (K INT PRIMARY KEY, J INT, V INT, N INT) WITH (FORMAT='JSON', KAFKA_TOPIC='l', WINDOW_TYPE='SESSION')",
    "SU": "TABLE SU (K INT PRIMARY KEY, J INT, V INT, N INT) WITH (FORMAT='JSON', KAFKA_TOPIC='r', WINDOW_TYPE='SESSION')",
    "SL": f"STREAM SL {COLUMNS}l', WINDOW_TYPE='SESSION')",
    "SR": f"STREAM SR {COLUMNS}r', WINDOW_TYPE='SESSION')",
}
WITHIN = "WITHIN 4 MILLISECONDS GRACE PERIOD 1 HOUR"
HOUR_MS = 3_600_000
NEAR = "ABS(A.TIME - B.TIME) <= 4"
#: One after the other they move stream time so far that every row that waits comes out. They match nothing.
CLOSING = [3 * HOUR_MS, 6 * HOUR_MS]
CONDITIONS = ["", "A.V > B.V", "A.V + 1 <> B.V AND B.V < 4", "(A.V IS NULL OR B.V > 2)", "A.V = B.N", "A.V > 2", "B.V > 2"]


class Row(NamedTuple):
    """One record of either side: of a table's row or a stream's. value None: it has no value."""

    side: int
    time: int
    window: int
    key: int
    other: int | None
    value: int | None
    deleted: bool


@dataclass(frozen=True)
class Query:
    """`on` calls the left side A and the right side B. near: what DuckDB is told besides; same: NULL is as equal as others."""

    sources: tuple[str, str]
    kinds: Sequence[str]
    on: str
    near: str = "TRUE"
    within: str = ""
    same: bool = False

    @property
    def is_table(self) -> bool:
        return self.sources[0][-1] in "TUF"


OUTER = ["", "LEFT ", "RIGHT ", "FULL "]
BOTH = "A.K = B.K AND A.J = B.J"
QUERIES = {
    "streams": Query(("L", "R"), OUTER, BOTH, NEAR, WITHIN),
    "streams, one key": Query(("L", "R"), OUTER, "A.K = B.K", NEAR, WITHIN),
    "streams, another key": Query(("L", "R"), OUTER, "A.J = B.K AND A.K + 1 = B.J", NEAR, WITHIN),
    "windowed streams": Query(("WL", "WR"), OUTER, "A.K = B.K", f"{NEAR} AND A.WS = B.WS", WITHIN),
    "sessions": Query(("SL", "SR"), OUTER, "A.K = B.K AND A.J = B.J", f"{NEAR} AND A.WS = B.WS", WITHIN),
    "tables": Query(("T", "U"), OUTER, BOTH, same=True),
    "tables, columns exchanged": Query(("T", "U"), OUTER, "A.J = B.K AND A.K = B.J", same=True),
    "foreign key": Query(("F", "U"), OUTER[:2], BOTH),
    "part of a key": Query(("F", "U"), OUTER[:2], "A.I = B.J AND B.K = A.J"),
    "windowed tables": Query(("WT", "WU"), OUTER, "A.K = B.K", "A.WS = B.WS"),
    "tables of sessions": Query(("ST", "SU"), OUTER, "A.K = B.K", "A.WS = B.WS"),
    "windowed stream and table": Query(("WL", "WU"), OUTER[:2], "A.K = B.K", "A.WS = B.WS"),
    "stream and table of sessions": Query(("SL", "SU"), OUTER[:2], "A.K = B.K", "A.WS = B.WS"),
    "stream and table": Query(("L", "U"), OUTER[:2], BOTH),
}

ROW = st.builds(
    Row,
    st.integers(0, 1),
    st.integers(0, 12),
    st.sampled_from([0, 0, 5]),
    st.sampled_from([1, 1, 1, 2, 3]),
    st.none() | st.sampled_from([1, 1, 2, 2, 3]),
    st.none() | st.integers(0, 5),
    st.sampled_from([False, False, False, True]),
)


def key_of(source: str, row: Row) -> tuple[bytes, bytes]:
    """The bytes that say in which partition a record lies, and what follows them."""
    if source in "TU":
        return json.dumps({"K": row.key, "J": row.other}).encode(), b""
    window = b""
    if source[0] == "W":
        window = row.window.to_bytes(8, "big")
    if source[0] == "S":
        window = (row.window + 3).to_bytes(8, "big") + row.window.to_bytes(8, "big")
    return json.dumps(row.key).encode(), window


def records(query: Query, rows: Sequence[Row], partitions: int) -> list[list[list[dict[str, object]]]]:
    """The records of the partitions of both topics."""
    topics: list[list[list[dict[str, object]]]] = [[[] for _ in range(partitions)] for _ in "lr"]

    def add(row: Row, number: int) -> None:
        key, window = key_of(query.sources[row.side], row)
        columns = {"K": row.key, "J": row.other, "V": row.value, "N": number}
        value = None if row.deleted else json.dumps(columns).encode()
        partition = partition_keys(pa.array([key], pa.binary()), partitions)[0]
        topics[row.side][partition].append({"key": key + window, "value": value, "timestamp": row.time})

    for n, row in enumerate(rows):
        add(row, n)
    for time in CLOSING if query.within else ():
        for number in range(100, 104 if partitions == 1 else 112):
            add(Row(number % 2, time, 0, number, number, None, deleted=False), -1)
    return topics


def written(
    query: Query, select: str, topics: list[list[list[dict[str, object]]]], batch_records: int | None
) -> list[tuple[str, ...]]:
    """The records of O, by partition. batch_records: with a new engine after each such batch; None: all at once."""
    log = MemoryLog()
    for topic, listed in zip("lr", topics, strict=True):
        log.create_topic(topic, TopicConfig(partitions=len(listed)))
        with log.transaction() as transaction:
            for partition, part in enumerate(listed):
                transaction.append(topic, partition, pa.RecordBatch.from_pylist(part, schema=RECORD_SCHEMA))
    properties = {
        "auto.offset.reset": "earliest",
        "ksql.streams.cache.max.bytes.buffering": "0",
        "ksql.join.table.load.first": "true",
    }
    engine = Engine(log, batch_records=batch_records or 10_000)
    declared = " ".join(f"CREATE {DECLARED[source]};" for source in query.sources)
    made = f"{'TABLE' if query.is_table else 'STREAM'} O WITH (KEY_FORMAT='JSON') AS {select}"
    list(engine.session(properties=properties).execute(f"{declared} CREATE {made};"))
    while engine.make_task(next(iter(engine.catalog.queries.values()))).step():
        engine.close()
        engine = Engine(log, batch_records=batch_records or 10_000)
    engine.close()
    assert log.end_offset("default_ksql_processing_log", 0) == 0  # nothing failed
    found = pa.concat_tables(
        [pa.Table.from_batches([log.fetch("O", partition, 0, 100_000).records]) for partition in range(len(topics[0]))]
    )
    return list(zip(*(found.column(name).to_pylist() for name in ("key", "value", "timestamp")), strict=True))


def numbers(query: Query, found: Sequence[tuple[str, ...]]) -> Counter[tuple[int | None, int | None]]:
    """The pairs of rows there are: for a table, at last."""
    values = [value for _, value, _ in found]
    if query.is_table:
        values = list({key: value for key, value, _ in found}.values())
    pairs = [json.loads(value) for value in values if value is not None]
    return Counter((pair["A_N"], pair["B_N"]) for pair in pairs if -1 not in (pair["A_N"], pair["B_N"]))


def expected(query: Query, kind: str, on: str, rows: Sequence[Row]) -> Counter[tuple[int | None, int | None]]:
    sides: list[dict[object, tuple[object, ...]]] = [{}, {}]
    for n, row in enumerate(rows):
        source = query.sources[row.side]
        key: object = n
        if source[-1] in "TUF":
            key = row.key if source == "F" else (row.key, row.other if source in "TU" else row.window)
            sides[row.side].pop(key, None)
        if not row.deleted:
            sides[row.side][key] = (row.key, row.key, row.other, row.value, n, row.time, row.window)
    if query.same:
        on = on.replace(query.on, query.on.replace("=", "IS NOT DISTINCT FROM"))
    with duckdb.connect() as database:
        for name, side in zip("AB", sides, strict=True):
            database.execute(f"CREATE TABLE {name} (I INT, K INT, J INT, V INT, N INT, TIME INT, WS INT)")
            for values in side.values():
                database.execute(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        found = database.execute(f"SELECT A.N, B.N FROM A {kind}JOIN B ON {on} AND {query.near}").fetchall()
    return Counter(found)


@pytest.mark.parametrize("name", QUERIES)
@settings(max_examples=5, deadline=None)
@given(
    rows=st.lists(ROW, max_size=24),
    kind=st.integers(0, 3),
    condition=st.sampled_from(CONDITIONS),
    batch_records=st.integers(4, 12),
    partitions=st.sampled_from([1, 2, 3]),
)
def test_it_answers_as_duckdb_does(
    name: str, rows: list[Row], kind: int, condition: str, batch_records: int, partitions: int
) -> None:
    query = QUERIES[name]
    join = query.kinds[kind % len(query.kinds)]
    if query.within and join:
        # As in ksqlDB a row that comes when its time is over comes out alone at once, even if it meets another later.
        rows = sorted(rows, key=lambda row: row.time)
    on = query.on + (f" AND {condition}" if condition and not (query.is_table and join == "FULL ") else "")
    left, right = query.sources
    select = f"SELECT * FROM {left} A {join}JOIN {right} B {query.within} ON {on}"
    topics = records(query, rows, 1 if name == "tables, columns exchanged" else partitions)
    found = written(query, select, topics, None)
    assert numbers(query, found) == expected(query, join, on, rows)
    assert written(query, select, topics, batch_records) == found
