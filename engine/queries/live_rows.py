"""Rows that keep coming: the iteration that push queries and PRINT share."""

from __future__ import annotations

import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa

from ksql.engine.errors import QueryError
from ksql.engine.queries.registry import PushQueries
from ksql.engine.results import Changes
from ksql.engine.runtime.reader import MicroBatch, Reader
from ksql.engine.sql.runner import reason
from ksql.engine.types.sql_types import Column
from ksql.errors import KsqlError
from ksql.log.contract import Log


class LiveRows(ABC):
    """Reads micro-batches as they are written and hands out what `_process` makes of them, at most `limit` rows.

    One thread at a time iterates; `close` may come from any, and wakes one that waits.
    """

    def __init__(
        self,
        statement: str,
        query_id: str,
        columns: tuple[Column, ...],
        reader: Reader,
        log: Log,
        registry: PushQueries,
        limit: int | None,
    ) -> None:
        self.statement = statement
        self.query_id = query_id
        self.columns = columns
        self._reader = reader
        self._left = limit
        self._woken = threading.Event()
        self._closed = False
        # The log knows the event and the reader, not this object: one that was forgotten can go, and takes those along.
        self._let_go = weakref.finalize(self, _call_all, log.subscribe(self._woken.set), reader.close)
        self._let_go.atexit = False
        self._registry = registry
        registry.add(self)

    @property
    def limit_reached(self) -> bool:
        """Whether it has ended because it gave all the rows it was asked for."""
        return self._left == 0

    def __iter__(self) -> Iterator[Changes]:
        while True:
            try:
                changes = self.next_changes()
            except StopIteration:
                return
            if changes is not None:
                yield changes

    def next_changes(self, timeout_s: float | None = None) -> Changes | None:
        """The next rows; None when none came within `timeout_s`. Raises StopIteration at the end, QueryError on failure."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            # Cleared before anything is looked at, so that neither a write nor a close in between is slept through.
            self._woken.clear()
            if self._closed or self.limit_reached:
                self.close()
                raise StopIteration
            changes, read = self._step()
            if changes is not None:
                return changes
            if read:
                continue
            wait = None if deadline is None else max(deadline - time.monotonic(), 0)
            due_ms = self._due_in_ms()
            waits = [seconds for seconds in (wait, None if due_ms is None else due_ms / 1000) if seconds is not None]
            if not self._woken.wait(min(waits, default=None)) and deadline is not None and time.monotonic() >= deadline:
                return None

    def close(self) -> None:
        """End the query; safe to call twice and from any thread."""
        if not self._closed:
            self._closed = True
            self._let_go()
            self._registry.remove(self.query_id)
            self._woken.set()

    def _step(self) -> tuple[Changes | None, bool]:
        """Rows of the next micro-batch, and whether there was one."""
        try:
            batch = self._reader.read() or self._without_records()
            if batch is None:
                return None, False
            changes = self._process(batch)
        except (duckdb.Error, pa.ArrowException, KsqlError) as error:
            self.close()
            cause = reason(str(error)) if isinstance(error, duckdb.Error) else error
            raise QueryError(f"query {self.query_id} failed: {cause}", query_id=self.query_id) from error
        return changes, True

    def _within_limit(self, rows: pa.Table) -> pa.Table:
        """As many of the rows as the limit still allows."""
        if self._left is not None:
            rows = rows.slice(0, self._left)
            self._left -= rows.num_rows
        return rows

    def _without_records(self) -> MicroBatch | None:
        """A micro-batch without records, when time alone makes rows."""
        return None

    def _due_in_ms(self) -> int | None:
        """In how much time it does; None: it does not."""
        return None

    @abstractmethod
    def _process(self, batch: MicroBatch) -> Changes | None:
        """Rows of a micro-batch; None when it makes none."""


def _call_all(*functions: Callable[[], None]) -> None:
    for function in functions:
        function()
