"""PRINT: the records of a topic as they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyarrow as pa

from ksql.engine.errors import did_you_mean, fail
from ksql.engine.operators.batch import in_order
from ksql.engine.queries.live_rows import LiveRows
from ksql.engine.queries.registry import PushQueries
from ksql.engine.results import Changes
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.reader import MicroBatch, Reader
from ksql.engine.statements.registry import Request, executes
from ksql.engine.types.sql_types import BIGINT, INTEGER, STRING, TIMESTAMP, Column
from ksql.log.contract import Log
from ksql.parser import nodes

COLUMNS = (
    Column("ROWTIME", TIMESTAMP),
    Column("KEY", STRING),
    Column("VALUE", STRING),
    Column("PARTITION", INTEGER),
    Column("OFFSET", BIGINT),
)

#: A windowed key ends in the time at which its window begins.
_START_BYTES = 8


@executes(nodes.Print)
def print_topic(request: Request) -> TopicPrinter:
    topic = request.node.this.this
    topics = request.engine.log.topics()
    if topic not in topics:
        fail(request.node, f"topic {topic} does not exist", hint=did_you_mean(topic, topics) or "SHOW TOPICS; lists what does.")
    args = request.node.args
    sources = request.engine.catalog.sources.values()
    windowed = [s.window_size_ms for s in sources if s.topic == topic and s.windowed in ("TUMBLING", "HOPPING")]
    return TopicPrinter(
        request.text,
        request.engine.push_queries.new_id(["PRINT"]),
        topic,
        request.engine.log,
        request.engine.push_queries,
        from_beginning=bool(args.get("from_beginning")),
        every=args.get("interval") or 1,
        limit=args.get("limit"),
        key_text=partial(_windowed_key, size_ms=windowed[0]) if windowed else _readable,
    )


class TopicPrinter(LiveRows):
    """Rows of COLUMNS, one for every `every`-th record. The shape of a push query (see `results.PushQuery`)."""

    def __init__(
        self,
        statement: str,
        query_id: str,
        topic: str,
        log: Log,
        registry: PushQueries,
        *,
        from_beginning: bool,
        every: int,
        limit: int | None,
        key_text: Callable[[bytes | None], str | None],
    ) -> None:
        place = log.start_offset if from_beginning else log.end_offset
        cursors = [Cursor(0, topic, p, place(topic, p)) for p in range(log.topics()[topic].partitions)]
        super().__init__(statement, query_id, COLUMNS, Reader(log, cursors), log, registry, limit)
        self._every, self._seen, self._key_text = every, 0, key_text

    def _process(self, batch: MicroBatch) -> Changes | None:
        rows = in_order(batch.inputs[0])
        picked = [i for i in range(rows.num_rows) if (self._seen + i) % self._every == 0]
        self._seen += rows.num_rows
        rows = self._within_limit(rows.take(pa.array(picked, pa.int64())))
        keys = [self._key_text(key) for key in rows.column("$key").to_pylist()]
        values = [_readable(value) for value in rows.column("$value").to_pylist()]
        data = [rows.column("$ts").cast(pa.timestamp("ms")), pa.array(keys, pa.string()), pa.array(values, pa.string())]
        table = pa.table([*data, rows.column("$p"), rows.column("$off")], names=[c.name for c in COLUMNS])
        return Changes(table, [False] * rows.num_rows) if rows.num_rows else None


def _windowed_key(data: bytes | None, size_ms: int | None) -> str | None:
    """[key@start/end] of a key with a window in its last eight bytes, times in epoch ms; - for an end nobody knows."""
    if data is None or len(data) < _START_BYTES:
        return _readable(data)
    start_ms = int.from_bytes(data[-_START_BYTES:], "big", signed=True)
    return f"[{_readable(data[:-_START_BYTES])}@{start_ms}/{start_ms + size_ms if size_ms else '-'}]"


def _readable(data: bytes | None) -> str | None:
    """Text as it is; bytes that are no text in hexadecimal."""
    if data is None:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"0x{data.hex()}"
    return text if text.isprintable() else f"0x{data.hex()}"
