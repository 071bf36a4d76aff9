"""What the test driver reads and writes: topics of one partition, whose records are taken in the order in which they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import RAW_SCHEMA
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.reader import MicroBatch
from ksql.log import MemoryLog
from ksql.log.contract import TransactionResult
from ksql.log.transaction import StagedChanges


class OnePartitionLog(MemoryLog):
    """Whatever partition is written to, the records lie in partition 0."""

    def _carry_out(self, changes: StagedChanges) -> TransactionResult:
        appends: dict[tuple[str, int], list[pa.RecordBatch]] = {}
        for (topic, _), batches in changes.appends.items():
            appends.setdefault((topic, 0), []).extend(batches)
        return super()._carry_out(replace(changes, appends=appends))


class Places:
    """The order of all records of a log, whatever their topics: what a record causes has the place of its cause."""

    def __init__(self, log: OnePartitionLog) -> None:
        self._log = log
        self._next = 0
        #: By topic, for each offset.
        self._places: dict[str, list[int]] = {}

    def take(self) -> None:
        """Give every record that has none the next place: it came from outside."""
        topics = self._log.topics()
        self._places = {topic: places for topic, places in self._places.items() if topic in topics}
        for topic in topics:
            places = self._places.setdefault(topic, [])
            new = self._log.end_offset(topic, 0) - len(places)
            places += range(self._next, self._next + new)
            self._next += new

    def new(self) -> np.ndarray:
        """The next place, for what has no record as its cause."""
        self._next += 1
        return np.array([self._next - 1])

    def give(self, topic: str, places: np.ndarray) -> None:
        """Note the places of records just written to a topic."""
        self._places.setdefault(topic, []).extend(places.tolist())

    def since(self, topic: str, offset: int) -> np.ndarray:
        """The places of a topic's records from `offset` on, int64."""
        return np.array(self._places.get(topic, [])[offset:], dtype=np.int64)


class FedReader:
    """Reads all there is as one batch, by place. (Those of a server go by event time: its topics are written by many.)"""

    def __init__(self, log: OnePartitionLog, places: Places, cursors: Sequence[Cursor]) -> None:
        self._log, self._places = log, places
        self._cursors = [cursor for cursor in cursors if cursor.partition == 0]
        #: The places of the batch read last, by its own.
        self.places = np.zeros(0, dtype=np.int64)

    def has_more(self) -> bool:
        return self.lag() > 0

    def lag(self) -> int:
        return sum(self._log.end_offset(*cursor.place) - cursor.offset for cursor in self._cursors)

    def close(self) -> None:
        """There is nothing to let go of."""

    def read(self) -> MicroBatch | None:
        if not self.has_more():
            # Should time alone make records: they come now.
            self.places = self._places.new()
            return None
        found = [(cursor, self._log.fetch(*cursor.place, cursor.offset, self.lag()).records) for cursor in self._cursors]
        places = [self._places.since(cursor.topic, cursor.offset) for cursor, _ in found]
        order = np.argsort(np.concatenate(places), kind="stable")
        self.places = np.concatenate(places)[order]
        ranks = np.split(np.argsort(order), np.cumsum([len(of_source) for of_source in places])[:-1])
        batch = MicroBatch(len(order))
        for (cursor, records), own in zip(found, ranks, strict=True):
            batch.inputs[cursor.source] = _raw(records, own)
            cursor.offset += records.num_rows
            batch.positions.append((cursor, cursor.position))
        return batch


def _raw(records: pa.RecordBatch, places: np.ndarray) -> pa.Table:
    columns: Mapping[str, pa.Array] = {name: records.column(name) for name in records.schema.names}
    partitions = pa.array(np.zeros(len(places), dtype=np.int32))
    data = [pa.array(places), columns["timestamp"], partitions, columns["offset"], columns["headers"]]
    return pa.table([*data, columns["key"], columns["value"]], schema=RAW_SCHEMA)
