"""A transaction that gathers its changes in memory and hands them to its log when it commits.

Gathering instead of writing keeps concurrent transactions apart without any locking: only commits meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeVar

import pyarrow as pa

from ksql.log.contract import (
    RECORD_SCHEMA,
    CommittedOffset,
    LogError,
    TopicConfig,
    TopicExistsError,
    TopicPartition,
    TransactionResult,
    UnknownTopicError,
)

_TOPIC_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")
#: More would take the whole memory before a record is written.
_MOST_PARTITIONS = 100_000
_TIMESTAMP = RECORD_SCHEMA.get_field_index("timestamp")

T = TypeVar("T")

#: Answers what is committed under a name: the topic's layout, or None.
FindTopic = Callable[[str], TopicConfig | None]


@dataclass(slots=True)
class StagedChanges:
    """What one transaction does, in the order in which it is carried out: forget, delete, create, append, remember.

    `starts` are new start offsets: what lies before them is deleted. They come alone.
    """

    deleted_groups: set[str] = field(default_factory=set)
    deleted_topics: set[str] = field(default_factory=set)
    created_topics: dict[str, TopicConfig] = field(default_factory=dict)
    appends: dict[TopicPartition, list[pa.RecordBatch]] = field(default_factory=dict)
    offsets: dict[str, dict[TopicPartition, CommittedOffset]] = field(default_factory=dict)
    entries: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    starts: dict[TopicPartition, int] = field(default_factory=dict)

    def find_topic(self, name: str, committed: FindTopic) -> TopicConfig | None:
        """The topic as the transaction sees it: its own creations and deletions over what is committed."""
        created = self.created_topics.get(name)
        if created is not None:
            return created
        return None if name in self.deleted_topics else committed(name)

    def check(self, committed: FindTopic) -> None:
        """Raise if another commit in the meantime took away what these changes rest on."""
        for name in self.deleted_topics:
            if committed(name) is None:
                raise unknown_topic(name)
        for name in self.created_topics:
            if name not in self.deleted_topics and committed(name) is not None:
                raise topic_exists(name)
        for name, partition in (*self.appends, *self.starts):
            check_partition(name, partition, self.find_topic(name, committed))


class GatheringTransaction:
    """The contract's Transaction over `StagedChanges`."""

    def __init__(self, find_topic: FindTopic, carry_out: Callable[[StagedChanges], TransactionResult]) -> None:
        self._committed_topic = find_topic
        self._carry_out = carry_out
        self._changes: StagedChanges | None = StagedChanges()

    def append(self, topic: str, partition: int, records: pa.RecordBatch) -> None:
        changes = self._open_changes()
        check_partition(topic, partition, changes.find_topic(topic, self._committed_topic))
        _check_records(records)
        batches = changes.appends.setdefault((topic, partition), [])
        if records.num_rows:
            batches.append(records)

    def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
        self._open_changes().offsets.setdefault(group, {}).update(offsets)

    def commit(self) -> TransactionResult:
        changes = self._open_changes()
        self._changes = None
        return self._carry_out(changes)

    def abort(self) -> None:
        self._changes = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._changes is not None and exc[0] is None:
            self.commit()
        self.abort()

    def _open_changes(self) -> StagedChanges:
        if self._changes is None:
            raise LogError("the transaction has ended", hint="begin another one")
        return self._changes


class GatheringChange(GatheringTransaction):
    """The contract's MetadataTransaction."""

    def create_topic(self, name: str, config: TopicConfig) -> None:
        changes = self._open_changes()
        _check_new_topic(name, config)
        if changes.find_topic(name, self._committed_topic) is not None:
            raise topic_exists(name)
        changes.created_topics[name] = config

    def delete_topic(self, name: str) -> None:
        changes = self._open_changes()
        if changes.find_topic(name, self._committed_topic) is None:
            raise unknown_topic(name)
        if changes.created_topics.pop(name, None) is None:
            changes.deleted_topics.add(name)
        changes.appends = without_topic(changes.appends, name)
        changes.offsets = {group: without_topic(offsets, name) for group, offsets in changes.offsets.items()}

    def delete_group(self, group: str) -> None:
        changes = self._open_changes()
        changes.deleted_groups.add(group)
        changes.offsets.pop(group, None)

    def put(self, space: str, key: str, value: bytes | None) -> None:
        self._open_changes().entries[space, key] = value


def without_topic(of_partitions: Mapping[TopicPartition, T], topic: str) -> dict[TopicPartition, T]:
    return {place: value for place, value in of_partitions.items() if place[0] != topic}


def check_partition(topic: str, partition: int, config: TopicConfig | None) -> None:
    """Raise UnknownTopicError unless `config` is a topic that has this partition."""
    if config is None:
        raise unknown_topic(topic)
    if not 0 <= partition < config.partitions:
        raise UnknownTopicError(f"topic {topic} has no partition {partition}", hint=f"it has {config.partitions}, from 0 on")


def unknown_topic(name: str) -> UnknownTopicError:
    return UnknownTopicError(f"there is no topic {name}")


def topic_exists(name: str) -> TopicExistsError:
    return TopicExistsError(f"topic {name} exists already")


def _check_records(records: pa.RecordBatch) -> None:
    if records.schema != RECORD_SCHEMA:
        raise LogError(f"records must have the schema of a log record, not: {records.schema.to_string()}")
    if records.column(_TIMESTAMP).null_count:
        raise LogError("every record needs a timestamp")


def _check_new_topic(name: str, config: TopicConfig) -> None:
    if not _TOPIC_NAME.fullmatch(name) or name in {".", ".."}:
        raise LogError(f"a topic cannot be named {name!r}", hint="1 to 249 letters, digits, dots, underscores and dashes")
    if not 1 <= config.partitions <= _MOST_PARTITIONS:
        raise LogError(f"topic {name} can have 1 to {_MOST_PARTITIONS:,} partitions, not {config.partitions:,}")
