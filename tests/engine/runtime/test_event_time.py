"""With a TIMESTAMP column, partitions are read in the order of that column, whatever the times of their records."""

from __future__ import annotations

import json
from unittest import mock

import pyarrow as pa
import pytest

from ksql.engine import Engine
from ksql.engine.operators.source import SourceInput
from ksql.engine.queries.push import RunningPushQuery
from ksql.log import HEADERS_TYPE, RECORD_SCHEMA, MemoryLog, TopicConfig
from tests.log.records import values

TIMEOUT_S = 30.0
PROPERTIES = {"auto.offset.reset": "earliest", "ksql.streams.cache.max.bytes.buffering": "0"}
SOURCE = """
    CREATE STREAM s (k STRING KEY, g INT, c STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', TIMESTAMP='c',
        TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss');
"""
#: A row of one partition would be late if one of the other that happened later were read before it.
COUNTS = "SELECT g, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 0 SECONDS) GROUP BY g"


def _log(seconds: list[list[int]]) -> MemoryLog:
    """By partition, the times in the column; those of the records run the other way."""
    log = MemoryLog()
    log.create_topic("s", TopicConfig(partitions=len(seconds)))
    for partition, of_partition in enumerate(seconds):
        rows = [json.dumps({"G": 1, "C": f"2024-01-01 00:{n // 60:02}:{n % 60:02}"}).encode() for n in of_partition]
        times = pa.array([-n for n in of_partition], pa.int64())
        columns = [pa.nulls(len(rows), pa.binary()), pa.array(rows), times, pa.nulls(len(rows), HEADERS_TYPE)]
        with log.transaction() as transaction:
            transaction.append("s", partition, pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA))
    return log


@pytest.mark.parametrize(("batch_records", "push"), [(1, False), (2, False), (100, False), (100, True)])
def test_no_partition_runs_ahead(batch_records: int, push: bool) -> None:
    log = _log([[1, 2, 6, 7], [3, 4, 5], [], [1, 8]])
    engine = Engine(log, config=PROPERTIES, batch_records=batch_records)
    session = engine.session()
    list(session.execute(SOURCE))
    if push:
        [query] = session.execute(COUNTS + " EMIT CHANGES LIMIT 9;")
        assert isinstance(query, RunningPushQuery)
        counts = [n for changes in query for n in changes.table.column("N").to_pylist()]
    else:
        list(session.execute(f"CREATE TABLE t AS {COUNTS};"))
        engine.start()
        assert engine.wait_idle(TIMEOUT_S)
        counts = [json.loads(value or "")["N"] for p in range(4) for value in values(log, "T", p)]
    engine.close()
    assert counts == [1, 2, 1, 1, 1, 1, 1, 1, 1]


def test_records_are_decoded_once() -> None:
    """Whether they wait for other partitions or not."""
    log = _log([list(range(300)), list(range(200, 500))])
    engine = Engine(log, config=PROPERTIES, batch_records=100)
    list(engine.session().execute(SOURCE + "CREATE STREAM o AS SELECT k, c FROM s;"))
    seen = 0
    prepare = SourceInput.prepare

    def counted(source: SourceInput, raw: pa.Table) -> tuple[pa.Table, pa.Table]:
        nonlocal seen
        seen += raw.num_rows
        return prepare(source, raw)

    with mock.patch.object(SourceInput, "prepare", counted):
        engine.start()
        assert engine.wait_idle(TIMEOUT_S)
    engine.close()
    assert [log.end_offset("O", p) for p in (0, 1)] == [300, 300]
    assert seen == 600
