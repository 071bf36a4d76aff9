"""The measured processes. Each step of a benchmark runs in an interpreter of its own, so that nothing else counts:

    python -m tests.benchmarks.measured STEP '{"argument": …}'

prints one line of JSON. `measure` starts such a process and returns what it printed.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ksql.engine import Engine, Session
from ksql.log import EmbeddedLog
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA, Log, TopicConfig
from tests.benchmarks.check import check_output, limit_s, read_topic
from tests.benchmarks.curve_inputs import CURVES
from tests.benchmarks.data import page_views
from tests.benchmarks.workload import VIEWS
from tests.benchmarks.workloads import WORKLOADS

RECORDS_PER_APPEND = 65_536
STEP_TIMEOUT_S = 900
#: Before the name of a topic: that of the records which are put by until its own were read.
LATER = "later-"
EARLIEST = {"auto.offset.reset": "earliest"}


def measure(step: str, **arguments: Any) -> dict[str, Any]:
    """Run a step in a new process. Raises RuntimeError with its error output when it fails, TimeoutExpired when it hangs."""
    command = [sys.executable, "-m", "tests.benchmarks.measured", step, json.dumps(arguments)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as the ksql command has it
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=STEP_TIMEOUT_S, env=environment)
    if done.returncode:
        raise RuntimeError(f"{step} {arguments} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_mb() -> float:
    """Most memory this process ever had resident, memory-mapped files included."""
    return _status_mb("VmHWM")


def resident_mb(pid: int | str) -> float:
    """Memory that a process has resident now."""
    return _status_mb("VmRSS", pid)


def _status_mb(name: str, pid: int | str = "self") -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def cpu_s() -> float:
    """CPU seconds of this process and its threads since it started."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def prepare(workload: str, rows: int, partitions: int, data: str) -> dict[str, Any]:
    """Fill the input topics through the log's contract."""
    spec = WORKLOADS[workload]
    log = EmbeddedLog(Path(data))
    bytes_ = 0
    for source in spec.inputs:
        records = source.records(rows)
        fill(log, source.topic, records, partitions)
        bytes_ += pa.compute.sum(pa.compute.binary_length(records["value"])).as_py()
    log.close()
    return {"mb": bytes_ / 1e6}


def fill(log: Log, topic: str, rows: pa.Table, partitions: int) -> None:
    """Write rows (key, value, timestamp, code) into a new topic; equal keys (`code`) go to one partition, order kept."""
    log.create_topic(topic, TopicConfig(partitions=partitions))
    for partition in range(partitions):
        part = rows if partitions == 1 else rows.filter(pa.array(rows["code"].to_numpy() % partitions == partition))
        append(log, topic, partition, part)


def append(log: Log, topic: str, partition: int, rows: pa.Table) -> None:
    for batch in rows.select(["key", "value", "timestamp"]).combine_chunks().to_batches(RECORDS_PER_APPEND):
        none = pa.nulls(batch.num_rows, HEADERS_TYPE)
        with log.transaction() as transaction:
            transaction.append(topic, partition, pa.RecordBatch.from_arrays([*batch.columns, none], schema=RECORD_SCHEMA))


def prepare_curve(workload: str, keys: int, rows: int, data: str) -> dict[str, Any]:
    """Fill the input topics with all keys, and others with the records to be counted."""
    curve = next(curve for curve in CURVES if curve.workload == workload)
    log = EmbeddedLog(Path(data))
    for prefix, parts in (("", curve.fill(keys)), (LATER, curve.counted(keys, rows))):
        for topic in {source.topic for source in WORKLOADS[workload].inputs}:
            log.create_topic(prefix + topic, TopicConfig(partitions=1))
        for part in parts:
            for piece in part.pieces():
                append(log, prefix + part.topic, 0, piece)
    log.close()
    return {"rows": sum(len(part.codes) for part in parts)}


def query_curve(workload: str, data: str) -> dict[str, Any]:
    """Run the query until its state is full, then count what it takes for the records put by."""
    spec = WORKLOADS[workload]
    log = EmbeddedLog(Path(data))
    engine = Engine(log, workers=1)
    engine.start()
    curve = next(curve for curve in CURVES if curve.workload == workload)
    session = engine.session(properties=EARLIEST | curve.properties)
    run(session, spec.statements)
    wait_idle(engine)
    run(session, "PAUSE ALL;")
    for source in spec.inputs:
        offset, end = 0, log.end_offset(LATER + source.topic, 0)
        while offset < end:
            fetched = log.fetch(LATER + source.topic, 0, offset, RECORDS_PER_APPEND)
            offset = fetched.next_offset
            append(log, source.topic, 0, pa.Table.from_batches([fetched.records]))
    written, before = log.end_offset("OUT", 0), cpu_s()
    run(session, "RESUME ALL;")
    wait_idle(engine)
    used = {"cpu_s": cpu_s() - before, "written": log.end_offset("OUT", 0) - written}
    engine.close()
    log.close()
    return used | {"peak_mb": peak_mb()}


