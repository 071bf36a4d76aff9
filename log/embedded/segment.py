"""Segment files: what is committed of one, and reading it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ksql.log.contract import CorruptLogError
from ksql.log.embedded.frame import FrameHeader, read_header

SUFFIX = ".segment"

#: Smaller reads copy, larger ones map: a map costs some system calls and page faults, a copy costs its bytes.
_LARGEST_COPY = 1 << 20
_SCAN_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of frames: offsets `base_offset` to before `end_offset`, in its first `size` bytes."""

    path: Path
    base_offset: int
    end_offset: int
    size: int
    latest: int  # highest timestamp in it, epoch ms


def segment_path(directory: Path, base_offset: int) -> Path:
    return directory / f"{base_offset:020}{SUFFIX}"


def read_range(segment: Segment, start: int, stop: int) -> pa.Buffer:
    """Committed bytes of a segment; large ranges are memory maps that live as long as something uses the buffer."""
    try:
        if stop - start > _LARGEST_COPY:
            with pa.memory_map(str(segment.path)) as file:
                file.seek(start)
                buffer = file.read_buffer(stop - start)
        else:
            buffer = pa.py_buffer(_read(segment.path, start, stop - start))
    except FileNotFoundError:
        raise missing(segment) from None
    if buffer.size < stop - start:
        raise CorruptLogError(
            f"segment file {segment.path} ends at byte {start + buffer.size} of the {segment.size} that were committed"
        )
    return buffer


def scan_headers(segment: Segment, position: int, base_offset: int) -> Iterator[tuple[int, FrameHeader]]:
    """Positions and headers of the frames from `position` on; ends early at bytes that are no frame."""
    try:
        while position < segment.size:
            window = _read(segment.path, position, min(_SCAN_BYTES, segment.size - position))
            window_start = position
            while (header := read_header(window, position - window_start, base_offset)) is not None:
                yield position, header
                position += header.frame_bytes
                base_offset = header.end_offset
            if position == window_start:
                return
    except FileNotFoundError:
        raise missing(segment) from None


def missing(segment: Segment) -> CorruptLogError:
    return CorruptLogError(
        f"segment file {segment.path} is missing (offsets {segment.base_offset} to {segment.end_offset - 1})",
        hint="restore it from a backup, or delete the topic",
    )


def damaged(segment: Segment, position: int) -> CorruptLogError:
    return CorruptLogError(
        f"segment file {segment.path} is damaged at byte {position}",
        hint="restore it from a backup, or delete the topic",
    )


def _read(path: Path, position: int, size: int) -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        return os.pread(file, size, position)
    finally:
        os.close(file)
