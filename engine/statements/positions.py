"""How far queries have read: what DESCRIBE … EXTENDED and EXPLAIN show of their consumer groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

from ksql.engine.catalog.definitions import QueryInfo
from ksql.engine.runtime.task import group_name
from ksql.engine.statements.registry import Request
from ksql.log.contract import Log

#: A table of a Listing: title, headers, rows.
Section = tuple[str, list[str], list[list[str]]]

HEADERS = ["Query ID", "Topic", "Partition", "Start", "End", "Position", "Lag"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a query stands in a partition: it reads `offset` next; the partition holds [start, end)."""

    query: str
    group: str
    topic: str
    partition: int
    start: int
    end: int
    offset: int

    @property
    def lag(self) -> int:
        return max(self.end - max(self.offset, self.start), 0)


def positions(request: Request, query: QueryInfo) -> Iterator[Position]:
    """Where the query stands in each partition it reads."""
    log, sources = request.engine.log, request.engine.catalog.sources
    read = {sources[name].topic for name in query.sources}
    for group in _groups(query.id, log):
        for (topic, partition), committed in sorted(log.committed(group).items()):
            if topic in log.topics() and topic in read:
                bounds = log.start_offset(topic, partition), log.end_offset(topic, partition)
                yield Position(query.id, group, topic, partition, *bounds, committed.offset)


def _groups(query_id: str, log: Log) -> Iterator[str]:
    """The groups of all it reads: a source may be read more than once."""
    known = set(log.groups())
    names = (group_name(query_id, index) for index in count())
    return takewhile(known.__contains__, names)


def section(found: Iterable[Position]) -> list[Section]:
    """A table for people, if there is anything to show."""
    rows = [[p.query, p.topic, *map(str, (p.partition, p.start, p.end, p.offset, p.lag))] for p in found]
    return [("Positions", HEADERS, rows)] if rows else []


def summaries(found: Iterable[Position]) -> list[dict[str, Any]]:
    """The same for REST: one entry for each consumer group and topic."""
    groups: dict[tuple[str, str], list[dict[str, int]]] = {}
    for p in found:
        offsets = {"partition": p.partition, "logStartOffset": p.start, "logEndOffset": p.end, "consumerOffset": p.offset}
        groups.setdefault((p.group, p.topic), []).append(offsets)
    return [{"groupId": group, "kafkaTopic": topic, "offsets": offsets} for (group, topic), offsets in groups.items()]
