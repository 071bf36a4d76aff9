"""What executing a statement gives back. Four shapes: a message, a listing, rows of a pull query, a running push query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from ksql.engine.types.sql_types import Column


@dataclass(frozen=True, slots=True)
class Message:
    """A statement that changed something (or found nothing to change). `entity` is the REST body of it."""

    statement: str
    text: str
    entity: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """The answer of SHOW, DESCRIBE, EXPLAIN …: tables of text for a person, `entity` for REST (with its '@type').

    sections: (title, column headers, rows of text) in reading order; a title may be empty; a section without headers is free
    text,
    one row of one cell.
    """

    statement: str
    sections: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]]
    entity: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """The complete answer of a pull query. DATE, TIME and TIMESTAMP columns are Arrow date32, time32[ms], timestamp[ms]."""

    statement: str
    query_id: str
    columns: tuple[Column, ...]
    table: pa.Table


@dataclass(frozen=True, slots=True)
class Changes:
    """Some rows of a push query, in order. `tombstones[i]` is true where row i deletes its key (then only key columns are set).
    Calendar types as in Rows."""

    table: pa.Table
    tombstones: Sequence[bool]


class PushQuery(Protocol):
    """A running push query: iterate it for Changes until its LIMIT is reached or it is closed.

    Iteration blocks while there is nothing new. `next_changes(timeout_s)` returns None when nothing came in time and raises
    StopIteration at the end. `close` may be called from any thread and ends the iteration. PRINT gives the same shape.
    """

    statement: str
    query_id: str
    columns: tuple[Column, ...]

    @property
    def limit_reached(self) -> bool:
        """Whether it has given as many rows as its LIMIT says."""

    def __iter__(self) -> Iterator[Changes]: ...

    def next_changes(self, timeout_s: float | None = None) -> Changes | None: ...

    def close(self) -> None: ...


Result = Message | Listing | Rows | PushQuery
