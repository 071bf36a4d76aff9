"""Writing frames behind the committed end of a partition. Nobody sees them until the commit publishes them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from ksql.log.embedded.frame import EncodedBatch, encode
from ksql.log.embedded.partition import Partition
from ksql.log.embedded.segment import Segment, segment_path, truncated

_MAX_FRAME_RECORDS = 65_536
_MERGE_BYTES = 256 * 1024

_sync_data = getattr(os, "fdatasync", os.fsync)


def encode_all(batches: Iterable[pa.RecordBatch]) -> list[EncodedBatch]:
    """Frames for the batches one transaction appends to one partition: large ones cut, runs of small ones merged."""
    frames = []
    run: list[pa.RecordBatch] = []
    run_bytes = 0
    for batch in _cut(batches):
        if run and run_bytes + batch.nbytes > _MERGE_BYTES:
            frames.append(_encode_run(run))
            run, run_bytes = [], 0
        run.append(batch)
        run_bytes += batch.nbytes
    if run:
        frames.append(_encode_run(run))
    return frames


def _cut(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, _MAX_FRAME_RECORDS):
            yield batch.slice(start, _MAX_FRAME_RECORDS)


def _encode_run(run: list[pa.RecordBatch]) -> EncodedBatch:
    return encode(run[0] if len(run) == 1 else pa.concat_batches(run))


@dataclass(frozen=True, slots=True)
class WrittenFrame:
    segment: Segment  # as it was before this frame
    base_offset: int
    frame: EncodedBatch


class PartitionWriter:
    """Appends of one group of transactions to one partition. End it with `publish` or `undo`."""

    def __init__(self, partition: Partition, *, sync: bool) -> None:
        self._partition = partition
        self._sync = sync
        self._file = -1
        self._written: list[WrittenFrame] = []
        self.segments = list(partition.segments)
        self._first_changed = max(len(self.segments) - 1, 0)

    @property
    def end_offset(self) -> int:
        return self.segments[-1].end_offset if self.segments else self._partition.start_offset

    @property
    def changed_segments(self) -> list[Segment]:
        return self.segments[self._first_changed :]

    def append(self, frames: Iterable[EncodedBatch], transaction_id: int) -> None:
        """Raises OSError, CorruptLogError."""
        for frame in frames:
            tail = self._tail_with_room(frame.frame_bytes)
            offset = tail.end_offset
            _write_all(self._file, [frame.header(offset, transaction_id), frame.body, frame.padding], tail.size)
            self._written.append(WrittenFrame(tail, offset, frame))
            self.segments[-1] = replace(
                tail,
                end_offset=offset + frame.record_count,
                size=tail.size + frame.frame_bytes,
                latest=max(tail.latest, frame.latest) if tail.size else frame.latest,
            )

    def flush(self) -> None:
        """Done with writing: on disk when this returns, if the log wants that."""
        if self._file >= 0:
            try:
                if self._sync:
                    _sync_data(self._file)
            finally:
                os.close(self._file)
                self._file = -1

    def publish(self) -> None:
        """Call with the log's `_visible` lock held."""
        self._partition.segments = tuple(self.segments)

    def note_in_index(self) -> None:
        """Tell the index of what was published."""
        for written in self._written:
            frame, base = written.frame, written.base_offset
            index = self._partition.index(written.segment)
            index.note(written.segment.size, base, base + frame.record_count, frame.frame_bytes, frame.latest)
        if len(self.changed_segments) > 1:
            self._partition.save_indexes()

    def undo(self) -> None:
        """Give back the space, as far as the system lets us; nothing reads behind the committed end in any case."""
        with suppress(OSError):
            self._sync = False
            self.flush()
            committed = len(self._partition.segments)
            for segment in self.segments[committed:]:
                segment.path.unlink(missing_ok=True)
            if committed:
                os.truncate(self._partition.segments[-1].path, self._partition.segments[-1].size)

    def _tail_with_room(self, size: int) -> Segment:
        if self.segments and (tail := self.segments[-1]).size + size <= max(self._partition.segment_bytes, size):
            if self._file < 0:
                self._file = _open_tail(tail)
            return tail
        self.flush()
        tail = Segment(segment_path(self._partition.directory, self.end_offset), self.end_offset, self.end_offset, 0, 0)
        self._file = _create(tail.path, sync=self._sync)
        self.segments.append(tail)
        return tail


def _open_tail(tail: Segment) -> int:
    file = os.open(tail.path, os.O_WRONLY)
    size = os.fstat(file).st_size
    if size < tail.size:
        os.close(file)
        raise truncated(tail, size)
    return file


def _create(path: Path, *, sync: bool) -> int:
    """Create a segment file, and its partition's and topic's directories when it is their first."""
    partition, topic = path.parent, path.parent.parent
    for directory in (topic, partition):
        if not directory.exists():
            directory.mkdir()
            if sync:
                sync_directory(directory.parent)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    if sync:
        sync_directory(partition)
    return file


def sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(file: int, parts: list[bytes | pa.Buffer], position: int) -> None:
    written = os.pwritev(file, parts, position)
    if written < sum(map(len, parts)):  # a full disk takes what it can, and says so at the next try
        rest = memoryview(b"".join(parts))
        while written < len(rest):
            written += os.pwrite(file, rest[written:], position + written)
