"""A frame: one record batch on disk.

    0   magic "KLF1"        4 bytes
    4   CRC-32 of body, then of the header from byte 8 on
    8   body length         8 bytes, padding included
    16  base offset         8
    24  record count        4
    28  column count        4: all of RECORD_SCHEMA, or one less if no record has headers (the last column)
    32  earliest timestamp  8, epoch ms
    40  latest timestamp    8, epoch ms
    48  transaction id      8
    56  reserved            8, zero
    64  body: an Arrow IPC record batch message of those columns, padded to a multiple of 64 bytes

All numbers are little-endian. Frames begin at multiples of 64 bytes, so that Arrow can use a memory map as it is.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from ksql.log.batches import earliest_timestamp, latest_timestamp, offsets_from
from ksql.log.contract import FETCH_SCHEMA, HEADERS_TYPE, RECORD_SCHEMA

HEADER_BYTES = 64
_MAGIC = b"KLF1"
_CHECKED = struct.Struct("<QqIIqqQ8x")  # the header from byte 8 on
_HEADER = struct.Struct("<4sIQqIIqqQ8x")
_COLUMNS = len(RECORD_SCHEMA)
_SCHEMAS = {count: pa.schema(list(RECORD_SCHEMA)[:count]) for count in (_COLUMNS - 1, _COLUMNS)}


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """A frame that still lacks what only its commit knows: base offset and transaction."""

    body: pa.Buffer
    padding: bytes
    body_crc: int
    record_count: int
    column_count: int
    earliest: int
    latest: int

    @property
    def frame_bytes(self) -> int:
        return HEADER_BYTES + len(self.body) + len(self.padding)

    def header(self, base_offset: int, transaction_id: int) -> bytes:
        length = len(self.body) + len(self.padding)
        counts = self.record_count, self.column_count
        checked = _CHECKED.pack(length, base_offset, *counts, self.earliest, self.latest, transaction_id)
        return _MAGIC + zlib.crc32(checked, self.body_crc).to_bytes(4, "little") + checked


class FrameHeader(NamedTuple):
    magic: bytes
    crc: int
    body_bytes: int
    base_offset: int
    record_count: int
    column_count: int
    earliest: int
    latest: int
    transaction_id: int

    @property
    def end_offset(self) -> int:
        return self.base_offset + self.record_count

    @property
    def frame_bytes(self) -> int:
        return HEADER_BYTES + self.body_bytes


def encode(records: pa.RecordBatch) -> EncodedBatch:
    """Lay out one batch of at least one record."""
    if records.column(_COLUMNS - 1).null_count == records.num_rows:
        records = records.select(range(_COLUMNS - 1))
    body = records.serialize()
    padding = bytes(-body.size % 64)
    return EncodedBatch(
        body=body,
        padding=padding,
        body_crc=zlib.crc32(padding, zlib.crc32(body)),
        record_count=records.num_rows,
        column_count=records.num_columns,
        earliest=earliest_timestamp(records),
        latest=latest_timestamp(records),
    )


def read_header(buffer: pa.Buffer | bytes, position: int, base_offset: int) -> FrameHeader | None:
    """The header at `position`, or None if these bytes are not the start of the frame that begins at `base_offset`."""
    header = FrameHeader._make(_HEADER.unpack_from(buffer, position)) if position + HEADER_BYTES <= len(buffer) else None
    return header if header is not None and header.magic == _MAGIC and header.base_offset == base_offset else None


def decode(buffer: pa.Buffer, position: int, header: FrameHeader) -> pa.RecordBatch | None:
    """The columns of a frame, sharing the buffer's memory; None if bytes are missing or fail their checksum."""
    if position + header.frame_bytes > buffer.size:
        return None
    body = buffer.slice(position + HEADER_BYTES, header.body_bytes)
    crc = zlib.crc32(buffer.slice(position + 8, HEADER_BYTES - 8), zlib.crc32(body))
    return pa.ipc.read_record_batch(body, _SCHEMAS[header.column_count]) if crc == header.crc else None


def join(decoded: list[pa.RecordBatch], offset: int) -> pa.RecordBatch:
    """One batch of FETCH_SCHEMA, from `offset` on, out of the columns of some frames, at least one."""
    if len({columns.num_columns for columns in decoded}) > 1:
        decoded = [pa.RecordBatch.from_arrays(_with_headers(columns), schema=RECORD_SCHEMA) for columns in decoded]
    whole = decoded[0] if len(decoded) == 1 else pa.concat_batches(decoded)
    return pa.RecordBatch.from_arrays([*_with_headers(whole), offsets_from(offset, whole.num_rows)], schema=FETCH_SCHEMA)


def _with_headers(columns: pa.RecordBatch) -> list[pa.Array]:
    missing = [pa.nulls(columns.num_rows, HEADERS_TYPE)] if columns.num_columns < _COLUMNS else []
    return [*columns.columns, *missing]
