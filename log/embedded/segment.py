"""Segment files: what is committed of one, and reading it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ksql.log.contract import CorruptLogError, LogError
from ksql.log.embedded.frame import FrameHeader, read_header

SUFFIX = ".segment"

#: Smaller reads copy, larger ones map: a map costs some system calls and page faults, a copy costs its bytes.
_LARGEST_COPY = 1 << 20
_SCAN_BYTES = 1 << 16
_HINT = "restore it from a backup, or delete the topic"


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
    with _reporting(segment):
        size = segment.path.stat().st_size
        if size < stop:
            raise truncated(segment, size)
        if stop - start <= _LARGEST_COPY:
            return pa.py_buffer(_read(segment.path, start, stop - start))
        with pa.memory_map(str(segment.path)) as file:
            file.seek(start)
            return file.read_buffer(stop - start)


def scan_headers(segment: Segment, position: int, base_offset: int) -> Iterator[tuple[int, FrameHeader]]:
    """Positions and headers of the frames from `position` on; ends early at bytes that are no frame."""
    while position < segment.size:
        with _reporting(segment):
            window = _read(segment.path, position, min(_SCAN_BYTES, segment.size - position))
        window_start = position
        while (header := read_header(window, position - window_start, base_offset)) is not None:
            yield position, header
            position += header.frame_bytes
            base_offset = header.end_offset
        if position == window_start:
            return


def truncated(segment: Segment, size: int) -> CorruptLogError:
    return CorruptLogError(
        f"segment file {segment.path} ends at byte {size} of the {segment.size} that were committed", hint=_HINT
    )


def damaged(segment: Segment, position: int) -> CorruptLogError:
    return CorruptLogError(f"segment file {segment.path} is damaged at byte {position}", hint=_HINT)


@contextmanager
def _reporting(segment: Segment) -> Iterator[None]:
    """Turns what the system says about a segment file into what it means for the log."""
    try:
        yield
    except FileNotFoundError:
        offsets = f"offsets {segment.base_offset} to {segment.end_offset - 1}"
        raise CorruptLogError(f"segment file {segment.path} is missing ({offsets})", hint=_HINT) from None
    except OSError as error:
        raise LogError(f"cannot read segment file {segment.path}: {error.strerror}") from error


def _read(path: Path, position: int, size: int) -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        return os.pread(file, size, position)
    finally:
        os.close(file)