def query(workload: str, workers: int, data: str) -> dict[str, Any]:
    """Run the persistent query over the filled topics, from its start to everything committed."""
    spec = WORKLOADS[workload]
    log = EmbeddedLog(Path(data))
    engine = Engine(log, workers=workers)
    engine.start()
    session = engine.session(properties=EARLIEST | spec.properties)
    run(session, "".join(source.declare for source in spec.inputs))
    start = time.perf_counter()
    run(session, spec.query)
    wait_idle(engine)
    seconds = time.perf_counter() - start
    engine.close()
    log.close()
    return {"seconds": seconds, "cpu_s": cpu_s(), "peak_mb": peak_mb()}


def run(session: Session, text: str) -> None:
    """Execute statements that only answer with messages."""
    for _ in session.execute(text):
        pass


def wait_idle(engine: Engine) -> None:
    """Wait until everything is committed. Raises RuntimeError when a query failed instead."""
    engine.wait_idle()
    if failed := [query for query in engine.queries.values() if query.state == "ERROR"]:
        raise RuntimeError(f"failed: {failed}")


def check(workload: str, rows: int, data: str) -> dict[str, Any]:
    """Compare the output with a batch query, and time the limit: the best a DuckDB statement makes of the input."""
    spec = WORKLOADS[workload]
    log = EmbeddedLog(Path(data))
    out = read_topic(log, "OUT")
    inputs = {source.topic: source.records(rows) for source in spec.inputs}
    check_output(spec, out, inputs)
    log.close()
    return {"limit_s": limit_s(spec, inputs), "records_out": out.num_rows}


def latency(inserts: int, busy_rows: int, workers: int, data: str) -> dict[str, Any]:
    """Milliseconds from INSERT VALUES (durable) through one CSAS to a push query; with W1 running beside it if `busy_rows`."""
    log = EmbeddedLog(Path(data), durability="fsync")
    engine = Engine(log, workers=workers)
    engine.start()
    session = engine.session()
    run(
        session,
        "CREATE STREAM events (id STRING KEY, n BIGINT) WITH (kafka_topic='events', value_format='JSON', partitions=1);",
    )
    run(session, "CREATE STREAM copied AS SELECT id, n + 1 AS n FROM events EMIT CHANGES;")
    stop = _keep_busy(log, engine, busy_rows) if busy_rows else lambda: None
    push = next(session.execute("SELECT id, n FROM copied EMIT CHANGES;"))
    took = [_round_trip(session, push, n) for n in range(inserts)]
    push.close()
    stop()
    engine.close()
    log.close()
    p50, p99 = np.percentile(took, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "max": max(took)}


def _round_trip(session: Session, push: Any, n: int) -> float:
    start = time.perf_counter()
    run(session, f"INSERT INTO events (id, n) VALUES ('k{n % 10}', {n});")
    changes = push.next_changes(10.0)
    took_ms = (time.perf_counter() - start) * 1e3
    assert changes is not None, f"insert {n} did not arrive in 10 s"
    assert changes.table["N"].to_pylist() == [n + 1]
    return took_ms


def _keep_busy(log: Log, engine: Engine, rows: int) -> Callable[[], None]:
    """Start W1 over a full topic, and again whenever it is done. Returns a function that ends it."""
    views = page_views(rows, "10k")
    kept = pa.compute.sum(pa.compute.less(views["duration_ms"], 54_000)).as_py()
    fill(log, "pageviews", views, 1)
    session = engine.session(properties=EARLIEST)
    run(session, VIEWS)
    stopped = threading.Event()

    def again() -> None:
        turn = 0
        while not stopped.is_set():
            turn += 1
            run(session, WORKLOADS["W1"].query.replace("STREAM out", f"STREAM out{turn}"))
            while not stopped.wait(0.02) and log.end_offset(f"OUT{turn}", 0) < kept:
                pass

    thread = threading.Thread(target=again, daemon=True)
    thread.start()

    def stop() -> None:
        stopped.set()
        thread.join()

    return stop


def idle(queries: int, seconds: float, data: str) -> dict[str, Any]:
    """CPU, in percent of one core, of `queries` persistent queries with nothing to do."""
    log = EmbeddedLog(Path(data))
    engine = Engine(log)
    engine.start()
    session = engine.session()
    run(session, "CREATE STREAM quiet (id STRING KEY, n BIGINT) WITH (kafka_topic='quiet', value_format='JSON', partitions=1);")
    for number in range(queries):
        run(session, f"CREATE STREAM q{number} AS SELECT * FROM quiet WHERE n > {number} EMIT CHANGES;")
    wait_idle(engine)
    before = cpu_s()
    time.sleep(seconds)
    percent = (cpu_s() - before) / seconds * 100
    engine.close()
    log.close()
    return {"cpu_percent": percent, "mb": peak_mb()}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "query": query,
    "check": check,
    "prepare_curve": prepare_curve,
    "query_curve": query_curve,
    "latency": latency,
    "idle": idle,
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](**json.loads(sys.argv[2]))))
