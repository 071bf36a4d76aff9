"""Cases over several partitions: what a real ksqlDB wrote, and where, is what the engine has to write, too.

A file has sources, the records of their topics by partition, and sinks: statements, and the records that each one's topic
held in the end. The sinks are created one after the other in one engine, with the cache off.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ksql.engine import Engine, Session
from ksql.engine.errors import NotSupportedError, StatementError
from ksql.log import MemoryLog
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA
from ksql.parser import ParseError
from tests.conformance import words
from tests.conformance.outcome import CaseFailedError, Cause, Outcome
from tests.conformance.partition_judge import JudgeBy, Row, judge

Json = Any

_PROPERTIES = {"auto.offset.reset": "earliest", "cache.max.bytes.buffering": "0"}
_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Sink:
    """A statement that fills a topic, and what lies in it afterwards."""

    name: str
    statement: str
    judge_by: JudgeBy
    partitions: int
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class PartitionCase:
    """One file. `inputs` are the records by topic."""

    file: str
    sources: Sequence[str]
    inputs: dict[str, Sequence[Row]]
    sinks: Sequence[Sink]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sink that needs something the engine says it does not have yet."""

    file: str
    name: str
    reason: str


def partition_files(folder: Path) -> list[Path]:
    """The files of partition cases: those in `folder / partitions`, or in `folder` itself where there is no such folder."""
    inner = folder / "partitions"
    return sorted((inner if inner.is_dir() else folder).glob("*.json"))


def load_partition_case(path: Path) -> PartitionCase:
    raw = json.loads(path.read_text(encoding="utf-8"))
    sinks = [
        Sink(name, sink["statement"], sink["judge"], sink["partitions"], _rows(sink["rows"]))
        for name, sink in raw["sinks"].items()
    ]
    return PartitionCase(path.stem, raw["sources"], {topic: _rows(rows) for topic, rows in raw["inputs"].items()}, sinks)


def _rows(raw: Json) -> list[Row]:
    return [Row(partition, _bytes(key), _bytes(value), timestamp) for partition, key, value, timestamp in raw]


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def run_partition_case(case: PartitionCase) -> Iterator[Outcome | Skipped]:
    """Create and judge the sinks, in order. One that reads a skipped one is skipped as well."""
    log = MemoryLog()
    with closing(log), closing(Engine(log)) as engine:
        session = engine.session(properties=_PROPERTIES)
        for source in case.sources:
            _execute(session, source)
        for topic, rows in case.inputs.items():
            _append(log, topic, rows)
        engine.start()
        skipped: set[str] = set()
        for sink in case.sinks:
            missing = skipped.intersection(words.words(sink.statement)) - {sink.name}
            outcome = (
                Skipped(case.file, sink.name, f"it reads {min(missing)}") if missing else _run(case, sink, engine, session)
            )
            if isinstance(outcome, Skipped):
                skipped.add(sink.name)
            yield outcome


def _run(case: PartitionCase, sink: Sink, engine: Engine, session: Session) -> Outcome | Skipped:
    started = time.perf_counter()
    cause: Cause = ""
    reason = detail = ""
    try:
        _execute(session, sink.statement)
        _judge(sink, engine)
    except NotSupportedError as error:
        return Skipped(case.file, sink.name, str(error).partition("\n")[0])
    except (StatementError, ParseError) as error:
        cause, reason = "refused", " ".join(str(error).split())
    except CaseFailedError as failure:
        cause, reason = failure.cause, failure.reason
    except Exception as error:  # a crash of the engine is a failure of the sink
        cause, reason, detail = "internal error", repr(error), traceback.format_exc()
    return Outcome(case.file, sink.name, "exact", cause, reason, detail, time.perf_counter() - started)


def _judge(sink: Sink, engine: Engine) -> None:
    if not engine.wait_idle(_TIMEOUT_S):
        raise CaseFailedError("time", f"not done after {_TIMEOUT_S:g} s")
    made = engine.catalog.sources[sink.name]
    error = engine.queries[made.query_id or ""].error
    if error:
        raise CaseFailedError("internal error", f"the query was stopped: {error}")
    partitions = engine.log.topics()[made.topic].partitions
    if partitions != sink.partitions:
        raise CaseFailedError("output", f"{partitions} partitions, expected {sink.partitions}")
    found = [row for partition in range(partitions) for row in _read(engine, made.topic, partition)]
    if difference := judge(sink.judge_by, sink.rows, found):
        raise CaseFailedError("output", difference)


def _execute(session: Session, statement: str) -> None:
    for _ in session.execute(statement):
        pass


def _append(log: MemoryLog, topic: str, rows: Sequence[Row]) -> None:
    with log.transaction() as transaction:
        for partition in {row.partition for row in rows}:
            mine = [row for row in rows if row.partition == partition]
            columns = [
                pa.array([row.key for row in mine], pa.binary()),
                pa.array([row.value for row in mine], pa.binary()),
                pa.array([row.timestamp for row in mine], pa.int64()),
                pa.nulls(len(mine), HEADERS_TYPE),
            ]
            transaction.append(topic, partition, pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA))


def _read(engine: Engine, topic: str, partition: int) -> Iterator[Row]:
    end, offset = engine.log.end_offset(topic, partition), 0
    while offset < end:
        fetched = engine.log.fetch(topic, partition, offset)
        yield from (Row(partition, r["key"], r["value"], r["timestamp"]) for r in fetched.records.to_pylist())
        offset = fetched.next_offset
