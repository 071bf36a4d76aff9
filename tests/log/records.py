"""Short ways to make records and to read them back."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ksql.log import FETCH_SCHEMA, HEADERS_TYPE, RECORD_SCHEMA, Log

Header = tuple[str, bytes]


def records(*values: str | None, start_ms: int = 0, headers: Sequence[Header] | None = None) -> pa.RecordBatch:
    """One record per value, a millisecond apart, keyed k0, k1, …"""
    rows = [
        {
            "key": f"k{i}".encode(),
            "value": None if value is None else value.encode(),
            "timestamp": start_ms + i,
            "headers": None if headers is None else [{"key": key, "value": content} for key, content in headers],
        }
        for i, value in enumerate(values)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD_SCHEMA)


def numbered(start: int, count: int, size: int = 0) -> pa.RecordBatch:
    """Records with their number as key, that number padded to `size` bytes as value, ten times it as timestamp."""
    numbers = range(start, start + count)
    columns = [
        pa.array([str(number).encode() for number in numbers], pa.binary()),
        pa.array([str(number).zfill(size).encode() for number in numbers], pa.binary()),
        pa.array([10 * number for number in numbers], pa.int64()),
        pa.nulls(count, HEADERS_TYPE),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA)


def append(log: Log, topic: str, *batches: pa.RecordBatch, partition: int = 0) -> int:
    """Append in one transaction; returns the base offset."""
    with log.transaction() as transaction:
        for batch in batches:
            transaction.append(topic, partition, batch)
        return transaction.commit().base_offsets[topic, partition]


def read(log: Log, topic: str, partition: int = 0, max_records: int = 65_536) -> pa.Table:
    """All of a partition, in as many fetches as it takes."""
    offset = log.start_offset(topic, partition)
    batches = []
    while offset < log.end_offset(topic, partition):
        fetched = log.fetch(topic, partition, offset, max_records)
        batches.append(fetched.records)
        offset = fetched.next_offset
    return pa.Table.from_batches(batches, FETCH_SCHEMA)


def values(log: Log, topic: str, partition: int = 0, max_records: int = 65_536) -> list[str | None]:
    column = read(log, topic, partition, max_records).column("value").to_pylist()
    return [None if value is None else value.decode() for value in column]


def numbers(log: Log, topic: str, partition: int = 0, max_records: int = 65_536) -> list[int]:
    """Keys of `numbered` records."""
    return [int(key) for key in read(log, topic, partition, max_records).column("key").to_pylist()]
