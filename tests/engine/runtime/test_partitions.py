"""Several partitions: each output partition has its records in the merged order of the input, whatever the batches."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pytest

from ksql.engine import Engine
from ksql.log import MemoryLog
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA, TopicConfig

PARTITIONS = 3
SOURCES = f"""
SET 'auto.offset.reset' = 'earliest'; SET 'cache.max.bytes.buffering' = '0';
CREATE STREAM S (K STRING KEY, A INT, T STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS={PARTITIONS});
CREATE TABLE U (K STRING PRIMARY KEY, B INT) WITH (KAFKA_TOPIC='u', VALUE_FORMAT='JSON', PARTITIONS={PARTITIONS});
"""
QUERIES = {
    "project": "CREATE STREAM O AS SELECT K, A * 2 AS X FROM S WHERE A <> 3;",
    "explode": "CREATE STREAM O AS SELECT K, EXPLODE(ARRAY[A, A + 1]) AS X FROM S;",
    "partition by": "CREATE STREAM O AS SELECT T, A, K AS L FROM S PARTITION BY T;",
    "fewer partitions": "CREATE STREAM O WITH (PARTITIONS=2) AS SELECT K, A FROM S;",
    "group by": "CREATE TABLE O AS SELECT T, COUNT(*) AS N, COLLECT_LIST(A) AS L FROM S GROUP BY T;",
    "table": "CREATE TABLE O AS SELECT K, B + 1 AS X FROM U WHERE B > 1;",
    "join": "CREATE STREAM O AS SELECT S.K AS K, A, B FROM S LEFT JOIN U ON S.K = U.K;",
}
Records = list[tuple[str, int, bytes, bytes | None, int]]


def _records(seed: int) -> Records:
    """(topic, partition, key, value, timestamp); keys lie in any partition, times run apart, some records are spelled oddly."""
    chance = random.Random(seed)  # noqa: S311 - test data
    records = []
    for n in range(400):
        partition, key = chance.randrange(PARTITIONS), chance.choice("abcdef").encode()
        time = n * 10 + partition * 300 - chance.choice([0, 0, 0, 500])
        if chance.random() < 0.2:
            value = None if chance.random() < 0.2 else json.dumps({"B": chance.randrange(4)}).encode()
            records.append(("u", partition, key, value, max(time, 0)))
        else:
            name = chance.choice(["A"] * 9 + ["a"])
            records.append(("s", partition, key, json.dumps({name: n % 7, "T": chance.choice("xyz")}).encode(), max(time, 0)))
    return records


def _written(query: str, records: Records, *, batch_records: int, workers: int) -> list[list[dict[str, object]]]:
    """The records of each partition of O."""
    log = MemoryLog()
    for topic in ("s", "u"):
        log.create_topic(topic, TopicConfig(partitions=PARTITIONS))
        for partition in range(PARTITIONS):
            rows = [r[2:] for r in records if r[:2] == (topic, partition)]
            columns = [pa.array([row[i] for row in rows], RECORD_SCHEMA.types[i]) for i in range(3)]
            with log.transaction() as transaction:
                none = pa.nulls(len(rows), HEADERS_TYPE)
                transaction.append(topic, partition, pa.RecordBatch.from_arrays([*columns, none], schema=RECORD_SCHEMA))
    engine = Engine(log, workers=workers, batch_records=batch_records)
    try:
        for _ in engine.session().execute(SOURCES + query):
            pass
        engine.start()
        assert engine.wait_idle(60.0)
        partitions = range(log.topics()["O"].partitions)
        return [log.fetch("O", p, 0).records.select(["key", "value", "timestamp"]).to_pylist() for p in partitions]
    finally:
        engine.close()


@pytest.mark.parametrize("name", QUERIES)
def test_batches_make_no_difference(name: str) -> None:
    records = _records(seed := sum(name.encode()))
    expected = _written(QUERIES[name], records, batch_records=1, workers=1)
    assert sum(map(len, expected)) > 40
    for batch_records, workers in ((400, 1), (90 + seed % 50, 2), (20_000, 2)):
        assert _written(QUERIES[name], records, batch_records=batch_records, workers=workers) == expected


WINDOW = "WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 100 MILLISECONDS)"
#: A query with another one inside it, and the same with a topic in between.
INNER = {
    "a stream by another key": (
        f"CREATE TABLE O AS SELECT T, COUNT(*) AS N FROM (SELECT T, A FROM S PARTITION BY T) {WINDOW} GROUP BY T;",
        f"""CREATE STREAM Q AS SELECT T, A FROM S PARTITION BY T;
            CREATE TABLE O AS SELECT T, COUNT(*) AS N FROM Q {WINDOW} GROUP BY T;""",
    ),
    "a table by another key": (
        "CREATE TABLE O AS SELECT U.K AS K, B, N FROM U JOIN (SELECT T, COUNT(*) AS N FROM S GROUP BY T) Q ON U.K = Q.T;",
        """CREATE TABLE Q AS SELECT T, COUNT(*) AS N FROM S GROUP BY T;
           CREATE TABLE O AS SELECT U.K AS K, B, N FROM U JOIN Q ON U.K = Q.T;""",
    ),
    "a union by several keys": (
        "CREATE STREAM O AS SELECT K, A FROM S UNION ALL SELECT T, A FROM S PARTITION BY T;",
        "CREATE STREAM O AS SELECT K, A FROM S; INSERT INTO O SELECT T AS K, A FROM S PARTITION BY T;",
    ),
    "a union, counted": (
        "CREATE TABLE O AS SELECT T, COUNT(*) AS N FROM (SELECT K, T FROM S UNION ALL SELECT K, 'b' FROM S) GROUP BY T;",
        """CREATE STREAM Q AS SELECT K, T FROM S; INSERT INTO Q SELECT K, 'b' AS T FROM S;
           CREATE TABLE O AS SELECT T, COUNT(*) AS N FROM Q GROUP BY T;""",
    ),
}


@pytest.mark.parametrize("name", INNER)
def test_rows_of_a_query_inside_another_lie_where_a_topic_would_put_them(name: str) -> None:
    inner, between = INNER[name]
    records = [
        (t, p, k if t == "s" else b"xyz"[n % 3 : n % 3 + 1], v, time) for n, (t, p, k, v, time) in enumerate(_records(5))
    ]
    found, expected = (_written(query, records, batch_records=150, workers=1) for query in (inner, between))
    assert sum(map(len, expected)) > 40
    for mine, others in zip(found, expected, strict=True):
        if "STREAM O" in inner:
            assert sorted(map(str, mine)) == sorted(map(str, others))
        else:
            assert {row["key"]: row["value"] for row in mine} == {row["key"]: row["value"] for row in others}
