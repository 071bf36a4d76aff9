"""Lines of text into a topic, and a topic as lines of text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from ksql.engine.errors import did_you_mean
from ksql.errors import KsqlError
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA, Log, TopicConfig, TopicExistsError, UnknownTopicError
from ksql.log.partitioner import append_spread

#: Most records in one commit, and most bytes read at a time.
_BATCH_RECORDS = 65_536
_READ_BYTES = 1 << 20
#: So much of a line is shown in a message.
_SHOWN_BYTES = 60


def now_ms() -> int:
    """The present as epoch milliseconds."""
    return time.time_ns() // 1_000_000


def ensure_topic(log: Log, topic: str, partitions: int | None = None) -> bool:
    """Create the topic when it is missing, with one partition if nothing else is said; whether it had to be.

    Raises TopicExistsError if it has another number of partitions than asked for.
    """
    existing = log.topics().get(topic)
    if existing is None:
        log.create_topic(topic, TopicConfig(partitions=partitions or 1))
    elif partitions not in (None, existing.partitions):
        raise TopicExistsError(
            f"topic {topic} exists with {existing.partitions} partitions, not {partitions}",
            hint="leave --partitions out to append to it.",
        )
    return existing is None


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

    With a separator, what stands before its first occurrence is the key. A key or value equal to `null_marker` is null, so
    such a value is a tombstone. Raises UnknownTopicError, LogWriteError, and KsqlError for a line without the separator: of a
    file nothing is appended then, of a pipe the lines before it.
    """
    _config(log, topic)
    mark, null = _bytes(key_separator), _bytes(null_marker)
    if mark and source.seekable():
        start = source.tell()
        for first, lines in _line_batches(source):
            _check(lines, first, mark)
        source.seek(start)
    total = 0
    for first, lines in _line_batches(source):
        bad = _without(mark, lines)
        records = _records([_split(line, mark, null) for line in lines[:bad] if line], clock())
        with log.transaction() as transaction:
            append_spread(log, transaction, topic, records)
        _check(lines, first, mark)
        total += records.num_rows
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


def _line_batches(source: BinaryIO) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Lines as they become readable, without their ends, at most a batch at a time; and the number of the first."""
    rest, number = b"", 1
    read: Callable[[int], bytes] = getattr(source, "read1", source.read)
    while data := read(_READ_BYTES):
        *whole, rest = (rest + data).split(b"\n")
        for start in range(0, len(whole), _BATCH_RECORDS):
            lines = [line.removesuffix(b"\r") for line in whole[start : start + _BATCH_RECORDS]]
            yield number, lines
            number += len(lines)
    if rest:
        yield number, [rest.removesuffix(b"\r")]


def _without(mark: bytes | None, lines: Iterable[bytes]) -> int | None:
    """Index of the first line that lacks the separator, and is not empty."""
    return None if mark is None else next((i for i, line in enumerate(lines) if line and mark not in line), None)


def _check(lines: Sequence[bytes], first: int, mark: bytes | None) -> None:
    if (bad := _without(mark, lines)) is not None:
        raise KsqlError(
            f"line {first + bad:,} has no key separator {_text(mark)!r}: {_text(lines[bad][:_SHOWN_BYTES])}",
            hint="for a record without a key write a marker before the separator, and name it by --null-marker.",
        )


def _split(line: bytes, mark: bytes | None, null: bytes | None) -> tuple[bytes | None, bytes | None]:
    """Key and value of a line that has the separator, if there is one."""
    if mark is None:
        return None, None if line == null else line
    key, _, value = line.partition(mark)
    return None if key == null else key, None if value == null else value


def _records(pairs: Sequence[tuple[bytes | None, bytes | None]], timestamp_ms: int) -> pa.RecordBatch:
    columns = [
        pa.array([key for key, _ in pairs], pa.binary()),
        pa.array([value for _, value in pairs], pa.binary()),
        pa.repeat(pa.scalar(timestamp_ms, pa.int64()), len(pairs)),
    ]
    return pa.record_batch([*columns, pa.nulls(len(pairs), HEADERS_TYPE)], schema=RECORD_SCHEMA)


def _bytes(argument: str | None) -> bytes | None:
    """An argument of the command line as the bytes it was given in."""
    return None if argument is None else argument.encode("utf-8", "surrogateescape")


def _kept(log: Log, topic: str) -> Iterator[pa.RecordBatch]:
    for partition in range(_config(log, topic).partitions):
        offset, end = log.start_offset(topic, partition), log.end_offset(topic, partition)
        while offset < end:
            fetched = log.fetch(topic, partition, offset, _BATCH_RECORDS)
            yield fetched.records
            offset = fetched.next_offset


def _text(data: bytes | None) -> str:
    return "null" if data is None else data.decode("utf-8", "backslashreplace")
