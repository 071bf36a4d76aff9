"""PRINT: the records of a topic as they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pyarrow as pa

from ksql.engine.errors import QueryError, fail
from ksql.engine.results import Changes
from ksql.engine.runtime.reader import Cursor, Reader
from ksql.engine.statements.registry import Call, executes
from ksql.engine.suggest import did_you_mean
from ksql.engine.types import BIGINT, INTEGER, STRING, TIMESTAMP, Column
from ksql.log.contract import Log, LogError
from ksql.parser import nodes

COLUMNS = (
    Column("ROWTIME", TIMESTAMP),
    Column("KEY", STRING),
    Column("VALUE", STRING),
    Column("PARTITION", INTEGER),
    Column("OFFSET", BIGINT),
)


@executes(nodes.Print)
def print_topic(call: Call) -> TopicPrinter:
    topic = call.node.this.this
    topics = call.engine.log.topics()
    if topic not in topics:
        fail(call.node, f"topic {topic} does not exist", hint=did_you_mean(topic, topics) or "SHOW TOPICS; lists what does.")
    args = call.node.args
    return TopicPrinter(
        call.text,
        topic,
        call.engine.log,
        from_beginning=bool(args.get("from_beginning")),
        every=args.get("interval") or 1,
        limit=args.get("limit"),
    )


class TopicPrinter:
    """Rows of COLUMNS, one for every `every`-th record. The shape of a push query (see `results.PushQuery`)."""

    columns = COLUMNS

    def __init__(self, statement: str, topic: str, log: Log, *, from_beginning: bool, every: int, limit: int | None) -> None:
        self.statement = statement
        self.query_id = f"print_{topic}"
        self._every, self._left, self._seen = every, limit, 0
        place: Callable[[str, int], int] = log.start_offset if from_beginning else log.end_offset
        self._reader = Reader(log, [Cursor(0, topic, p, place(topic, p)) for p in range(log.topics()[topic].partitions)])
        self._woken = threading.Event()
        self._closed = False
        self._unsubscribe = log.subscribe(self._woken.set)

    def __iter__(self) -> Iterator[Changes]:
        while True:
            try:
                changes = self.next_changes()
            except StopIteration:
                return
            if changes is not None:
                yield changes

    def next_changes(self, timeout_s: float | None = None) -> Changes | None:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            self._woken.clear()
            if self._closed or self._left == 0:
                self.close()
                raise StopIteration
            changes = self._read()
            if changes is not None:
                return changes
            wait = None if deadline is None else max(deadline - time.monotonic(), 0)
            if not self._woken.wait(wait):
                return None

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._unsubscribe()
            self._woken.set()

    def _read(self) -> Changes | None:
        try:
            batch = self._reader.read()
        except LogError as error:
            self.close()
            raise QueryError(str(error), hint=error.hint) from error
        if batch is None:
            return None
        self._reader.advance(batch)
        rows = batch.inputs[0]
        picked = [i for i in range(rows.num_rows) if (self._seen + i) % self._every == 0]
        self._seen += rows.num_rows
        if self._left is not None:
            picked = picked[: self._left]
            self._left -= len(picked)
        rows = rows.take(pa.array(picked, pa.int64()))
        keys, values = ([_readable(v) for v in rows.column(name).to_pylist()] for name in ("$key", "$value"))
        data = [rows.column("$ts").cast(pa.timestamp("ms")), pa.array(keys, pa.string()), pa.array(values, pa.string())]
        table = pa.table([*data, rows.column("$p"), rows.column("$off")], names=[c.name for c in COLUMNS])
        return Changes(table, [False] * rows.num_rows) if rows.num_rows else None


def _readable(data: bytes | None) -> str | None:
    """Text as it is; bytes that are no text in hexadecimal."""
    if data is None:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"0x{data.hex()}"
    return text if text.isprintable() else f"0x{data.hex()}"
