"""What a source and a persistent query are: plain values, as the catalog keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ksql.engine.formats.contract import FormatOptions
from ksql.engine.types.sql_types import Column


@dataclass(frozen=True, slots=True)
class HeaderColumn(Column):
    """A column filled from record headers: all of them (`key` None), or the last one called `key`."""

    key: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The window that a key ends with. `kind` is TUMBLING, HOPPING or SESSION; sessions have no size."""

    kind: str
    size_ms: int | None = None
    #: For how long, in stream time, each is kept after its start (a session: its end) by the query that makes them, if that is
    #: known. It makes no other kind of window.
    retention_ms: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"a {self.kind} window" + (f" of {self.size_ms} ms" if self.size_ms else "")


@dataclass(frozen=True, slots=True)
class Source:
    """A stream or a table: a topic read with a schema."""

    name: str
    is_table: bool
    key_columns: tuple[Column, ...]
    value_columns: tuple[Column, ...]
    topic: str
    key_format: str
    value_format: str
    key_options: FormatOptions
    value_options: FormatOptions
    header_columns: tuple[HeaderColumn, ...] = ()
    #: Column names in the order they were declared; SELECT * and DESCRIBE follow it.
    order: tuple[str, ...] = ()
    timestamp_column: str | None = None
    timestamp_format: str | None = None
    #: 'TUMBLING', 'HOPPING', 'SESSION' when the key is windowed.
    windowed: str | None = None
    window_size_ms: int | None = None
    window_retention_ms: int | None = None
    #: So long a partition is silent until its stream time goes on by the clock; 0: for ever, None: as the query has it.
    idle_timeout_ms: int | None = None
    #: Declared with SOURCE: nobody may write to it.
    read_only: bool = False
    partitions: int = 1
    replicas: int = 1
    statement: str = ""
    #: The query that writes it, for CREATE … AS SELECT.
    query_id: str | None = None

    @property
    def kind(self) -> str:
        return "TABLE" if self.is_table else "STREAM"

    @property
    def window(self) -> Window | None:
        return None if self.windowed is None else Window(self.windowed, self.window_size_ms, self.window_retention_ms)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Key, value and header columns in declared order."""
        by_name = {c.name: c for c in (*self.key_columns, *self.value_columns, *self.header_columns)}
        return tuple(by_name[name] for name in self.order) if self.order else tuple(by_name.values())


@dataclass(frozen=True, slots=True)
class QueryInfo:
    """A persistent query as the catalog keeps it. `statement` is complete: stars expanded, so it means the same for ever."""

    id: str
    statement: str
    sink: str
    sources: tuple[str, ...]
    properties: Mapping[str, str] = field(default_factory=dict)
    state: str = "RUNNING"
    #: The version of plans that the query was made for, and the schemas of its states by their names (see `runtime.identity`).
    version: int = 1
    states: Mapping[str, str] = field(default_factory=dict)
