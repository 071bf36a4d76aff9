"""How far one partition has been read, and what was fetched of it ahead of that."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ksql.log.contract import FETCH_SCHEMA, CommittedOffset, Fetched, Log, OffsetOutOfRangeError, TopicPartition


@dataclass(slots=True)
class Cursor:
    """One partition of one source: the next record to hand out lies at `offset`, or behind it.

    `fetched` are the records from `offset` on up to before `next_offset`, as FETCH_SCHEMA.
    """

    source: int
    topic: str
    partition: int
    offset: int
    next_offset: int = field(init=False)
    fetched: pa.Table = field(init=False, default_factory=FETCH_SCHEMA.empty_table)

    def __post_init__(self) -> None:
        self.next_offset = self.offset

    @property
    def place(self) -> TopicPartition:
        return self.topic, self.partition

    def fetch(self, log: Log, end: int, most: int) -> None:
        """Have records enough for a batch of `most` of this partition alone, where there are so many before `end`, and at least
        one where there is one."""
        while self.fetched.num_rows < most and self.next_offset < end:
            more = self._fetch_next(log, most)
            self.next_offset = more.next_offset
            if more.records.num_rows:
                self.fetched = _joined(self.fetched, more.records)
                break
        self._pass_gap()

    def _fetch_next(self, log: Log, most: int) -> Fetched:
        try:
            return log.fetch(*self.place, self.next_offset, most)
        except OffsetOutOfRangeError:
            # Records were deleted before they were read: go on with the oldest there is.
            return log.fetch(*self.place, max(self.next_offset, log.start_offset(*self.place)), most)

    def before(self, end: int) -> pa.Table:
        """What was fetched and lies before `end`."""
        if self.next_offset <= end:
            return self.fetched
        return self.fetched.slice(0, int(np.searchsorted(self.fetched.column("offset").to_numpy(), end)))

    def take(self, count: int) -> CommittedOffset:
        """Go on behind the first `count` fetched records; the position to commit."""
        self.fetched = self.fetched.slice(count)
        self._pass_gap()
        return self.position

    def _pass_gap(self) -> None:
        """Stand at a record, or where nobody has looked yet."""
        self.offset = self.fetched.column("offset")[0].as_py() if self.fetched.num_rows else self.next_offset

    @property
    def position(self) -> CommittedOffset:
        return CommittedOffset(self.offset)


def _joined(fetched: pa.Table, more: pa.RecordBatch) -> pa.Table:
    table = pa.Table.from_batches([more])
    return pa.concat_tables([fetched, table]) if fetched.num_rows else table
