"""What every log inside this process shares: the committed picture, how it is read, and who is told of changes.

    LocalLog ── Picture ─┬─ topics ── partitions     records, read by each implementation in its own way
                         ├─ groups                   consumer groups' offsets  ┐ small: held in memory
                         └─ spaces                   key-value metadata        ┘

A commit changes the picture under one short lock and so becomes visible at once. Readers take that lock only to look
into dictionaries, never while bytes are read or written.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ksql.log.batches import NOTHING
from ksql.log.contract import (
    GONE,
    CommittedOffset,
    CorruptLogError,
    Fetched,
    OffsetOutOfRangeError,
    TopicConfig,
    TopicPartition,
    TransactionResult,
)
from ksql.log.transaction import (
    GatheringChange,
    GatheringTransaction,
    StagedChanges,
    check_partition,
    unknown_topic,
    without_topic,
)


class LocalPartition(Protocol):
    """The committed records of one partition."""

    @property
    def start_offset(self) -> int: ...

    @property
    def end_offset(self) -> int: ...

    def fetch(self, offset: int, max_records: int) -> Fetched:
        """At most `max_records` records from `offset` on; the caller made sure that it lies before the end. Raises
        CorruptLogError, also where records were deleted in the meantime."""

    def offset_for_time(self, timestamp_ms: int) -> int: ...

    def delete_before(self, offset: int) -> None:
        """Make `offset` the start, and let go of what lies before it."""


P = TypeVar("P", bound=LocalPartition)
Tell = Callable[[Mapping[TopicPartition, int]], None]


@dataclass(slots=True)
class Topic(Generic[P]):
    """A topic that exists. `id` is never given out twice, so it tells a topic from a later one of the same name."""

    id: int
    config: TopicConfig
    partitions: Sequence[P]


@dataclass(slots=True)
class Picture(Generic[P]):
    """All that is committed."""

    topics: dict[str, Topic[P]] = field(default_factory=dict)
    groups: dict[str, dict[TopicPartition, CommittedOffset]] = field(default_factory=dict)
    spaces: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def config(self, name: str) -> TopicConfig | None:
        topic = self.topics.get(name)
        return None if topic is None else topic.config

    def end_offset(self, place: TopicPartition) -> int:
        topic = self.topics.get(place[0])
        return GONE if topic is None or place[1] >= len(topic.partitions) else topic.partitions[place[1]].end_offset

    def apply(self, changes: StagedChanges, created: Mapping[str, Topic[P]]) -> None:
        """Carry out everything but the appends."""
        for group in changes.deleted_groups:
            self.groups.pop(group, None)
        for name in changes.deleted_topics:
            del self.topics[name]
            self._forget_offsets_of(name)
        self.topics.update(created)
        for group, offsets in changes.offsets.items():
            if offsets:
                self.groups.setdefault(group, {}).update(offsets)
        for (space, key), value in changes.entries.items():
            entries = self.spaces.setdefault(space, {})
            if value is None:
                entries.pop(key, None)
            else:
                entries[key] = value
        for (name, number), start in changes.starts.items():
            self.topics[name].partitions[number].delete_before(start)

    def _forget_offsets_of(self, topic: str) -> None:
        """A later topic of the same name starts at offset 0: what a group read of this one means nothing there."""
        for group, offsets in list(self.groups.items()):
            kept = without_topic(offsets, topic)
            if kept:
                self.groups[group] = kept
            else:
                del self.groups[group]


class LocalLog(ABC, Generic[P]):
    """The contract's Log but for `_carry_out`, which makes a transaction durable and then visible, and `close`."""

    def __init__(self, picture: Picture[P]) -> None:
        self._picture = picture
        self._visible = threading.Lock()
        self._subscribers: Mapping[object, Callable[[], None]] = {}  # replaced, never changed: commits read it unlocked
        self._followers: dict[object, tuple[frozenset[TopicPartition], Tell]] = {}

    @abstractmethod
    def _carry_out(self, changes: StagedChanges) -> TransactionResult:
        """Commit: durable first, then visible."""

    @abstractmethod
    def close(self) -> None: ...

    def transaction(self) -> GatheringTransaction:
        return GatheringTransaction(self._find_topic, self._carry_out)

    def change(self) -> GatheringChange:
        return GatheringChange(self._find_topic, self._carry_out)

    def create_topic(self, name: str, config: TopicConfig | None = None) -> None:
        with self.change() as change:
            change.create_topic(name, config or TopicConfig())

    def delete_topic(self, name: str) -> None:
        with self.change() as change:
            change.delete_topic(name)

    def topics(self) -> Mapping[str, TopicConfig]:
        with self._visible:
            return {name: topic.config for name, topic in self._picture.topics.items()}

    def start_offset(self, topic: str, partition: int) -> int:
        with self._visible:
            return self._partition(topic, partition).start_offset

    def end_offset(self, topic: str, partition: int) -> int:
        with self._visible:
            return self._partition(topic, partition).end_offset

    def fetch(self, topic: str, partition: int, offset: int, max_records: int = 65_536) -> Fetched:
        with self._visible:
            source = self._partition(topic, partition)
            start, end = source.start_offset, source.end_offset
        if not start <= offset <= end:
            raise out_of_range(topic, partition, offset, source)
        if max_records <= 0 or offset == end:
            return Fetched(NOTHING, offset)
        with self._reading(topic, partition, source, offset):
            return source.fetch(offset, max_records)

    def offset_for_time(self, topic: str, partition: int, timestamp_ms: int) -> int:
        while True:
            with self._visible:
                source = self._partition(topic, partition)
                start = source.start_offset
            with suppress(OffsetOutOfRangeError), self._reading(topic, partition, source, start):
                return source.offset_for_time(timestamp_ms)

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        if before > self.start_offset(topic, partition):
            self._carry_out(StagedChanges(starts={(topic, partition): before}))

    def committed(self, group: str) -> Mapping[TopicPartition, CommittedOffset]:
        with self._visible:
            return dict(self._picture.groups.get(group, {}))

    def groups(self) -> Iterable[str]:
        with self._visible:
            return sorted(self._picture.groups)

    def scan(self, space: str) -> Mapping[str, bytes]:
        with self._visible:
            entries = list(self._picture.spaces.get(space, {}).items())
        return dict(sorted(entries))

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        subscription = object()
        with self._visible:
            self._subscribers = {**self._subscribers, subscription: wake}

        def unsubscribe() -> None:
            with self._visible:
                self._subscribers = {key: other for key, other in self._subscribers.items() if key is not subscription}

        return unsubscribe

    def follow(self, places: Iterable[TopicPartition], tell: Tell) -> Callable[[], None]:
        follower, followed = object(), frozenset(places)
        with self._visible:
            for place in followed:
                self._partition(*place)
            self._followers[follower] = followed, tell
            tell({place: self._picture.end_offset(place) for place in followed})

        def unfollow() -> None:
            with self._visible:
                self._followers.pop(follower, None)

        return unfollow

    def _tell_followers(self, moved: Collection[TopicPartition] | None = None) -> None:
        """Of the partitions that moved; of all, if anything may have happened. Call with `_visible` held, so that followers
        know of a commit as soon as it shows."""
        for places, tell in self._followers.values():
            told = places if moved is None else places.intersection(moved)
            if told:
                tell({place: self._picture.end_offset(place) for place in told})

    def _moved(self, changes: StagedChanges) -> list[TopicPartition]:
        """Partitions whose ends the changes move. Call before they are applied."""
        deleted = [(name, n) for name in changes.deleted_topics for n in range(self._picture.topics[name].config.partitions)]
        created = [(name, n) for name, config in changes.created_topics.items() for n in range(config.partitions)]
        return [*deleted, *created, *changes.appends]

    def _wake_subscribers(self) -> None:
        for wake in self._subscribers.values():
            wake()

    def _find_topic(self, name: str) -> TopicConfig | None:
        with self._visible:
            return self._picture.config(name)

    def _check(self, changes: StagedChanges) -> None:
        """Raise if `changes` cannot be carried out on what is committed. Call where nothing else commits."""
        changes.check(self._picture.config)
        for (topic, number), start in changes.starts.items():
            partition = self._picture.topics[topic].partitions[number]
            if start > partition.end_offset:
                raise out_of_range(topic, number, start, partition)

    @contextmanager
    def _reading(self, topic: str, partition: int, source: P, offset: int) -> Iterator[None]:
        """Files may go while they are read from `offset` on, with their topic or because it was deleted: that is no damage."""
        try:
            yield
        except CorruptLogError:
            with self._visible:
                if self._partition(topic, partition) is not source:
                    raise unknown_topic(topic) from None
                if offset < source.start_offset:
                    raise out_of_range(topic, partition, offset, source) from None
            raise

    def _partition(self, topic: str, partition: int) -> P:
        """Call with `_visible` held."""
        found = self._picture.topics.get(topic)
        if found is None:
            raise unknown_topic(topic)
        check_partition(topic, partition, found.config)
        return found.partitions[partition]


def out_of_range(topic: str, partition: int, offset: int, source: LocalPartition) -> OffsetOutOfRangeError:
    return OffsetOutOfRangeError(
        f"{topic}-{partition} has no offset {offset}",
        hint=f"its records begin at {source.start_offset} and end before {source.end_offset}",
    )
