"""Reads the topics of a query as micro-batches in one merged order.

The order is that of taking, again and again, the partition whose next record has the lowest timestamp (ties: source order, then
partition). That is the order of (running maximum of timestamps in the partition, source, partition, offset), so a batch is one
sort. A partition that has more records than were fetched cuts the batch at its last fetched record: what other partitions have
behind that point waits. So neither the size of batches nor a restart changes the order in which a backlog is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import RAW_SCHEMA
from ksql.log.contract import FETCH_SCHEMA, CommittedOffset, Log, OffsetOutOfRangeError


@dataclass(slots=True)
class Cursor:
    """How far one partition of one source has been read. `highest` is the running maximum of its timestamps.

    `fetched`: records from `offset` on, as FETCH_SCHEMA, that no batch has taken yet.
    """

    source: int
    topic: str
    partition: int
    offset: int
    highest: int = -1
    fetched: pa.Table = field(default_factory=FETCH_SCHEMA.empty_table)


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """Raw records by source, one partition after the other, each with its place; the position of every partition after them."""

    inputs: Mapping[int, pa.Table]
    records: int
    positions: Sequence[tuple[Cursor, CommittedOffset]]


class Reader:
    """Reads partitions from the given cursors on; a micro-batch has at most `max_records` records, of all partitions."""

    def __init__(self, log: Log, cursors: Sequence[Cursor], max_records: int = 65_536) -> None:
        self._log = log
        self.cursors = list(cursors)
        self._max_records = max_records

    def has_more(self) -> bool:
        """Whether some partition has a record that was not handed out."""
        return any(self._log.end_offset(c.topic, c.partition) > c.offset for c in self.cursors)

    def lag(self) -> int:
        """How many offsets lie between the cursors and the ends."""
        return sum(self._log.end_offset(c.topic, c.partition) - c.offset for c in self.cursors)

    def read(self) -> MicroBatch | None:
        """The next micro-batch, or None when there is nothing to read. `advance` moves behind it."""
        chunks = [(cursor, self._fetch(cursor)) for cursor in self.cursors]
        chunks = [(cursor, chunk) for cursor, chunk in chunks if chunk.num_rows]
        if not chunks:
            return None
        order = _MergedOrder(chunks, [self._is_cut(cursor) for cursor, _ in chunks], self._max_records)
        inputs: dict[int, list[pa.Table]] = {}
        positions = []
        for i, (cursor, chunk) in enumerate(chunks):
            places = order.places(i)
            taken = chunk.slice(0, len(places))
            inputs.setdefault(cursor.source, []).append(_raw(taken, places, cursor.partition))
            if len(places):
                positions.append((cursor, CommittedOffset(taken.column("offset")[-1].as_py() + 1, str(order.highest(i)))))
        return MicroBatch({s: pa.concat_tables(tables) for s, tables in inputs.items()}, order.records, positions)

    def advance(self, batch: MicroBatch) -> None:
        """Move the cursors behind `batch`."""
        for cursor, position in batch.positions:
            cursor.offset, cursor.highest = position.offset, int(position.metadata)
            taken = int(np.searchsorted(cursor.fetched.column("offset").to_numpy(), position.offset))
            cursor.fetched = cursor.fetched.slice(taken)

    def _fetch(self, cursor: Cursor) -> pa.Table:
        """Records enough for a batch of this partition alone, where there are so many."""
        if cursor.fetched.num_rows < self._max_records:
            more = pa.Table.from_batches([self._fetch_from(cursor, _next_offset(cursor))])
            cursor.fetched = pa.concat_tables([t for t in (cursor.fetched, more) if t.num_rows] or [more])
        return cursor.fetched

    def _fetch_from(self, cursor: Cursor, offset: int) -> pa.RecordBatch:
        try:
            return self._log.fetch(cursor.topic, cursor.partition, offset, self._max_records)
        except OffsetOutOfRangeError:
            # Retention has overtaken the reader: the records are gone, go on with the oldest there is.
            oldest = max(offset, self._log.start_offset(cursor.topic, cursor.partition))
            return self._log.fetch(cursor.topic, cursor.partition, oldest, self._max_records)

    def _is_cut(self, cursor: Cursor) -> bool:
        return self._log.end_offset(cursor.topic, cursor.partition) > _next_offset(cursor)


def _next_offset(cursor: Cursor) -> int:
    """The first offset that was not fetched."""
    offsets = cursor.fetched.column("offset")
    return int(offsets[-1].as_py()) + 1 if len(offsets) else cursor.offset


class _MergedOrder:
    """Places of the records of several chunks, up to where the first cut lies, and of no more than `most` records."""

    def __init__(self, chunks: Sequence[tuple[Cursor, pa.Table]], cut: Sequence[bool], most: int) -> None:
        self._running = [
            np.maximum(np.maximum.accumulate(chunk.column("timestamp").to_numpy()), cursor.highest) for cursor, chunk in chunks
        ]
        ranks = np.lexsort(
            (
                [cursor.partition for cursor, _ in chunks],
                [cursor.source for cursor, _ in chunks],
            )
        ).argsort()
        ends = [(int(self._running[i][-1]), int(ranks[i])) for i in range(len(chunks)) if cut[i]]
        bound = min(ends) if ends else None
        self._taken = [self._within(i, int(ranks[i]), bound) for i in range(len(chunks))]
        self._taken = self._first(most, ranks)
        self._places = self._number(ranks)
        self.records = sum(self._taken)

    def _within(self, i: int, rank: int, bound: tuple[int, int] | None) -> int:
        """How many records of chunk `i` come no later than `bound`."""
        running = self._running[i]
        if bound is None:
            return len(running)
        return int(np.searchsorted(running, bound[0], side="right" if rank <= bound[1] else "left"))

    def _first(self, most: int, ranks: np.ndarray) -> list[int]:
        """How many records of each chunk are among the first `most`: all before some time, and of that time by rank."""
        running = [r[:n] for r, n in zip(self._running, self._taken, strict=True)]
        if sum(self._taken) <= most:
            return self._taken
        last = np.partition(np.concatenate(running), most - 1)[most - 1]
        taken = [int(np.searchsorted(r, last, side="left")) for r in running]
        left = most - sum(taken)
        for i in np.argsort(ranks):
            of_that_time = int(np.searchsorted(running[i], last, side="right")) - taken[i]
            taken[i] += min(of_that_time, left)
            left -= min(of_that_time, left)
        return taken

    def _number(self, ranks: np.ndarray) -> list[np.ndarray]:
        if len(self._taken) == 1:
            return [np.arange(self._taken[0], dtype=np.int64)]
        running = np.concatenate([r[:n] for r, n in zip(self._running, self._taken, strict=True)])
        rank = np.repeat(ranks, self._taken)
        places = np.empty(len(running), dtype=np.int64)
        # Rows of one chunk are in offset order already, and lexsort is stable.
        places[np.lexsort((rank, running))] = np.arange(len(running))
        return np.split(places, np.cumsum(self._taken)[:-1])

    def places(self, i: int) -> np.ndarray:
        return self._places[i]

    def highest(self, i: int) -> int:
        return int(self._running[i][self._taken[i] - 1])


def _raw(chunk: pa.Table, places: np.ndarray, partition: int) -> pa.Table:
    column = chunk.column
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
