"""Test SQL in process: statements, records in, records out. No threads, no clock, no files.

driver = TestDriver({}, cache=False)
driver.create_topic("s")
driver.execute("CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');")
driver.execute("CREATE STREAM O AS SELECT A * 2 AS B FROM S;")
driver.feed([Record("s", None, b'{"A": 1}', 0)])
assert driver.read("O")[0].value == b'{"B":2}'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ksql.engine import Engine
from ksql.engine.catalog.definitions import Source
from ksql.engine.operators.batch import (
    HEADERS,
    OFFSET,
    PARTITION,
    PLACE,
    RAW_KEY,
    RAW_SCHEMA,
    RAW_VALUE,
    TIMESTAMP,
    BatchContext,
    RecordError,
)
from ksql.engine.planning.plan import Plan
from ksql.engine.results import Result
from ksql.log import MemoryLog
from ksql.log.contract import TopicConfig


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic. `timestamp` in epoch ms; headers as (key, value)."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp: int = 0
    headers: Sequence[tuple[str, bytes | None]] = ()


@dataclass(slots=True)
class _Query:
    id: str
    plan: Plan
    topic: str
    offsets: dict[str, int] = field(default_factory=dict)


class TestDriver:
    """Runs statements over topics in memory; `feed` hands records to every persistent query.

    Every topic has one partition. `cache`: tables write only the last change of each key of a batch.
    """

    __test__ = False

    def __init__(self, properties: Mapping[str, str] | None = None, *, cache: bool = True) -> None:
        self._engine = Engine(MemoryLog(), config={"ksql.logging.processing.topic.auto.create": "false"}, clock=lambda: 0)
        self._session = self._engine.session(properties={k: str(v) for k, v in (properties or {}).items()})
        self._cache = cache
        self._topics: dict[str, list[tuple[int, Record]]] = {}
        self._queries: dict[str, _Query] = {}
        self._place = 0
        self._taken: dict[tuple[str, int], int] = {}
        self.errors: list[RecordError] = []

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Create a topic; records lie in its partition 0 whatever `partitions` says."""
        self._engine.log.create_topic(name, TopicConfig(partitions=partitions))

    def execute(self, sql: str) -> list[Result]:
        """Carry out statements; what INSERT VALUES writes is processed at once. Raises as `Session.execute` does."""
        results = []
        for result in self._session.execute(sql):
            results.append(result)
            self._begin_queries()
            self.feed(self._inserted())
        return results

    def _begin_queries(self) -> None:
        """Know the queries that there are now."""
        known = self._engine.catalog.queries
        self._queries = {q: kept for q, kept in self._queries.items() if q in known}
        for info in known.values():
            if info.id not in self._queries:
                plan = self._engine.plan_of(info)
                topic = self._engine.catalog.sources[info.sink].topic
                offsets = {i.source.topic: len(self._topics.get(i.source.topic, [])) for i in plan.inputs}
                self._queries[info.id] = _Query(info.id, plan, topic, offsets)

    def _inserted(self) -> list[Record]:
        """Records that a statement has written into the engine's own log, where nothing else is written."""
        log, inserted = self._engine.log, list[Record]()
        for topic, config in log.topics().items():
            for partition in range(config.partitions):
                start = self._taken.get((topic, partition), 0)
                fetched = log.fetch(topic, partition, start)
                self._taken[topic, partition] = fetched.next_offset
                inserted += _records(topic, fetched.records)
        return inserted

    def feed(self, records: Sequence[Record], *, batch: bool = True) -> None:
        """Write records and let the queries process them: all as one micro-batch, or one by one."""
        for group in [records] if batch else [[record] for record in records]:
            for record in group:
                self._topics.setdefault(record.topic, []).append((self._place, record))
                self._place += 1
            for query in self._queries.values():
                self._run(query)

    def read(self, topic: str) -> list[Record]:
        """Everything in a topic, in order."""
        return [record for _, record in self._topics.get(topic, [])]

    def source(self, name: str) -> Source | None:
        return self._engine.catalog.sources.get(name)

    def sources(self) -> list[Source]:
        return list(self._engine.catalog.sources.values())

    def topics(self) -> dict[str, int]:
        """Partitions by topic name."""
        return {name: config.partitions for name, config in self._engine.log.topics().items()}

    def close(self) -> None:
        self._engine.close()
        self._engine.log.close()

    def _run(self, query: _Query) -> None:
        """Hand a query what its topics got since it last ran. Places follow the records that caused them, then statement
        order.
        """
        taken: list[tuple[int, int, int, Record]] = []
        for source in query.plan.inputs:
            written = self._topics.get(source.source.topic, [])
            start = query.offsets.get(source.source.topic, 0)
            taken += [(place, source.index, start + i, r) for i, (place, r) in enumerate(written[start:])]
        for source in query.plan.inputs:
            query.offsets[source.source.topic] = len(self._topics.get(source.source.topic, []))
        if not taken:
            return
        taken.sort(key=lambda t: t[0])
        inputs = {i.index: _raw([(n, t) for n, t in enumerate(taken) if t[1] == i.index]) for i in query.plan.inputs}
        assert query.plan.sink is not None
        fold = self._cache and query.plan.is_table
        output = query.plan.sink.process(
            BatchContext(self._engine.sql, inputs, fold=fold, spread=False, errors=self.errors.append)
        )
        for state in query.plan.states:
            state.publish(0)
        places = [taken[n][0] for n in output.column(PLACE).to_pylist()]
        merged = self._topics.setdefault(query.topic, [])
        merged += list(zip(places, _records(query.topic, output), strict=True))


def _raw(rows: Sequence[tuple[int, tuple[int, int, int, Record]]]) -> pa.Table:
    records = [t[3] for _, t in rows]
    data = {
        PLACE: [n for n, _ in rows],
        TIMESTAMP: [r.timestamp for r in records],
        PARTITION: np.zeros(len(rows), dtype=np.int32),
        OFFSET: [t[2] for _, t in rows],
        HEADERS: [[{"key": k, "value": v} for k, v in r.headers] for r in records],
        RAW_KEY: [r.key for r in records],
        RAW_VALUE: [r.value for r in records],
    }
    return pa.table({name: pa.array(data[name], RAW_SCHEMA.field(name).type) for name in RAW_SCHEMA.names})


def _records(topic: str, output: pa.Table | pa.RecordBatch) -> list[Record]:
    rows = output.select(["key", "value", "timestamp", "headers"]).to_pylist()
    return [
        Record(topic, r["key"], r["value"], r["timestamp"], tuple((h["key"], h["value"]) for h in r["headers"] or ()))
        for r in rows
    ]
