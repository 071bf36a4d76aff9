"""Reads one partition ahead of what its query has taken of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import PLACE, RAW_SCHEMA, TIMESTAMP, RecordError
from ksql.engine.operators.timed_source import Clock
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.merged_order import Waiting
from ksql.log.contract import Fetched, Log, OffsetOutOfRangeError

#: A record without a time is skipped when it is processed; until then it comes right behind the one before it.
_NO_TIME = -(2**63)


class PartitionReader:
    """Moves `cursor` as records are taken. Those fetched have their offset for a place until they get another one."""

    def __init__(self, log: Log, cursor: Cursor, clock: Clock | None) -> None:
        self._log = log
        self.cursor = cursor
        self._clock = clock
        self._next_offset = cursor.offset
        self._offsets = self._times = np.zeros(0, dtype=np.int64)
        self._rows = RAW_SCHEMA.empty_table()
        self._errors: list[RecordError] = []

    def fetch(self, end: int, most: int) -> None:
        """Have records enough for a batch of `most` of this partition alone, where there are so many before `end`, and at least
        one where there is one."""
        while len(self._offsets) < most and self._next_offset < end:
            fetched = self._fetch_next(most)
            self._next_offset = fetched.next_offset
            if fetched.records.num_rows:
                self._add(fetched.records)
                break
        self._pass_gap()

    def _fetch_next(self, most: int) -> Fetched:
        place = self.cursor.place
        try:
            return self._log.fetch(*place, self._next_offset, most)
        except OffsetOutOfRangeError:
            # Records were deleted before they were read: go on with the oldest there is.
            return self._log.fetch(*place, max(self._next_offset, self._log.start_offset(*place)), most)

    def _add(self, records: pa.RecordBatch) -> None:
        offsets, times = (records.column(name).to_numpy() for name in ("offset", "timestamp"))
        rows = _raw(records, self.cursor.partition)
        if self._clock is not None:
            rows, errors = self._clock(rows)
            self._errors += sorted(errors, key=lambda error: error.place)
            times = np.full(len(offsets), _NO_TIME)
            times[np.searchsorted(offsets, rows.column(PLACE).to_numpy())] = rows.column(TIMESTAMP).to_numpy()
        self._offsets, self._times = np.append(self._offsets, offsets), np.append(self._times, times)
        self._rows = pa.concat_tables([self._rows, rows], promote_options="default") if self._rows.num_rows else rows

    def waiting(self, end: int) -> Waiting | None:
        """The fetched records before `end`; None when there is none."""
        count = len(self._offsets) if self._next_offset <= end else int(np.searchsorted(self._offsets, end))
        if count == 0:
            return None
        running = np.maximum.accumulate(self._times[:count])
        return Waiting((self.cursor.source, self.cursor.partition), running, cut=self._next_offset < end)

    def take(self, places: np.ndarray) -> tuple[pa.Table, list[RecordError]]:
        """Hand out the first records, as many as there are places (one at least), and what is wrong with them."""
        count = len(places)
        offsets, self._offsets, self._times = self._offsets[:count], self._offsets[count:], self._times[count:]
        self._pass_gap()
        if self._clock is None:
            return _placed(self._take_rows(count), places), []
        given = self._rows.column(PLACE).to_numpy()
        given = given[: np.searchsorted(given, offsets[-1], side="right")]
        wrong = [error for error in self._errors if error.place <= offsets[-1]]
        self._errors = self._errors[len(wrong) :]
        errors = [replace(error, place=int(places[np.searchsorted(offsets, error.place)])) for error in wrong]
        return _placed(self._take_rows(len(given)), places[np.searchsorted(offsets, given)]), errors

    def _take_rows(self, count: int) -> pa.Table:
        rows, self._rows = self._rows.slice(0, count), self._rows.slice(count)
        return rows

    def _pass_gap(self) -> None:
        """Stand at a record, or where nobody has looked yet."""
        self.cursor.offset = int(self._offsets[0]) if len(self._offsets) else self._next_offset


def _placed(rows: pa.Table, places: np.ndarray) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(PLACE), rows.schema.field(PLACE), pa.array(places))


def _raw(records: pa.RecordBatch, partition: int) -> pa.Table:
    column = records.column
    data = [
        column("offset"),
        column("timestamp"),
        pa.array(np.full(records.num_rows, partition, dtype=np.int32)),
        column("offset"),
        column("headers"),
        column("key"),
        column("value"),
    ]
    return pa.table(data, schema=RAW_SCHEMA)
