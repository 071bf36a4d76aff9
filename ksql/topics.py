"""Lines of text into a topic, and a topic as lines of text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ksql.engine.errors import did_you_mean
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA, Log, TopicConfig, UnknownTopicError
from ksql.log.partitioner import partition_keys

#: Most records in one commit, and most bytes read at a time.
_BATCH_RECORDS = 65_536
_READ_BYTES = 1 << 20


def now_ms() -> int:
    """The present as epoch milliseconds."""
    return time.time_ns() // 1_000_000


def ensure_topic(log: Log, topic: str, partitions: int = 1) -> bool:
    """Create the topic when it is missing; whether it had to be."""
    if topic in log.topics():
        return False
    log.create_topic(topic, TopicConfig(partitions=partitions))
    return True


def produce_lines(
    log: Log,
    topic: str,
    source: BinaryIO,
    *,
    key_separator: str | None = None,
    null_marker: str | None = None,
    clock: Callable[[], int] = now_ms,
) -> int:
    """Append every line of `source` as a record, as soon as it can be read; returns how many. Empty lines are skipped.

    With a separator, what stands before its first occurrence is the key (a line without it has none). A key or value equal to
    `null_marker` is null, so such a value is a tombstone. Raises UnknownTopicError, LogWriteError.
    """
    partitions = _config(log, topic).partitions
    total = 0
    for number, lines in enumerate(_line_batches(source)):
        keys, values = _split(lines, key_separator, null_marker)
        records = _records(keys, values, clock())
        _append(log, topic, records, partition_keys(records.column("key"), partitions, null_partition=number % partitions))
        total += len(lines)
    return total


def consume_lines(log: Log, topic: str, *, key_separator: str | None = None, max_messages: int | None = None) -> Iterator[str]:
    """The records of a topic, oldest first in each partition, as lines (null: 'null'). Raises UnknownTopicError."""
    _config(log, topic)
    left = max_messages
    for records in _kept(log, topic):
        wanted = records if left is None else records.slice(0, left)
        values = map(_text, wanted.column("value").to_pylist())
        if key_separator is None:
            yield from values
        else:
            keys = map(_text, wanted.column("key").to_pylist())
            yield from (f"{key}{key_separator}{value}" for key, value in zip(keys, values, strict=True))
        if left is not None:
            left -= wanted.num_rows
            if left == 0:
                return


def record_count(log: Log, topic: str) -> int:
    """How many offsets the topic's partitions hold. Raises UnknownTopicError."""
    return sum(log.end_offset(topic, p) - log.start_offset(topic, p) for p in range(_config(log, topic).partitions))


def _config(log: Log, topic: str) -> TopicConfig:
    config = log.topics().get(topic)
    if config is None:
        hint = did_you_mean(topic, log.topics()) or "SHOW TOPICS; lists them. Upper and lower case count."
        raise UnknownTopicError(f"there is no topic called {topic}", hint)
    return config


def _line_batches(source: BinaryIO) -> Iterator[list[bytes]]:
    """Lines as they become readable, without their ends, at most a batch at a time."""
    rest = b""
    read: Callable[[int], bytes] = getattr(source, "read1", source.read)
    while data := read(_READ_BYTES):
        *whole, rest = (rest + data).split(b"\n")
        lines = [line for line in (line.removesuffix(b"\r") for line in whole) if line]
        for start in range(0, len(lines), _BATCH_RECORDS):
            yield lines[start : start + _BATCH_RECORDS]
    if rest:
        yield [rest]


def _split(lines: Iterable[bytes], separator: str | None, null: str | None) -> tuple[list[bytes | None], list[bytes | None]]:
    keys: list[bytes | None] = []
    values: list[bytes | None] = []
    marker = None if null is None else null.encode()
    mark = None if separator is None else separator.encode()
    for line in lines:
        key, found, value = line.partition(mark) if mark else (b"", b"", line)
        keys.append(key if found and key != marker else None)
        values.append(None if (text := value if found or not mark else line) == marker else text)
    return keys, values


def _records(keys: list[bytes | None], values: list[bytes | None], timestamp_ms: int) -> pa.RecordBatch:
    count = len(keys)
    columns = [
        pa.array(keys, pa.binary()),
        pa.array(values, pa.binary()),
        pa.repeat(pa.scalar(timestamp_ms, pa.int64()), count),
    ]
    return pa.record_batch([*columns, pa.nulls(count, HEADERS_TYPE)], schema=RECORD_SCHEMA)


def _append(log: Log, topic: str, records: pa.RecordBatch, partitions: npt.NDArray[np.int32]) -> None:
    with log.transaction() as transaction:
        for partition in np.unique(partitions):
            transaction.append(topic, int(partition), records.filter(pa.array(partitions == partition)))


def _kept(log: Log, topic: str) -> Iterator[pa.RecordBatch]:
    for partition in range(_config(log, topic).partitions):
        offset = log.start_offset(topic, partition)
        while (records := log.fetch(topic, partition, offset, _BATCH_RECORDS)).num_rows:
            yield records
            offset = records.column("offset")[-1].as_py() + 1


def _text(data: bytes | None) -> str:
    return "null" if data is None else data.decode("utf-8", "backslashreplace")
