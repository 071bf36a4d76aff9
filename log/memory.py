"""A log in memory: for tests, for the test driver, and for trying things out. Nothing survives `close`."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

import pyarrow as pa

from ksql.log.batches import first_at_or_after, joined, latest_timestamp, since, with_offsets
from ksql.log.contract import CorruptLogError, Fetched, LogError, TopicConfig, TransactionResult
from ksql.log.local import LocalLog, Picture, Topic
from ksql.log.transaction import StagedChanges

_BEFORE_ALL_TIME = -(2**63)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Batches of FETCH_SCHEMA; for each the offset it ends before, and the highest timestamp up to there.

    Appending goes on in place and deleting puts another one in its place, so a reader on another thread sees one moment.
    """

    start: int = 0
    batches: list[pa.RecordBatch] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    latest: list[int] = field(default_factory=list)  # ascending, so it can be searched

    @property
    def end(self) -> int:
        return self.ends[-1] if self.ends else self.start

    def append(self, records: pa.RecordBatch, end: int) -> None:
        latest = latest_timestamp(records) if records.num_rows else _BEFORE_ALL_TIME
        self.batches.append(records)
        self.latest.append(max(latest, self.latest[-1]) if self.latest else latest)
        self.ends.append(end)  # last: a reader takes this list's word

    def without_before(self, offset: int) -> _Kept:
        kept = _Kept(offset)
        for index in range(bisect_right(self.ends, offset), len(self.ends)):
            kept.append(since(self.batches[index], offset), self.ends[index])
        return kept

    def fetch(self, offset: int, max_records: int) -> Fetched:
        pieces, first = [], bisect_right(self.ends, offset)
        for index in range(first, len(self.ends)):
            records = self.batches[index] if index > first else since(self.batches[index], offset)
            pieces.append(records.slice(0, max_records))
            if records.num_rows > max_records:
                return Fetched(joined(pieces), records.column("offset")[max_records].as_py())
            max_records -= records.num_rows
            offset = self.ends[index]
        return Fetched(joined(pieces), offset)


class MemoryPartition:
    """A fetch hands out slices of what was appended."""

    def __init__(self) -> None:
        self._kept = _Kept()

    @property
    def start_offset(self) -> int:
        return self._kept.start

    @property
    def end_offset(self) -> int:
        return self._kept.end

    def append(self, records: pa.RecordBatch) -> None:
        """Records of RECORD_SCHEMA, at least one."""
        self.append_at(with_offsets(records, self.end_offset), self.end_offset + records.num_rows)

    def append_at(self, records: pa.RecordBatch, end: int) -> None:
        """Records of FETCH_SCHEMA, and where the partition ends then: as gaps are made that Kafka's partitions may have."""
        self._kept.append(records, end)

    def delete_before(self, offset: int) -> None:
        self._kept = self._kept.without_before(offset)

    def fetch(self, offset: int, max_records: int) -> Fetched:
        kept = self._kept
        if offset < kept.start:
            raise CorruptLogError("the records were deleted")
        return kept.fetch(offset, max_records)

    def offset_for_time(self, timestamp_ms: int) -> int:
        kept = self._kept
        index = bisect_left(kept.latest, timestamp_ms)
        if index == len(kept.latest):
            return kept.end
        records = kept.batches[index]
        found = first_at_or_after(records, timestamp_ms)
        assert found is not None
        return int(records.column("offset")[found].as_py())


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
            self._check(changes)
            picture, moved = self._picture, self._moved(changes)
            picture.apply(changes, {name: self._new_topic(config) for name, config in changes.created_topics.items()})
            base_offsets = {}
            for (name, number), batches in changes.appends.items():
                partition = picture.topics[name].partitions[number]
                base_offsets[name, number] = partition.end_offset
                for records in batches:
                    partition.append(records)
            self._tell_followers(moved)
        self._wake_subscribers()
        return TransactionResult(base_offsets)

    def _new_topic(self, config: TopicConfig) -> Topic[MemoryPartition]:
        return Topic(next(self._topic_ids), config, [self._new_partition() for _ in range(config.partitions)])

    def _new_partition(self) -> MemoryPartition:
        return MemoryPartition()
