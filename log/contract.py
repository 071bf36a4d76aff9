"""The contract every log keeps: record batches, topics, transactions, errors.

Kafka's model. A topic has partitions; a partition is a sequence of records numbered by offset; producers append in
transactions; consumers fetch by offset and remember how far they came as a group's committed offsets. The engine
knows only this file, never an implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

import pyarrow as pa

from ksql.errors import KsqlError

HEADERS_TYPE = pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())]))

#: What is appended. `timestamp` is event time in epoch milliseconds; a null `value` is a tombstone.
RECORD_SCHEMA = pa.schema(
    [
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field("timestamp", pa.int64(), nullable=False),
        pa.field("headers", HEADERS_TYPE),
    ]
)

#: What is fetched: the record and where it lies. Offsets ascend, but need not be dense (compaction, Kafka's markers).
FETCH_SCHEMA = RECORD_SCHEMA.append(pa.field("offset", pa.int64(), nullable=False))

TopicPartition = tuple[str, int]

#: The end offset of a partition that went with its topic.
GONE = -1


class LogError(KsqlError):
    """Base of every error a log raises. `hint` says what the user can do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)


class UnknownTopicError(LogError):
    """The topic, or the partition of it, does not exist."""


class TopicExistsError(LogError):
    """A topic of that name exists already."""


class OffsetOutOfRangeError(LogError):
    """The offset lies before the start of the partition, or behind its end."""


class CorruptLogError(LogError):
    """Committed bytes are missing or fail their checksum. The message names file and position."""


class LogLockedError(LogError):
    """Another process owns the data directory. The message names it."""


class LogWriteError(LogError):
    """The storage refused a write (full disk, no permission, directory gone). Nothing of the transaction is visible."""


@dataclass(frozen=True, slots=True)
class TopicConfig:
    """How a topic is laid out and kept. Retention of -1 means for ever."""

    partitions: int = 1
    replicas: int = 1
    retention_ms: int = -1
    retention_bytes: int = -1
    cleanup_policy: Literal["delete", "compact", "compact,delete"] = "delete"
    segment_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """The next offset a group reads in a partition, and the group's own short note about it (for example a running
    maximum of timestamps)."""

    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`records` as FETCH_SCHEMA, and the offset to fetch from next: offsets between the two have no record. There may be no
    record at all and yet more behind `next_offset`."""

    records: pa.RecordBatch
    next_offset: int


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """First offset given to each appended partition, in commit order."""

    base_offsets: Mapping[TopicPartition, int] = field(default_factory=dict)


class Transaction(Protocol):
    """Records, and how far groups have read: everything between `Log.transaction()` and `commit()` becomes visible at once, or
    not at all.

    A context manager: leaving it normally commits, leaving it by an exception aborts. One thread uses a transaction.
    """

    def append(self, topic: str, partition: int, records: pa.RecordBatch) -> None:
        """Append records of RECORD_SCHEMA. Raises UnknownTopicError at once, LogWriteError at the latest in commit."""

    def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        """Remember how far a consumer group has read."""

    def commit(self) -> TransactionResult:
        """Make it visible; durable to the level the log was opened with when this returns."""

    def abort(self) -> None:
        """Forget it. Safe to call twice, or after a failed commit."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class MetadataTransaction(Transaction, Protocol):
    """A transaction that also changes what there is: topics, groups, entries. Statements make one, batches of queries never.

    Kafka has no such thing. A log on it makes sure that one is carried out wholly or not at all by other means, and need not
    show all of it at once.
    """

    def create_topic(self, name: str, config: TopicConfig) -> None:
        """Create a topic. Raises TopicExistsError."""

    def delete_topic(self, name: str) -> None:
        """Delete a topic and its records. Raises UnknownTopicError."""

    def delete_group(self, group: str) -> None:
        """Forget a consumer group's offsets; an unknown group is no error."""

    def put(self, space: str, key: str, value: bytes | None) -> None:
        """Write one entry of the log's key-value metadata (None removes it). A space is a name, such as 'catalog'."""


class Log(Protocol):
    """A set of topics. All methods may be called from any thread."""

    def transaction(self) -> Transaction:
        """Begin a transaction. Several may be open at once; appends of one partition keep commit order."""

    def change(self) -> MetadataTransaction:
        """Begin a transaction that may also change metadata."""

    def create_topic(self, name: str, config: TopicConfig | None = None) -> None:
        """A change of its own that creates one topic."""

    def delete_topic(self, name: str) -> None:
        """A change of its own that deletes one topic."""

    def topics(self) -> Mapping[str, TopicConfig]:
        """All topics that exist, by name."""

    def start_offset(self, topic: str, partition: int) -> int:
        """Offset of the oldest record still kept."""

    def end_offset(self, topic: str, partition: int) -> int:
        """Offset the next committed record will get (read committed: open transactions do not show)."""

    def fetch(self, topic: str, partition: int, offset: int, max_records: int = 65_536) -> Fetched:
        """Committed records from `offset` on; none at the end. Returns at most `max_records`, and may return fewer than there
        are: a caller goes on at `next_offset` until that is the end. Raises OffsetOutOfRangeError, CorruptLogError."""

    def offset_for_time(self, topic: str, partition: int, timestamp_ms: int) -> int:
        """The earliest offset still kept whose record has a timestamp >= `timestamp_ms`; the end offset when there is none."""

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Delete the records before an offset: it is the start offset from then on, if it was not higher. A change of its own,
        durable when this returns. Raises OffsetOutOfRangeError when `before` lies behind the end."""

    def committed(self, group: str) -> Mapping[TopicPartition, CommittedOffset]:
        """Committed offsets of a consumer group; empty when it is unknown."""

    def groups(self) -> Iterable[str]:
        """Names of the consumer groups that committed offsets."""

    def scan(self, space: str) -> Mapping[str, bytes]:
        """All metadata entries of a space, ordered by key."""

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` (cheap, any thread) after every commit. Returns a function that ends the subscription."""

    def follow(
        self, places: Iterable[TopicPartition], tell: Callable[[Mapping[TopicPartition, int]], None]
    ) -> Callable[[], None]:
        """Tell the end offsets of partitions: of all `places` before this returns, then of those that a commit moves (GONE when
        it deletes their topic). One call is one moment, and calls come in the order of the commits, each before `wake`. `tell`
        may be called by any thread, and only takes note: it must not call the log. Returns a function that ends it. Raises
        UnknownTopicError."""

    def close(self) -> None:
        """Release files and the lock. Safe to call twice."""
