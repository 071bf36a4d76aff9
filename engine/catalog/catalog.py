"""What exists: sources, types and persistent queries. Durable as entries of the log's metadata, written in the
transaction that also creates the topics, so that a statement happens wholly or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from ksql.engine.catalog import definition_json
from ksql.engine.catalog.definitions import QueryInfo, Source
from ksql.engine.errors import StatementError, did_you_mean
from ksql.engine.types.names import parse_sql_type
from ksql.engine.types.sql_types import SqlType
from ksql.log.contract import Log, MetadataTransaction

T = TypeVar("T")

SOURCES, TYPES, QUERIES, COUNTERS = "catalog.sources", "catalog.types", "catalog.queries", "catalog.counters"
SPACES = (SOURCES, TYPES, QUERIES, COUNTERS)


class Catalog:
    """The current set of definitions. Reads see committed definitions; a change is staged in a log transaction and applied when
    that has committed."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.types: dict[str, SqlType] = {}
        for name, text in log.scan(TYPES).items():
            self.types[name] = parse_sql_type(text.decode(), {})
        self.sources = {name: definition_json.source_from_json(text) for name, text in log.scan(SOURCES).items()}
        self.queries = {name: definition_json.query_from_json(text) for name, text in log.scan(QUERIES).items()}
        self._counters = {name: int(text) for name, text in log.scan(COUNTERS).items()}

    def source(self, name: str) -> Source:
        """The source called `name`. Raises StatementError, with the nearest names there are."""
        if name in self.sources:
            return self.sources[name]
        kind = did_you_mean(name, self.sources)
        hint = kind or "SHOW STREAMS; and SHOW TABLES; list what exists."
        raise StatementError(f"there is no stream or table called {name}", hint=hint)

    def next_id(self, counter: str) -> int:
        """The number the next id of this kind gets; taken only when `change` stores it."""
        return self._counters.get(counter, 0)

    def change(
        self,
        transaction: MetadataTransaction,
        *,
        sources: Mapping[str, Source | None] | None = None,
        types: Mapping[str, SqlType | None] | None = None,
        queries: Mapping[str, QueryInfo | None] | None = None,
        used_ids: Iterable[str] = (),
    ) -> None:
        """Write definitions (None removes one), commit the transaction, and then show them. On an error nothing has changed."""
        counters = {name: self.next_id(name) + 1 for name in used_ids}
        for name, source in (sources or {}).items():
            transaction.put(SOURCES, name, None if source is None else definition_json.source_to_json(source))
        for name, type_ in (types or {}).items():
            transaction.put(TYPES, name, None if type_ is None else str(type_).encode())
        for name, query in (queries or {}).items():
            transaction.put(QUERIES, name, None if query is None else definition_json.query_to_json(query))
        for name, number in counters.items():
            transaction.put(COUNTERS, name, str(number).encode())
        transaction.commit()
        _apply(self.sources, sources or {})
        _apply(self.types, types or {})
        _apply(self.queries, queries or {})
        self._counters.update(counters)

    def readers(self, name: str) -> list[str]:
        """Ids of the queries that read the source."""
        return [query.id for query in self.queries.values() if name in query.sources]

    def is_read(self, topic: str) -> bool:
        """Whether a query reads the topic, by whatever source."""
        names = {name for query in list(self.queries.values()) for name in query.sources}
        return any(source.topic == topic for source in list(self.sources.values()) if source.name in names)

    def writers(self, name: str) -> list[str]:
        """Ids of the queries that write the source."""
        return [query.id for query in self.queries.values() if query.sink == name]


def _apply(current: dict[str, T], changes: Mapping[str, T | None]) -> None:
    for name, item in changes.items():
        if item is None:
            current.pop(name, None)
        else:
            current[name] = item
