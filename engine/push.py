"""Push queries: a plan without a sink, driven by whoever iterates it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import duckdb
import pyarrow as pa

from ksql.engine.calendar import to_calendar
from ksql.engine.errors import KsqlError, QueryError
from ksql.engine.operators.batch import DELETED, BatchContext, RecordError
from ksql.engine.plan import Plan
from ksql.engine.results import Changes
from ksql.engine.runtime.reader import Reader
from ksql.engine.runtime.task import start_cursors
from ksql.engine.types import Column
from ksql.log.contract import Log, LogError


class PushQueries:
    """The push queries that run at present, by id."""

    def __init__(self) -> None:
        self._running: dict[str, RunningPushQuery] = {}
        self._number = 0
        self._lock = threading.Lock()

    def new_id(self, sources: Sequence[str]) -> str:
        with self._lock:
            self._number += 1
            return f"transient_{'_'.join(sources)}_{self._number}"

    def add(self, query: RunningPushQuery) -> None:
        with self._lock:
            self._running[query.query_id] = query

    def remove(self, query_id: str) -> None:
        with self._lock:
            self._running.pop(query_id, None)

    @property
    def running(self) -> list[RunningPushQuery]:
        with self._lock:
            return list(self._running.values())

    def close(self, query_id: str) -> bool:
        """Close one; whether there was one of that id."""
        with self._lock:
            query = self._running.get(query_id)
        if query is not None:
            query.close()
        return query is not None

    def close_all(self) -> None:
        for query in self.running:
            query.close()


class RunningPushQuery:
    """See `results.PushQuery`. One thread at a time iterates; `close` may come from any."""

    def __init__(
        self,
        statement: str,
        query_id: str,
        plan: Plan,
        log: Log,
        connection: duckdb.DuckDBPyConnection,
        registry: PushQueries,
        report: Callable[[str, Sequence[RecordError]], None],
        *,
        latest: bool,
        limit: int | None,
    ) -> None:
        self.statement = statement
        self.query_id = query_id
        self.columns: tuple[Column, ...] = plan.columns
        self._plan = plan
        self._connection = connection
        self._registry = registry
        self._report = report
        self._left = limit
        self._reader = Reader(log, start_cursors(log, "", plan, latest=latest))
        self._woken = threading.Event()
        self._closed = False
        self._unsubscribe = log.subscribe(self._woken.set)
        registry.add(self)

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
            self._woken.clear()
            if self._closed or self._left == 0:
                self.close()
                raise StopIteration
            changes, read = self._step()
            if changes is not None:
                return changes
            if read:
                continue
            wait = None if deadline is None else max(deadline - time.monotonic(), 0)
            if not self._woken.wait(wait):
                return None

    def close(self) -> None:
        """End the query; safe to call twice and from any thread."""
        if not self._closed:
            self._closed = True
            self._unsubscribe()
            self._registry.remove(self.query_id)
            self._woken.set()

    def _step(self) -> tuple[Changes | None, int]:
        """Rows of the next micro-batch, and how many records it had."""
        try:
            batch = self._reader.read()
            if batch is None:
                return None, 0
            errors: list[RecordError] = []
            rows = self._plan.output.process(BatchContext(self._connection, batch.inputs, errors=errors.append))
            for state in self._plan.states:
                state.publish()
            self._reader.advance(batch)
        except (LogError, duckdb.Error, pa.ArrowException, KsqlError) as error:
            self.close()
            raise QueryError(f"push query {self.query_id} failed: {error}", query_id=self.query_id) from error
        if errors:
            self._report(self.query_id, errors)
        return self._changes(rows), batch.records

    def _changes(self, rows: pa.Table) -> Changes | None:
        if not self._plan.is_table and rows.num_rows:
            rows = rows.filter(pa.compute.invert(rows.column(DELETED)))
        if self._left is not None:
            rows = rows.slice(0, self._left)
            self._left -= rows.num_rows
        if rows.num_rows == 0:
            return None
        tombstones = rows.column(DELETED).to_pylist()
        if any(tombstones):
            rows = self._keys_only(rows)
        return Changes(to_calendar(rows, self._plan.columns, self._plan.refs), tombstones)

    def _keys_only(self, rows: pa.Table) -> pa.Table:
        """Rows whose tombstones have nulls in all but the key columns."""
        deleted = rows.column(DELETED)
        for ref in set(self._plan.refs) - set(self._plan.keys):
            column = rows.column(ref)
            nulled = pa.compute.if_else(deleted, pa.scalar(None, column.type), column)
            rows = rows.set_column(rows.column_names.index(ref), ref, nulled)
        return rows
