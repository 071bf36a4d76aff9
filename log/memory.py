"""A log in memory: for tests, for the test driver, and for trying things out. Nothing survives `close`."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

import pyarrow as pa

from ksql.log.batches import first_at_or_after, latest_timestamp, with_offsets
from ksql.log.contract import CorruptLogError, LogError, TopicConfig, TransactionResult
from ksql.log.local import LocalLog, Picture, Topic
from ksql.log.transaction import StagedChanges


@dataclass(frozen=True, slots=True)
class _Kept:
    """Batches as they were appended, each with its offsets, and for each the end, and the highest timestamp up to there.

    Appending goes on in place and deleting puts another one in its place, so a reader on another thread sees one moment.
    """

    start: int = 0
    batches: list[pa.RecordBatch] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    latest: list[int] = field(default_factory=list)  # ascending, so it can be searched

    @property
    def end(self) -> int:
        return self.ends[-1] if self.ends else self.start

    def base(self, index: int) -> int:
        return self.ends[index - 1] if index else self.start

    def append(self, records: pa.RecordBatch) -> None:
        base = self.end
        latest = latest_timestamp(records)
        self.batches.append(with_offsets(records, base))
        self.latest.append(max(latest, self.latest[-1]) if self.latest else latest)
        self.ends.append(base + records.num_rows)  # last: a reader takes this list's word

    def after(self, offset: int) -> _Kept:
        """What is left without the records before `offset`."""
        kept = _Kept(offset)
        for index in range(bisect_right(self.ends, offset), len(self.ends)):
            kept.append(self.batches[index].drop_columns("offset").slice(max(offset - self.base(index), 0)))
        return kept


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
        self._kept.append(records)

    def delete_before(self, offset: int) -> None:
        self._kept = self._kept.after(offset)

    def fetch(self, offset: int, max_records: int) -> pa.RecordBatch:
        kept = self._kept
        if offset < kept.start:
            raise CorruptLogError("the records were deleted")
        first = bisect_right(kept.ends, offset)
        last = bisect_left(kept.ends, offset + max_records)
        start = offset - kept.base(first)
        if first == last:
            return kept.batches[first].slice(start, max_records)
        pieces = kept.batches[first : last + 1]
        pieces[0] = pieces[0].slice(start)
        pieces[-1] = pieces[-1].slice(0, offset + max_records - kept.base(last))
        return pa.concat_batches(pieces)

    def offset_for_time(self, timestamp_ms: int) -> int:
        kept = self._kept
        index = bisect_left(kept.latest, timestamp_ms)
        if index == len(kept.latest):
            return kept.end
        return kept.base(index) + (first_at_or_after(kept.batches[index], timestamp_ms) or 0)


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
            picture = self._picture
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
