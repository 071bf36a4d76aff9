"""Operators and their state hold with no value column, with one, with one that is not wrapped, and with nothing but nulls.

What a query writes has the keys it has over sources with several columns, in one batch or in many with a restart between them.
"""

from __future__ import annotations

import json
from functools import cache

import pyarrow as pa
import pytest

from ksql.engine import Engine
from ksql.log import MemoryLog, TopicConfig
from ksql.log.contract import RECORD_SCHEMA

#: Value columns of the sources, their properties, and the values of three records.
KINDS: dict[str, tuple[str, str, list[object]]] = {
    "several": (", V INT, W STRING", "", [{"V": 1, "W": "a"}, {"V": 2, "W": "b"}, {"V": 1, "W": "c"}]),
    "none": ("", "", [{}, {}, {}]),
    "one": (", V INT", "", [{"V": 1}, {"V": 2}, {"V": None}]),
    "unwrapped": (", V INT", ", WRAP_SINGLE_VALUE=FALSE", [1, 2, 1]),
    "null": (", V INT, W STRING", "", [{"V": None, "W": None}, {}, {"V": None}]),
}
QUERIES = {
    "stream-table": "STREAM O AS SELECT S.K, 1 AS X FROM S JOIN T ON S.K = T.K",
    "stream-table, all": "STREAM O AS SELECT *, 1 AS X FROM S LEFT JOIN T ON S.K = T.K",
    "chain": "STREAM O AS SELECT S.K, 1 AS X FROM S JOIN T ON S.K = T.K JOIN U ON S.K = U.K",
    "table-table": "TABLE O AS SELECT T.K, 1 AS X FROM T JOIN U ON T.K = U.K",
    "table-table, all": "TABLE O AS SELECT *, 1 AS X FROM T FULL JOIN U ON T.K = U.K",
    "foreign key": "TABLE O AS SELECT F.K, 1 AS X FROM F LEFT JOIN U ON F.FK = U.K",
    "stream-stream": "STREAM O AS SELECT S.K, 1 AS X FROM S JOIN R WITHIN 9 SECONDS GRACE PERIOD 0 SECONDS ON S.K = R.K",
    "stream-stream, all": "STREAM O AS SELECT *, 1 AS X FROM S FULL JOIN R WITHIN 1 SECOND GRACE PERIOD 0 SECONDS ON S.K = R.K",
    "filter": "TABLE O AS SELECT *, 1 AS X FROM T WHERE K <> 'z'",
    "projection": "TABLE O AS SELECT *, 1 AS X FROM T",
    "groups": "TABLE O AS SELECT K, COUNT(*) AS N FROM S GROUP BY K HAVING COUNT(*) > 1",
    "groups without aggregates": "TABLE O AS SELECT K, 1 AS X FROM S GROUP BY K",
    "windows": "TABLE O AS SELECT K, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY K",
    "closed windows": "TABLE O AS SELECT K, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 0 SECONDS) "
    "GROUP BY K EMIT FINAL",
    "sessions": "TABLE O AS SELECT K, COUNT(*) AS N FROM S WINDOW SESSION (1 SECOND) GROUP BY K HAVING COUNT(*) > 1",
    "closed sessions": "TABLE O AS SELECT K, 1 AS X FROM S WINDOW SESSION (1 MILLISECOND, GRACE PERIOD 0 SECONDS) "
    "GROUP BY K EMIT FINAL",
    "groups of a table": "TABLE O AS SELECT UCASE(K) AS G, COUNT(*) AS N FROM T WHERE K <> 'z' GROUP BY UCASE(K)",
    "another key": "STREAM O AS SELECT *, 1 AS X FROM S PARTITION BY UCASE(K)",
}
TOPICS = "strfu"


def fill(log: MemoryLog, values: list[object], rounds: int) -> None:
    records: dict[str, list[dict[str, object]]] = {topic: [] for topic in TOPICS}
    for n in range(rounds):
        for key, value in zip("aba", values, strict=True):
            time = n * 1000
            for topic in "tsur":
                gone = topic in "tu" and key == "b" and n % 2 == 1
                data = None if gone else json.dumps(value).encode()
                records[topic].append({"key": f'"{key}"'.encode(), "value": data, "timestamp": time})
            records["f"].append({"key": b'"f"', "value": json.dumps({"FK": key}).encode(), "timestamp": time})
    for topic in TOPICS:
        log.create_topic(topic, TopicConfig())
        with log.transaction() as transaction:
            transaction.append(topic, 0, pa.RecordBatch.from_pylist(records[topic], schema=RECORD_SCHEMA))


@cache
def written(kind: str, query: str, rounds: int, batch_records: int) -> list[tuple[bytes | None, bytes | None]]:
    """Records of O; every batch is processed by a new engine."""
    columns, properties, values = KINDS[kind]
    log = MemoryLog()
    fill(log, values, rounds)
    engine = Engine(log, batch_records=batch_records)
    declared = "".join(
        f"CREATE {kind} {name} (K STRING {key}{columns}) WITH (KAFKA_TOPIC='{name.lower()}', FORMAT='JSON'{properties});"
        for names, kind, key in (("SR", "STREAM", "KEY"), ("TU", "TABLE", "PRIMARY KEY"))
        for name in names
    )
    declared += "CREATE TABLE F (K STRING PRIMARY KEY, FK STRING) WITH (KAFKA_TOPIC='f', FORMAT='JSON');"
    session = engine.session(properties={"auto.offset.reset": "earliest", "ksql.streams.cache.max.bytes.buffering": "0"})
    list(session.execute(f"{declared} CREATE {QUERIES[query]};"))
    while engine.make_task(next(iter(engine.catalog.queries.values()))).step():
        engine.close()
        engine = Engine(log, batch_records=batch_records)
    engine.close()
    records = log.fetch("O", 0, 0, 100_000).records
    assert log.end_offset("default_ksql_processing_log", 0) == 0  # nothing failed
    return list(zip(records.column("key").to_pylist(), records.column("value").to_pylist(), strict=True))


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("kind", ["none", "one", "unwrapped", "null"])
def test_few_columns(kind: str, query: str) -> None:
    found = written(kind, query, 4, 10_000)
    assert found
    assert [(key, value is None) for key, value in found] == [
        (key, value is None) for key, value in written("several", query, 4, 10_000)
    ]
    assert written(kind, query, 4, 9) == found


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("kind", ["none", "unwrapped"])
def test_few_columns_in_many_rows(kind: str, query: str) -> None:
    assert len(written(kind, query, 60, 10_000)) == len(written("several", query, 60, 10_000))
