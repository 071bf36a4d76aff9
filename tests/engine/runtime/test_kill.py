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

SINKS = ("STATELESS", "WINDOWED", "CLOSED", "SESSIONS", "JOINED", "PAIRS", "TABLES", "BY_FOREIGN_KEY")
#: Records of each topic for one of the stream `s`, and the part of them that are tombstones.
TOPICS = {"t": (0.05, 0.1), "u": (0.05, 0.1), "r": (0.5, 0.0), "s": (1, 0.0)}


def fill(directory: Path, records: int) -> None:
    """The same records of streams and tables for every run."""
    random_ = random.Random(7)  # noqa: S311 - test data
    with_log = EmbeddedLog(directory, durability="os")
    for topic, (part, deleted) in TOPICS.items():
        count = int(records * part)
        with_log.create_topic(topic, TopicConfig(partitions=1))
        keys = [f"k{random_.randrange(200)}".encode() for _ in range(count)]
        values = [None if random_.random() < deleted else value(random_, i) for i in range(count)]
        times = [int(i / part) + random_.randrange(300) for i in range(count)]
        arrays = [pa.array(keys, pa.binary()), pa.array(values, pa.binary()), pa.array(times, pa.int64())]
        with with_log.transaction() as transaction:
            transaction.append(
                topic, 0, pa.RecordBatch.from_arrays([*arrays, pa.nulls(count, HEADERS_TYPE)], schema=RECORD_SCHEMA)
            )
    with_log.close()


def value(random_: random.Random, i: int) -> bytes:
    columns = {"A": random_.randrange(9), "D": random_.random(), "F": f"k{random_.randrange(200)}", "V": i}
    return json.dumps(columns).encode()


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


@pytest.mark.parametrize(("records", "kills"), [(4_000, 2), pytest.param(60_000, 12, marks=pytest.mark.long)])
def test_killed_queries_lose_and_repeat_nothing(tmp_path: Path, records: int, kills: int) -> None:
    for name in ("undisturbed", "killed"):
        fill(tmp_path / name, records)
    finish(tmp_path / "undisturbed")
    moments = random.Random(11)  # noqa: S311 - test data
    for _ in range(kills):
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
        assert len(expected[topic]) > records / 100, topic
        assert found[topic].equals(expected[topic]), topic
