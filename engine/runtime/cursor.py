"""Where a query stands in one partition."""

from __future__ import annotations

from dataclasses import dataclass

from ksql.log.contract import CommittedOffset, TopicPartition

_LOAD_UNTIL = "load until "


@dataclass(slots=True)
class Cursor:
    """The next record of one partition of one source lies at `offset`, or behind it.

    Up to before `load_until` the partition is read before any other that is not loaded so.
    """

    source: int
    topic: str
    partition: int
    offset: int
    load_until: int = 0

    @classmethod
    def resumed(cls, source: int, place: TopicPartition, committed: CommittedOffset) -> Cursor:
        """Where `position` was committed. Version 0.1.0 noted a running maximum of timestamps, which nobody needs."""
        note = committed.metadata.removeprefix(_LOAD_UNTIL)
        return cls(source, *place, committed.offset, int(note) if note != committed.metadata else 0)

    @property
    def is_loading(self) -> bool:
        return self.offset < self.load_until

    @property
    def place(self) -> TopicPartition:
        return self.topic, self.partition

    @property
    def position(self) -> CommittedOffset:
        return CommittedOffset(self.offset, f"{_LOAD_UNTIL}{self.load_until}" if self.is_loading else "")
