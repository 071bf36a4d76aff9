"""Where a query stands in one partition."""

from __future__ import annotations

from dataclasses import dataclass

from ksql.log.contract import CommittedOffset, TopicPartition


@dataclass(slots=True)
class Cursor:
    """The next record of one partition of one source lies at `offset`, or behind it."""

    source: int
    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> TopicPartition:
        return self.topic, self.partition

    @property
    def position(self) -> CommittedOffset:
        return CommittedOffset(self.offset)
