"""Reads the topics of a query as micro-batches in one merged order (see `merged_order`).

A batch is made of what the log's partitions held at one moment. A partition that held more than was fetched cuts the batch at
its last fetched record: what other partitions have behind that point waits. So neither the size of batches, nor a restart, nor
what is written while a batch is read changes the order in which a backlog is read. Partitions that are loaded come before all
others, in batches of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from ksql.engine.operators.batch import RecordError
from ksql.engine.operators.timed_source import Clock
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.merged_order import MergedOrder, Waiting
from ksql.engine.runtime.partition_reader import PartitionReader
from ksql.log.contract import GONE, CommittedOffset, Log, TopicPartition


@dataclass(slots=True)
class MicroBatch:
    """Records by source, one partition after the other, each with its place: as they were fetched, or as rows where they had to
    be decoded first, with what is wrong with those that make no row. The position of every partition after them. One without
    records tells that time has passed."""

    records: int
    inputs: dict[int, pa.Table] = field(default_factory=dict)
    decoded: dict[int, pa.Table] = field(default_factory=dict)
    errors: list[RecordError] = field(default_factory=list)
    positions: list[tuple[Cursor, CommittedOffset]] = field(default_factory=list)
    #: It holds all there was to read.
    caught_up: bool = True


class Batches(Protocol):
    """What a task reads its micro-batches from."""

    def read(self) -> MicroBatch | None:
        """The next one; None when there is nothing to read."""

    def has_more(self) -> bool: ...

    def lag(self) -> int: ...

    def close(self) -> None: ...


class Reader:
    """Reads partitions from the given cursors on; a micro-batch has at most `max_records` records, of all partitions.

    `clocks` tell the time of a source's records where it is another than that of the record. The log tells the partitions' ends
    until the reader is closed; then what they held at that moment can still be read. One thread at a time reads, or asks what
    there is to read.
    """

    def __init__(
        self, log: Log, cursors: Sequence[Cursor], max_records: int = 65_536, *, clocks: Mapping[int, Clock] | None = None
    ) -> None:
        self._log = log
        self._max_records = max_records
        # One partition alone is read in the order of its offsets.
        clocks = clocks if clocks and len(cursors) > 1 else {}
        self._partitions = [PartitionReader(log, cursor, clocks.get(cursor.source)) for cursor in cursors]
        self._decoded = set(clocks)
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
        return self._is_behind(self._ends)

    def _is_behind(self, ends: Mapping[TopicPartition, int]) -> bool:
        cursors = [partition.cursor for partition in self._partitions]
        return any(c.offset < ends[c.place] or ends[c.place] == GONE for c in cursors)

    def lag(self) -> int:
        """How many offsets lie between the cursors and the ends."""
        ends = self._ends
        cursors = [partition.cursor for partition in self._partitions]
        return sum(max(ends[c.place] - c.offset, 0) for c in cursors)

    def read(self) -> MicroBatch | None:
        """The next micro-batch, or None when there is no record to read. Raises UnknownTopicError when a topic has gone."""
        ends = self._ends
        loading = [partition for partition in self._partitions if partition.cursor.is_loading]
        until = {p.cursor.place: min(p.cursor.load_until, ends[p.cursor.place]) for p in loading}
        batch = self._read(loading, until) or self._read(self._partitions, ends)
        if batch is not None:
            batch.caught_up = not self._is_behind(ends)
        return batch

    def _read(self, partitions: Sequence[PartitionReader], ends: Mapping[TopicPartition, int]) -> MicroBatch | None:
        found = []
        for partition in partitions:
            place = partition.cursor.place
            if ends[place] == GONE:
                self._log.end_offset(*place)  # raises
            partition.fetch(ends[place], self._max_records)
            waiting = partition.waiting(ends[place])
            if waiting is not None:
                found.append((partition, waiting))
        return self._batch(found) if found else None

    def _batch(self, found: Sequence[tuple[PartitionReader, Waiting]]) -> MicroBatch:
        order = MergedOrder([waiting for _, waiting in found], self._max_records)
        batch = MicroBatch(order.records)
        inputs: dict[int, list[pa.Table]] = {}
        for i, (partition, _) in enumerate(found):
            if len(order.places(i)):
                rows, errors = partition.take(order.places(i))
                inputs.setdefault(partition.cursor.source, []).append(rows)
                batch.errors += errors
                batch.positions.append((partition.cursor, partition.cursor.position))
        for source, tables in inputs.items():
            of_source = batch.decoded if source in self._decoded else batch.inputs
            of_source[source] = pa.concat_tables(tables, promote_options="default")
        return batch
