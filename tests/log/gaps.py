"""A log whose offsets have gaps, as those of Kafka have: transactions leave markers behind, compaction takes records out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pyarrow as pa

from ksql.log import FETCH_SCHEMA, MemoryLog
from ksql.log.batches import NOTHING
from ksql.log.memory import MemoryPartition


class GappyPartition(MemoryPartition):
    """Takes a number off `gaps` before each record, and one behind each append, and leaves so many offsets without a record."""

    def __init__(self, gaps: Iterator[int]) -> None:
        super().__init__()
        self._gaps = gaps

    def append(self, records: pa.RecordBatch) -> None:
        offsets, end = [], self.end_offset
        for _ in range(records.num_rows):
            offsets.append(end + next(self._gaps))
            end = offsets[-1] + 1
        columns = [*records.columns, pa.array(offsets, pa.int64())]
        self.append_at(pa.RecordBatch.from_arrays(columns, schema=FETCH_SCHEMA), end + next(self._gaps))

    def skip(self, count: int) -> None:
        """Offsets that nobody can read."""
        self.append_at(NOTHING, self.end_offset + count)


class GappyLog(MemoryLog):
    """`gaps` are taken in turn, again and again."""

    def __init__(self, gaps: Sequence[int] = (2, 0, 1)) -> None:
        super().__init__()
        self._gaps = gaps

    def _new_partition(self) -> MemoryPartition:
        return GappyPartition(itertools.cycle(self._gaps))

    def skip(self, topic: str, count: int, partition: int = 0) -> None:
        """A transaction that leaves nothing but a gap."""
        with self._visible:
            found = self._picture.topics[topic].partitions[partition]
            assert isinstance(found, GappyPartition)
            found.skip(count)
            self._tell_followers([(topic, partition)])
        self._wake_subscribers()
