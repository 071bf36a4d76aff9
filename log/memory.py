"""A log in memory: for tests, for the test driver, and for trying things out. Nothing survives `close`."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right

import pyarrow as pa

from ksql.log.batches import first_at_or_after, latest_timestamp, with_offsets
from ksql.log.contract import LogError, TopicConfig, TransactionResult
from ksql.log.local import LocalLog, Picture, Topic
from ksql.log.transaction import StagedChanges


class MemoryPartition:
    """Batches as they were appended, each with its offsets; a fetch hands out slices of them."""

    def __init__(self) -> None:
        self.start_offset = 0
        self._batches: list[pa.RecordBatch] = []
        self._ends: list[int] = []
        self._latest: list[int] = []  # highest timestamp up to and with this batch: ascending, so it can be searched

    @property
    def end_offset(self) -> int:
        return self._ends[-1] if self._ends else 0

    def append(self, records: pa.RecordBatch) -> None:
        base = self.end_offset
        latest = latest_timestamp(records)
        self._batches.append(with_offsets(records, base))
        self._latest.append(max(latest, self._latest[-1]) if self._latest else latest)
        self._ends.append(base + records.num_rows)  # last: a reader on another thread takes this list's word

    def fetch(self, offset: int, max_records: int) -> pa.RecordBatch:
        first = bisect_right(self._ends, offset)
        last = bisect_left(self._ends, offset + max_records)
        start = offset - self._base(first)
        if first == last:
            return self._batches[first].slice(start, max_records)
        pieces = self._batches[first : last + 1]
        pieces[0] = pieces[0].slice(start)
        pieces[-1] = pieces[-1].slice(0, offset + max_records - self._base(last))
        return pa.concat_batches(pieces)

    def _base(self, index: int) -> int:
        return self._ends[index - 1] if index else 0

    def offset_for_time(self, timestamp_ms: int) -> int:
        index = bisect_left(self._latest, timestamp_ms)
        if index == len(self._latest):
            return self.end_offset
        return self._base(index) + first_at_or_after(self._batches[index], timestamp_ms)


class MemoryLog(LocalLog[MemoryPartition]):
    """The whole contract, durable to nothing."""

    def __init__(self) -> None:
        super().__init__(Picture())
        self._topic_ids = itertools.count(1)
        self._closed = False

    def close(self) -> None:
        self._closed = True

    def _carry_out(self, changes: StagedChanges) -> TransactionResult:
        with self._visible:
            if self._closed:
                raise LogError("the log is closed")
            picture = self._picture
            changes.check(picture.config)
            picture.apply(changes, {name: self._new_topic(config) for name, config in changes.created_topics.items()})
            base_offsets = {}
            for (name, number), batches in changes.appends.items():
                partition = picture.topics[name].partitions[number]
                base_offsets[name, number] = partition.end_offset
                for records in batches:
                    partition.append(records)
        self._wake_subscribers()
        return TransactionResult(base_offsets)

    def _new_topic(self, config: TopicConfig) -> Topic[MemoryPartition]:
        return Topic(next(self._topic_ids), config, [MemoryPartition() for _ in range(config.partitions)])
