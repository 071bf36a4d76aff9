"""SIGKILL at random moments, then a restart: the topics hold what an undisturbed run writes, nothing lost, nothing twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from ksql.log import EmbeddedLog, TopicConfig
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA

RECORDS = 60_000
KILLS = 10
SINKS = ("STATELESS", "WINDOWED", "JOINED")


def fill(directory: Path) -> None:
    """The same stream and table records for every run."""
    random_ = random.Random(7)  # noqa: S311 - test data
    with_log = EmbeddedLog(directory, durability="os")
    for topic, count in (("t", 500), ("s", RECORDS)):
        with_log.create_topic(topic, TopicConfig(partitions=1))
        keys = [f"k{random_.randrange(200)}".encode() for _ in range(count)]
        values = [json.dumps({"A": random_.randrange(9), "D": random_.random(), "V": i}).encode() for i in range(count)]
        times = [i * (1 if topic == "s" else 100) + random_.randrange(3000) for i in range(count)]
        arrays = [pa.array(keys, pa.binary()), pa.array(values, pa.binary()), pa.array(times, pa.int64())]
        with with_log.transaction() as transaction:
            transaction.append(
                topic, 0, pa.RecordBatch.from_arrays([*arrays, pa.nulls(count, HEADERS_TYPE)], schema=RECORD_SCHEMA)
            )
    with_log.close()


def start(directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engine.runtime.kill_worker", str(directory)], stdout=subprocess.PIPE, text=True
    )


def finish(directory: Path) -> None:
    """Let the worker read everything there is."""
    with start(directory) as worker:
        assert worker.wait(120) == 0


def contents(directory: Path) -> dict[str, pa.Table]:
    log = EmbeddedLog(directory, durability="os")
    tables = {}
    for topic in SINKS:
        parts, offset = [], 0
        while offset < log.end_offset(topic, 0):
            fetched = log.fetch(topic, 0, offset)
            parts.append(fetched.records)
            offset = fetched.next_offset
        tables[topic] = pa.Table.from_batches(parts).drop_columns(["headers"])
    log.close()
    return tables


@pytest.mark.long
def test_killed_queries_lose_and_repeat_nothing(tmp_path: Path) -> None:
    for name in ("undisturbed", "killed"):
        fill(tmp_path / name)
    finish(tmp_path / "undisturbed")
    moments = random.Random(11)  # noqa: S311 - test data
    for _ in range(KILLS):
        with start(tmp_path / "killed") as worker:
            assert worker.stdout is not None
            worker.stdout.readline()
            try:
                worker.wait(moments.uniform(0.0, 0.4))
            except subprocess.TimeoutExpired:
                worker.kill()
    finish(tmp_path / "killed")
    expected, found = contents(tmp_path / "undisturbed"), contents(tmp_path / "killed")
    for topic in SINKS:
        assert found[topic].equals(expected[topic]), topic
