"""Test SQL in process: statements, records in, records out. No threads, no clock, no files.

driver = TestDriver({}, cache=False)
driver.create_topic("s")
driver.execute("CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');")
driver.execute("CREATE STREAM O AS SELECT A * 2 AS B FROM S;")
driver.feed([Record("s", None, b'{"A": 1}', 0)])
assert driver.read("O")[0].value == b'{"B":2}'
driver.execute("ASSERT VALUES O (B) VALUES (2);")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ksql.engine import Engine
from ksql.engine.catalog.definitions import QueryInfo, Source
from ksql.engine.operators.batch import PLACE, RecordError
from ksql.engine.results import Result
from ksql.engine.runtime.task import Task
from ksql.feeding import FedReader, OnePartitionLog, Places
from ksql.log.contract import RECORD_SCHEMA, TopicConfig, Transaction


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic. `timestamp` in epoch ms; headers as (key, value)."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp: int = 0
    headers: Sequence[tuple[str, bytes | None]] = ()


class TestDriver:
    """Runs statements over topics in memory; `feed` hands records to every persistent query, in the order they are given.

    Every topic has one partition, whatever is said of it. `cache`: tables write only the last change of each key of a batch.
    The queries work as a server's do (what a batch makes is committed, and then pull queries see it), on the caller's thread.
    """

    __test__ = False

    def __init__(self, properties: Mapping[str, str] | None = None, *, cache: bool = True) -> None:
        self.log = OnePartitionLog()
        self.engine = _DrivenEngine(self.log, cache=cache)
        self._session = self.engine.session(properties=properties)

    @property
    def errors(self) -> list[RecordError]:
        """What was wrong with records so far."""
        return self.engine.errors

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Create a topic; records lie in its partition 0 whatever `partitions` says."""
        self.log.create_topic(name, TopicConfig(partitions=partitions))

    def execute(self, sql: str) -> list[Result]:
        """Carry out statements; what INSERT VALUES writes is processed at once. Raises as `Session.execute` does.

        ASSERT VALUES, ASSERT NULL VALUES, ASSERT STREAM and ASSERT TABLE work here: the first two each take the next record of
        the source's topic.
        """
        results = []
        for result in self._session.execute(sql):
            results.append(result)
            self.engine.settle()
        return results

    def feed(self, records: Sequence[Record], *, batch: bool = True) -> None:
        """Write records and let the queries process them: all as one micro-batch, or one by one."""
        for group in [records] if batch else [[record] for record in records]:
            for record in group:
                self._write(record)
            self.engine.settle()

    def pass_time(self, milliseconds: int) -> None:
        """Move the clock, which else stands still, and let the queries do what is due (see ksql.idle.timeout.ms)."""
        self.engine.now_ms += milliseconds
        self.engine.settle()

    def _write(self, record: Record) -> None:
        if record.topic not in self.log.topics():
            self.create_topic(record.topic)
        headers = [{"key": key, "value": value} for key, value in record.headers] or None
        values = [record.key, record.value, record.timestamp, headers]
        arrays = [pa.array([value], type_) for value, type_ in zip(values, RECORD_SCHEMA.types, strict=True)]
        with self.log.transaction() as transaction:
            transaction.append(record.topic, 0, pa.RecordBatch.from_arrays(arrays, schema=RECORD_SCHEMA))
        self.engine.places.take()

    def read(self, topic: str) -> list[Record]:
        """Everything in a topic, in order."""
        if topic not in self.log.topics():
            return []
        rows = self.log.fetch(topic, 0, 0, self.log.end_offset(topic, 0)).records.to_pylist()
        return [
            Record(topic, r["key"], r["value"], r["timestamp"], tuple((h["key"], h["value"]) for h in r["headers"] or ()))
            for r in rows
        ]

    def source(self, name: str) -> Source | None:
        return self.engine.catalog.sources.get(name)

    def sources(self) -> list[Source]:
        return list(self.engine.catalog.sources.values())

    def topics(self) -> dict[str, int]:
        """Partitions by topic name, as they were declared."""
        return {name: config.partitions for name, config in self.log.topics().items()}

    def close(self) -> None:
        self.engine.close()
        self.log.close()


class _DrivenEngine(Engine):
    """An engine whose queries work when they are told to, on records in the order in which they came."""

    def __init__(self, log: OnePartitionLog, *, cache: bool) -> None:
        self.errors: list[RecordError] = []
        self.places = Places(log)
        self._one_partition_log = log
        self._cache = cache
        self.now_ms = 0
        super().__init__(log, config={"ksql.logging.processing.topic.auto.create": "false"}, clock=lambda: self.now_ms)
        self.asserted = {}

    def make_task(self, info: QueryInfo, **unusual: Any) -> Task:
        readers: list[FedReader] = []

        def read(cursors: Any) -> FedReader:
            readers.append(FedReader(self._one_partition_log, self.places, cursors))
            return readers[0]

        def written(records: pa.Table) -> None:
            self.places.give(self.catalog.sources[info.sink].topic, readers[0].places[records.column(PLACE).to_numpy()])

        return super().make_task(info, read=read, written=written, report=self._report, spread=False, **unusual)

    def is_caching(self, info: QueryInfo) -> bool:  # noqa: ARG002
        return self._cache

    def _report(self, transaction: Transaction, query_id: str, errors: Sequence[RecordError]) -> None:  # noqa: ARG002
        self.errors += errors

    def settle(self) -> None:
        """Let the queries, in turn, read all there is, and what they write."""
        self.places.take()
        while sum([self._advance(query_id) for query_id in self.queries]):
            pass

    def _advance(self, query_id: str) -> bool:
        """One batch of a query, if there is something to do."""
        query = self.queries[query_id]
        if query.paused:
            return False
        query.task = query.task or query.make_task()
        try:
            if has_more := query.task.has_more():
                query.task.step()
        except BaseException:
            query.task = None
            raise
        return has_more
