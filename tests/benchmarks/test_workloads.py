"""The benchmark's queries give right answers on a small input, and its checks notice wrong ones."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ksql.engine import Engine
from ksql.log import MemoryLog
from tests.benchmarks import data
from tests.benchmarks.check import check_output, limit_s, read_topic
from tests.benchmarks.measured import EARLIEST, fill, run, wait_idle
from tests.benchmarks.workload import Workload
from tests.benchmarks.workloads import WORKLOADS

ROWS = 5_000
#: Workloads whose limit writes what the query does.
LIMITED = ["W1", "W3", "W4", "W5", "W7"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "CACHE", tmp_path)
    monkeypatch.setattr(data, "MS_PER_RECORD", 1_000)
    monkeypatch.setattr(data, "TABLE_ROWS", 2_000)


def inputs_of(spec: Workload) -> dict[str, pa.Table]:
    return {source.topic: source.records(ROWS) for source in spec.inputs}


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("name", WORKLOADS)
def test_the_engine_agrees_with_the_batch_query(name: str, partitions: int) -> None:
    spec = WORKLOADS[name]
    inputs = inputs_of(spec)
    log = MemoryLog()
    for topic, records in inputs.items():
        fill(log, topic, records, partitions)
    engine = Engine(log)
    engine.start()
    run(engine.session(properties=EARLIEST | spec.properties), spec.statements)
    wait_idle(engine)
    engine.close()
    check_output(spec, read_topic(log, "OUT"), inputs)


@pytest.mark.parametrize("name", LIMITED)
def test_the_limit_does_the_same_work(name: str) -> None:
    spec = WORKLOADS[name]
    inputs = inputs_of(spec)
    check_output(spec, _by_duckdb(spec.limit, inputs), inputs)


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_limit_is_measured(name: str) -> None:
    spec = WORKLOADS[name]
    assert limit_s(spec, inputs_of(spec)) > 0


@pytest.mark.parametrize("name", LIMITED)
def test_a_wrong_or_missing_record_is_noticed(name: str) -> None:
    spec = WORKLOADS[name]
    inputs = inputs_of(spec)
    out = _by_duckdb(spec.limit, inputs)
    with pytest.raises(AssertionError, match="found"):
        check_output(spec, out.slice(1), inputs)
    twice = pa.concat_tables([out.slice(0, 1), out.slice(2), out.slice(0, 1)])
    with pytest.raises(AssertionError, match=r"missing|found"):
        check_output(spec, twice, inputs)


def test_page_views_are_as_described() -> None:
    views = data.page_views(ROWS, "10k", dirty=True)
    sizes = pa.compute.binary_length(views.filter(pa.compute.equal(views["spoiled"], 0))["value"])
    assert 180 <= pa.compute.mean(sizes).as_py() <= 200
    assert 0 < pa.compute.sum(pa.compute.equal(views["spoiled"], 1)).as_py() < ROWS // 50
    assert data.page_views(ROWS, "10k", dirty=True).equals(views), "the second time from the file"


def _by_duckdb(statement: str, inputs: dict[str, pa.Table]) -> pa.Table:
    """A statement's (key, value, …) as the records of an output topic."""
    with duckdb.connect(config={"threads": 1}) as con:
        for topic, records in inputs.items():
            con.register(topic, records)
        out = con.sql(statement).to_arrow_table()
    numbers = pa.array(range(out.num_rows))
    return out.append_column("offset", numbers).append_column("partition", pa.array([0] * out.num_rows))
