"""Push queries: a plan without a sink, driven by whoever iterates it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pyarrow as pa

from ksql.engine.operators.batch import DELETED, BatchContext, RecordError
from ksql.engine.planning.plan import Plan
from ksql.engine.queries.live_rows import LiveRows
from ksql.engine.results import Changes
from ksql.engine.runtime.reader import MicroBatch, Reader
from ksql.engine.runtime.task import start_cursors
from ksql.engine.sql.runner import SqlRunner
from ksql.engine.types.calendar import to_calendar
from ksql.log.contract import Log


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


class RunningPushQuery(LiveRows):
    """See `results.PushQuery`. One thread at a time iterates; `close` may come from any."""

    def __init__(
        self,
        statement: str,
        query_id: str,
        plan: Plan,
        log: Log,
        sql: SqlRunner,
        registry: PushQueries,
        report: Callable[[str, Sequence[RecordError]], None],
        *,
        latest: bool,
        limit: int | None,
    ) -> None:
        super().__init__(
            statement, query_id, plan.columns, Reader(log, start_cursors(log, "", plan, latest=latest)), log, limit
        )
        self._plan = plan
        self._sql = sql
        self._registry = registry
        self._report = report
        registry.add(self)

    def close(self) -> None:
        super().close()
        self._registry.remove(self.query_id)

    def _process(self, batch: MicroBatch) -> Changes | None:
        errors: list[RecordError] = []
        rows = self._plan.output.process(BatchContext(self._sql, batch.inputs, errors=errors.append))
        for state in self._plan.states:
            state.publish()
        if errors:
            self._report(self.query_id, errors)
        return self._changes(rows)

    def _changes(self, rows: pa.Table) -> Changes | None:
        if not self._plan.is_table and rows.num_rows:
            rows = rows.filter(pa.compute.invert(rows.column(DELETED)))
        rows = self._within_limit(rows)
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
