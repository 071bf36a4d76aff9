"""The stream KSQL_PROCESSING_LOG has ksqlDB's columns, so that statements published for that one run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ksql.engine import Engine
from ksql.engine.catalog.catalog import SOURCES
from ksql.engine.results import Rows
from ksql.log import EmbeddedLog, MemoryLog
from ksql.log.contract import RECORD_SCHEMA, Log, TopicConfig

NOW_MS = 1_700_000_000_123
TIMEOUT_S = 60.0
EARLIEST = {"auto.offset.reset": "earliest"}
SETUP = """
    CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
    CREATE STREAM o AS SELECT k, 10 / v AS q FROM s;
"""


@contextmanager
def engine(log: Log, **config: str) -> Iterator[Engine]:
    made = Engine(log, config={**EARLIEST, **config}, clock=lambda: NOW_MS)
    made.start()
    yield made
    made.close()


def produce(log: Log, topic: str, *values: bytes) -> None:
    records = [{"key": b"a", "value": value, "timestamp": n} for n, value in enumerate(values)]
    with log.transaction() as transaction:
        transaction.append(topic, 0, pa.RecordBatch.from_pylist(records, schema=RECORD_SCHEMA))


def logged(log: Log) -> list[dict[str, Any]]:
    records = log.fetch("default_ksql_processing_log", 0, 0, 1_000).records
    assert set(records.column("timestamp").to_pylist()) <= {NOW_MS}
    return [json.loads(value) for value in records.column("value").to_pylist()]


def rows(made: Engine, statement: str) -> list[dict[str, Any]]:
    *_, answer = made.session().execute(statement)
    assert isinstance(answer, Rows)
    found: list[dict[str, Any]] = answer.table.to_pylist()
    return found


def test_a_published_statement() -> None:
    log = MemoryLog()
    with engine(log) as made:
        list(made.session().execute(SETUP))
        produce(log, "s", b'{"v":"bad"}')
        assert made.wait_idle(TIMEOUT_S)
        select = "message->type AS a, message->deserializationError->errorMessage AS b, "
        select += "message->deserializationError->`TOPIC` AS c, message->deserializationError->cause AS d"
        assert rows(made, f"SELECT {select} FROM ksql_processing_log;") == [
            {
                "A": 0,
                "B": "value cannot be read as JSON: V: 'bad' is not a whole number (partition 0, offset 0)",
                "C": "s",
                "D": ["V: 'bad' is not a whole number"],
            }
        ]
        assert rows(
            made, "SELECT time, level, logger FROM ksql_processing_log WHERE message->recordProcessingError IS NULL;"
        ) == [{"TIME": NOW_MS, "LEVEL": "ERROR", "LOGGER": "processing.CSAS_O_0.KsqlTopic.Source.deserializer"}]


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("count", [1, 100])  # decoded one by one, or by SQL
def test_records_are_written_when_asked_for(included: bool, count: int) -> None:
    log = MemoryLog()
    with engine(log, **{"ksql.logging.processing.rows.include": str(included)}) as made:
        list(made.session().execute(SETUP))
        produce(log, "s", b'{"v":0}', b"[\xff]", *[b'{"v":1}'] * count)
        assert made.wait_idle(TIMEOUT_S)
    failed, unread = [entry["message"] for entry in logged(log)]
    assert failed["recordProcessingError"] == {
        "errorMessage": "Division by zero (partition 0, offset 0)",
        "cause": ["Division by zero"],
        "record": '{"K":"a","V":0}' if included else None,
    }
    assert unread["deserializationError"]["recordB64"] == ("W/9d" if included else None)
    assert (failed["type"], failed["deserializationError"]) == (1, None)
    assert (unread["type"], unread["recordProcessingError"]) == (0, None)


def test_a_query_that_cannot_go_on() -> None:
    log = MemoryLog()
    with engine(log) as made:
        list(made.session().execute(SETUP))
        made.stop_query("CSAS_O_0")
        error = RuntimeError("no more")
        error.__cause__ = OSError("disk full")
        made.runtime._on_failure("CSAS_O_0", error)
    assert [(entry["logger"], entry["message"]["type"]) for entry in logged(log)] == [("processing.CSAS_O_0", 4)]
    assert logged(log)[0]["message"]["kafkaStreamsThreadError"] == {
        "errorMessage": "no more",
        "threadName": "MainThread",
        "cause": ["OSError: disk full"],
    }


FORMER = {
    "name": "KSQL_PROCESSING_LOG",
    "is_table": False,
    "key_columns": [],
    "value_columns": [["LOGGER", "STRING"], ["LEVEL", "STRING"], ["TIME", "BIGINT"], ["TYPE", "STRING"], ["MESSAGE", "STRING"]],
    "topic": "ksql_processing_log",
    "key_format": "NONE",
    "value_format": "JSON",
    "key_options": {"is_key": True, "delimiter": ",", "wrap_single": None, "properties": {}},
    "value_options": {"is_key": False, "delimiter": ",", "wrap_single": None, "properties": {}},
    "order": ["LOGGER", "LEVEL", "TIME", "TYPE", "MESSAGE"],
    "header_columns": [],
    "read_only": True,
}


def test_a_log_of_version_0_1_0_is_put_aside(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path)
    log.create_topic("ksql_processing_log", TopicConfig())
    produce(log, "ksql_processing_log", b'{"LOGGER":"processing.CSAS_O_0","TIME":7,"TYPE":"x","MESSAGE":"old"}')
    with log.change() as transaction:
        transaction.put(SOURCES, "KSQL_PROCESSING_LOG", json.dumps(FORMER).encode())
    for _ in range(2):  # what was put aside stays there
        with engine(log) as made:
            assert rows(made, "SELECT time, message FROM ksql_processing_log_former;") == [{"TIME": 7, "MESSAGE": "old"}]
            assert rows(made, "SELECT message->type FROM ksql_processing_log;") == []
    with engine(log) as made:
        list(made.session().execute(SETUP))
        produce(log, "s", b"?")
        assert made.wait_idle(TIMEOUT_S)
        assert rows(made, "SELECT message->type AS t FROM ksql_processing_log;") == [{"T": 0}]
    log.close()


def test_a_stream_of_that_name_that_is_not_ours_stays() -> None:
    log = MemoryLog()
    with engine(log, **{"ksql.logging.processing.topic.auto.create": "false"}) as made:
        declare = "CREATE STREAM ksql_processing_log (A INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);"
        list(made.session().execute(declare))
    with engine(log) as made:
        assert made.catalog.sources["KSQL_PROCESSING_LOG"].topic == "x"
        assert set(made.catalog.sources) == {"KSQL_PROCESSING_LOG"}
