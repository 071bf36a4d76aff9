"""One partition: its committed segments, and reading records from them."""

from __future__ import annotations

import threading
from bisect import bisect_right
from contextlib import suppress
from operator import attrgetter
from pathlib import Path

import pyarrow as pa

from ksql.log.batches import first_at_or_after
from ksql.log.contract import CorruptLogError, Fetched
from ksql.log.embedded.frame import decode, join, read_header
from ksql.log.embedded.index import SparseIndex
from ksql.log.embedded.segment import Segment, damaged, read_range, scan_headers

_MAX_FETCH_BYTES = 64 * 1024 * 1024  # a fetch ends before it goes over that, though never before its first frame
_BASE_OFFSET = attrgetter("base_offset")


class Partition:
    """What is committed of a partition. Readers take `segments` once and see one moment; `publish` puts the next there."""

    def __init__(self, directory: Path, segment_bytes: int) -> None:
        self.directory = directory
        self.segment_bytes = segment_bytes
        self.segments: tuple[Segment, ...] = ()
        self.start_offset = 0
        self._indexes: dict[int, SparseIndex] = {}
        self._indexes_lock = threading.Lock()

    @property
    def end_offset(self) -> int:
        return self.segments[-1].end_offset if self.segments else self.start_offset

    def segments_before(self, offset: int) -> list[Segment]:
        """Those with no record at or behind `offset`."""
        return [segment for segment in self.segments if segment.end_offset <= offset]

    def delete_before(self, offset: int) -> None:
        gone = self.segments_before(offset)
        self.start_offset, self.segments = offset, self.segments[len(gone) :]
        with self._indexes_lock:
            for segment in gone:
                self._indexes.pop(segment.base_offset, None)

    def index(self, segment: Segment) -> SparseIndex:
        with self._indexes_lock:
            found = self._indexes.get(segment.base_offset)
            if found is None:
                found = self._indexes[segment.base_offset] = SparseIndex(segment.path, segment.base_offset)
            return found

    def save_indexes(self) -> None:
        """Spare the next start a scan; without that, it is only slower."""
        with self._indexes_lock, suppress(OSError):
            for index in self._indexes.values():
                index.save()

    def fetch(self, offset: int, max_records: int) -> Fetched:
        segments = self.segments
        at = bisect_right(segments, offset, key=_BASE_OFFSET) - 1
        if at < 0:
            raise CorruptLogError(f"no segment file in {self.directory} has offset {offset}")
        segment = segments[at]
        start, base_offset, stop = self.index(segment).window(segment, offset, offset + max_records, _MAX_FETCH_BYTES)
        buffer = read_range(segment, start, stop)
        batches, bad = _read_frames(buffer, base_offset, offset, max_records)
        if not batches:
            raise damaged(segment, start + bad)
        records = join(batches, offset)
        return Fetched(records, offset + records.num_rows)

    def offset_for_time(self, timestamp_ms: int) -> int:
        start, end = self.start_offset, self.end_offset
        for segment in self.segments:
            if segment.latest >= timestamp_ms:
                found = self._offset_for_time_in(segment, timestamp_ms, start)
                if found is not None:
                    return found
        return end

    def _offset_for_time_in(self, segment: Segment, timestamp_ms: int, start: int) -> int | None:
        """The offset, unless only records before `start` are of that time."""
        end, base_offset = self.index(segment).before_time(segment, timestamp_ms)
        for position, header in scan_headers(segment, end, base_offset):
            if header.latest >= timestamp_ms and header.end_offset > start:
                first = max(header.base_offset, start)
                found = first_at_or_after(self.fetch(first, header.end_offset - first).records, timestamp_ms)
                if found is not None:
                    return first + found
            end = position + header.frame_bytes
        if end < segment.size:
            raise damaged(segment, end)
        return None


def _read_frames(buffer: pa.Buffer, base_offset: int, offset: int, max_records: int) -> tuple[list[pa.RecordBatch], int]:
    """Records from `offset` on out of a buffer of frames that begins with the frame at `base_offset`, and the position
    where reading ended: of a damaged frame, if there are no records.

    Whole frames only, except at the start, and except for a first frame that alone is too much: so a reader that follows
    the frames never checks one twice, and mostly gets a frame's memory as it is.
    """
    batches: list[pa.RecordBatch] = []
    position, count = 0, 0
    while count < max_records and (header := read_header(buffer, position, base_offset)) is not None:
        if header.end_offset > offset:
            if batches and count + header.record_count > max_records:
                break
            records = decode(buffer, position, header)
            if records is None:
                break
            if not batches:
                records = records.slice(offset - base_offset, max_records)
            batches.append(records)
            count += records.num_rows
        position += header.frame_bytes
        base_offset = header.end_offset
    return batches, position
