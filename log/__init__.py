"""Topics: an append-only, partitioned log of key/value records, and its implementations."""

from ksql.log.contract import (
    FETCH_SCHEMA,
    GONE,
    HEADERS_TYPE,
    RECORD_SCHEMA,
    CommittedOffset,
    CorruptLogError,
    Fetched,
    Log,
    LogError,
    LogLockedError,
    LogWriteError,
    MetadataTransaction,
    OffsetOutOfRangeError,
    TopicConfig,
    TopicExistsError,
    TopicPartition,
    Transaction,
    TransactionResult,
    UnknownTopicError,
)
from ksql.log.embedded import EmbeddedLog
from ksql.log.memory import MemoryLog
from ksql.log.partitioner import partition_key, partition_keys

__all__ = [
    "FETCH_SCHEMA",
    "GONE",
    "HEADERS_TYPE",
    "RECORD_SCHEMA",
    "CommittedOffset",
    "CorruptLogError",
    "EmbeddedLog",
    "Fetched",
    "Log",
    "LogError",
    "LogLockedError",
    "LogWriteError",
    "MemoryLog",
    "MetadataTransaction",
    "OffsetOutOfRangeError",
    "TopicConfig",
    "TopicExistsError",
    "TopicPartition",
    "Transaction",
    "TransactionResult",
    "UnknownTopicError",
    "partition_key",
    "partition_keys",
]
