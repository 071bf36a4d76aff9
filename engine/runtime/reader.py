"""Reads the topics of a query as micro-batches in one merged order (see `merged_order`).

A batch is made of what the log's partitions held at one moment. A partition that held more than was fetched cuts the batch at
its last fetched record: what other partitions have behind that point waits. So neither the size of batches, nor a restart, nor
what is written while a batch is read changes the order in which a backlog is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import RAW_SCHEMA
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.merged_order import MergedOrder, Waiting
from ksql.log.contract import GONE, CommittedOffset, Log, TopicPartition


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """Raw records by source, one partition after the other, each with its place; the position of every partition after them."""

    inputs: Mapping[int, pa.Table]
    records: int
    positions: Sequence[tuple[Cursor, CommittedOffset]]


class Reader:
    """Reads partitions from the given cursors on; a micro-batch has at most `max_records` records, of all partitions.

    The log tells it the partitions' ends until it is closed; then what they held at that moment can still be read. One thread
    at a time reads, or asks what there is to read.
    """

    def __init__(self, log: Log, cursors: Sequence[Cursor], max_records: int = 65_536) -> None:
        self._log = log
        self.cursors = list(cursors)
        self._max_records = max_records
        #: Replaced, never changed, so that a batch sees one moment.
        self._ends: Mapping[TopicPartition, int] = {}
        self._unfollow = log.follow([cursor.place for cursor in cursors], self._told)

    def close(self) -> None:
        """Hear of nothing more; safe to call twice."""
        self._unfollow()

    def _told(self, ends: Mapping[TopicPartition, int]) -> None:
        self._ends = {**self._ends, **ends}

    def has_more(self) -> bool:
        """Whether some partition has something that was not handed out: a record, or offsets nobody has looked at yet."""
        ends = self._ends
        return any(c.offset < ends[c.place] or ends[c.place] == GONE for c in self.cursors)

    def lag(self) -> int:
        """How many offsets lie between the cursors and the ends."""
        ends = self._ends
        return sum(max(ends[c.place] - c.offset, 0) for c in self.cursors)

    def read(self) -> MicroBatch | None:
        """The next micro-batch, or None when there is no record to read. Raises UnknownTopicError when a topic has gone."""
        ends = self._ends
        if GONE in ends.values():
            self._check_topics()
        chunks = []
        for cursor in self.cursors:
            cursor.fetch(self._log, ends[cursor.place], self._max_records)
            chunk = cursor.before(ends[cursor.place])
            if chunk.num_rows:
                chunks.append((cursor, chunk))
        return self._merge(chunks, ends) if chunks else None

    def _check_topics(self) -> None:
        for cursor in self.cursors:
            self._log.end_offset(*cursor.place)

    def _merge(self, chunks: Sequence[tuple[Cursor, pa.Table]], ends: Mapping[TopicPartition, int]) -> MicroBatch:
        waiting = [_waiting(cursor, chunk, cut=cursor.next_offset < ends[cursor.place]) for cursor, chunk in chunks]
        order = MergedOrder(waiting, self._max_records)
        inputs: dict[int, list[pa.Table]] = {}
        positions = []
        for i, (cursor, chunk) in enumerate(chunks):
            places = order.places(i)
            inputs.setdefault(cursor.source, []).append(_raw(chunk, places, cursor.partition))
            if len(places):
                positions.append((cursor, cursor.take(len(places))))
        return MicroBatch({s: pa.concat_tables(tables) for s, tables in inputs.items()}, order.records, positions)


def _waiting(cursor: Cursor, chunk: pa.Table, *, cut: bool) -> Waiting:
    running = np.maximum.accumulate(chunk.column("timestamp").to_numpy())
    return Waiting((cursor.source, cursor.partition), running, cut)


def _raw(chunk: pa.Table, places: np.ndarray, partition: int) -> pa.Table:
    """The first records of `chunk`: as many as there are places."""
    column = chunk.slice(0, len(places)).column
    data = [
        pa.array(places),
        column("timestamp"),
        pa.array(np.full(len(places), partition, dtype=np.int32)),
        column("offset"),
        column("headers"),
        column("key"),
        column("value"),
    ]
    return pa.table(data, schema=RAW_SCHEMA)
