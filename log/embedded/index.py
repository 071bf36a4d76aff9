"""The sparse index of a segment: where to start looking for an offset or a time.

One entry per 16 KiB or more of frames: the frame's base offset, its position, and the highest timestamp before it in the
segment. It is only a shortcut: built while frames are written or first looked for, saved beside the segment to spare a
scan after the next start, and never trusted (a fetch checks every frame it reads).
"""

from __future__ import annotations

import struct
import threading
import zlib
from array import array
from bisect import bisect_left, bisect_right
from contextlib import suppress
from pathlib import Path

from ksql.log.embedded.segment import Segment, scan_headers

SUFFIX = ".index"
_SPACING_BYTES = 16 * 1024
_WORTH_SAVING_BYTES = 1 << 20
_BEFORE_ALL_TIME = -(2**63)
_SAVED = struct.Struct("<4sIQqqQ")  # magic, CRC-32 of the rest, covered bytes, covered offset, latest, entries
_MAGIC = b"KLI1"


class SparseIndex:
    """Covers a prefix of its segment's frames. Safe to use from several threads."""

    def __init__(self, segment_path: Path, base_offset: int) -> None:
        self._path = segment_path.with_suffix(SUFFIX)
        self._lock = threading.Lock()
        self._offsets = array("q", [base_offset])
        self._positions = array("q", [0])
        self._latest_before = array("q", [_BEFORE_ALL_TIME])
        self._covered_bytes = 0
        self._covered_offset = base_offset
        self._latest = _BEFORE_ALL_TIME
        self._saved_bytes = 0
        self._load()

    def note(self, position: int, base_offset: int, end_offset: int, frame_bytes: int, latest: int) -> None:
        """A frame was committed. Ignored if frames before it are not covered yet."""
        with self._lock:
            if position == self._covered_bytes:
                self._cover(base_offset, end_offset, frame_bytes, latest)

    def window(self, segment: Segment, offset: int, end: int, max_bytes: int) -> tuple[int, int, int]:
        """(position and base offset of a frame at or before `offset`, position up to which to read for offsets before
        `end`). Stays under about `max_bytes` where that leaves more than one frame."""
        with self._lock:
            self._extend(segment)
            at = bisect_right(self._offsets, offset) - 1
            start = self._positions[at]
            after = bisect_left(self._offsets, end)
            if segment.size - start > max_bytes:
                after = min(after, max(at + 1, bisect_right(self._positions, start + max_bytes) - 1))
            stop = min(self._positions[after], segment.size) if after < len(self._positions) else segment.size
            return start, self._offsets[at], stop

    def before_time(self, segment: Segment, timestamp_ms: int) -> tuple[int, int]:
        """(position, base offset) of a frame such that everything before it in the segment is earlier than the time."""
        with self._lock:
            self._extend(segment)
            at = max(bisect_left(self._latest_before, timestamp_ms) - 1, 0)
            return self._positions[at], self._offsets[at]

    def save(self) -> None:
        """Keep it for the next start, if that spares a scan worth sparing."""
        with self._lock:
            if self._covered_bytes - self._saved_bytes < _WORTH_SAVING_BYTES:
                return
            content = self._offsets.tobytes() + self._positions.tobytes() + self._latest_before.tobytes()
            head = _SAVED.pack(_MAGIC, 0, self._covered_bytes, self._covered_offset, self._latest, len(self._offsets))
            crc = zlib.crc32(content, zlib.crc32(head[8:]))
            temporary = self._path.with_suffix(".tmp")
            temporary.write_bytes(_MAGIC + crc.to_bytes(4, "little") + head[8:] + content)
            temporary.replace(self._path)
            self._saved_bytes = self._covered_bytes

    def _load(self) -> None:
        with suppress(OSError):
            saved = self._path.read_bytes()
            if len(saved) < _SAVED.size:
                return
            magic, crc, covered_bytes, covered_offset, latest, entries = _SAVED.unpack_from(saved)
            if magic != _MAGIC or crc != zlib.crc32(saved[8:]):
                return
            columns = array("q", saved[_SAVED.size :])
            self._offsets, self._positions = columns[:entries], columns[entries : 2 * entries]
            self._latest_before = columns[2 * entries :]
            self._covered_bytes, self._covered_offset, self._latest = covered_bytes, covered_offset, latest
            self._saved_bytes = covered_bytes

    def _extend(self, segment: Segment) -> None:
        """Cover the rest of the segment. Stops at damage: the fetch that gets there reports it."""
        if self._covered_bytes >= segment.size:
            return
        for _, header in scan_headers(segment, self._covered_bytes, self._covered_offset):
            self._cover(header.base_offset, header.end_offset, header.frame_bytes, header.latest)

    def _cover(self, base_offset: int, end_offset: int, frame_bytes: int, latest: int) -> None:
        if self._covered_bytes >= self._positions[-1] + _SPACING_BYTES:
            self._offsets.append(base_offset)
            self._positions.append(self._covered_bytes)
            self._latest_before.append(self._latest)
        self._covered_bytes += frame_bytes
        self._covered_offset = end_offset
        self._latest = max(self._latest, latest)
