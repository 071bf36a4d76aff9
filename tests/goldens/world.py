"""An engine over a log, without a clock; without threads too, unless they are asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pyarrow as pa

from ksql.display import Display, result_text
from ksql.engine import Engine
from ksql.engine.results import Listing, Message, PushQuery, Result, Rows
from ksql.log.contract import RECORD_SCHEMA, Log, TopicConfig
from ksql.testing import Record

#: The present, for whatever asks.
NOW_MS = 1_700_000_000_000
TIMEOUT_S = 60.0
#: Streams are read from their start, and tables write every change.
PROPERTIES = {"auto.offset.reset": "earliest", "cache.max.bytes.buffering": "0"}


class World:
    """`open_log` opens the log, again and again the same. `workers`: threads for the queries; 0: they run on the caller's."""

    def __init__(self, open_log: Callable[[], Log], workers: int = 0) -> None:
        self._open_log = open_log
        self._workers = workers
        self._shown: dict[str, int] = {}
        self._open(PROPERTIES, {})

    def _open(self, properties: dict[str, str], variables: dict[str, str]) -> None:
        self._log = self._open_log()
        self.engine = Engine(self._log, clock=lambda: NOW_MS, workers=max(self._workers, 1))
        if self._workers:
            self.engine.start()
        self._session = self.engine.session(properties=properties, variables=variables)

    def restart(self) -> None:
        """End the engine and open another one; the user's session goes on."""
        self.close()
        self._open(self._session.properties, self._session.variables)

    def close(self) -> None:
        self.engine.close()
        self._log.close()

    def execute(self, sql: str) -> str:
        """Carry out statements, let the queries work after each, and show the last answer as a screen would."""
        shown = ""
        for result in self._session.execute(sql):
            self.settle()
            shown = _text(result)
        return shown

    def produce(self, records: Sequence[Record]) -> None:
        """Write the records at once; they are one batch of the queries that read them."""
        topic = records[0].topic
        if topic not in self._log.topics():
            self._log.create_topic(topic, TopicConfig())
        arrays = [
            pa.array([r.key for r in records], pa.binary()),
            pa.array([r.value for r in records], pa.binary()),
            pa.array([r.timestamp for r in records], pa.int64()),
            pa.array([[{"key": k, "value": v} for k, v in r.headers] or None for r in records], RECORD_SCHEMA.types[3]),
        ]
        with self._log.transaction() as transaction:
            transaction.append(topic, 0, pa.RecordBatch.from_arrays(arrays, schema=RECORD_SCHEMA))
        self.settle()

    def settle(self) -> None:
        """Let the queries read all there is."""
        if self._workers:
            assert self.engine.wait_idle(TIMEOUT_S)
            return
        while sum(map(self._advance, self.engine.queries)):
            pass

    def _advance(self, query_id: str) -> bool:
        """One batch of a query, if there is something to do."""
        query = self.engine.queries[query_id]
        if query.paused:
            return False
        query.task = query.task or query.make_task()
        if has_more := query.task.has_more():
            query.task.step()
        return has_more

    def news(self, topic: str) -> list[Record]:
        """The records of a topic that this has not given yet, partition by partition."""
        news: list[Record] = []
        for partition in range(self._log.topics()[topic].partitions):
            place = f"{topic}/{partition}"
            rows = self._log.fetch(topic, partition, self._shown.get(place, 0)).records.to_pylist()
            self._shown[place] = self._shown.get(place, 0) + len(rows)
            for row in rows:
                headers = tuple((h["key"], h["value"]) for h in row["headers"] or ())
                news.append(Record(topic, row["key"], row["value"], row["timestamp"], headers))
        return news


def _text(result: Result) -> str:
    shown = result_text(result) if isinstance(result, Message | Listing | Rows) else _changes(result)
    return "\n".join(line.rstrip() for line in shown.split("\n"))


def _changes(query: PushQuery) -> str:
    """What a push query has to say about what is there already."""
    file = io.StringIO()
    display = Display(file).changes(query.columns)
    try:
        while (changes := query.next_changes(0)) is not None:
            display.show(changes)
    except StopIteration:
        pass
    finally:
        query.close()
    return file.getvalue().rstrip("\n")
