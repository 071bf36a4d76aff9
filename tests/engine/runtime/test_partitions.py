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
