"""Push queries: a plan without a sink, driven by whoever iterates it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from ksql.engine.operators.batch import DELETED, BatchContext, RecordError
from ksql.engine.planning.plan import Plan
from ksql.engine.queries.live_rows import LiveRows
from ksql.engine.queries.registry import PushQueries
from ksql.engine.results import Changes
from ksql.engine.runtime.idleness import Idleness
from ksql.engine.runtime.reader import MicroBatch, Reader
from ksql.engine.runtime.task import start_cursors
from ksql.engine.sql.runner import SqlRunner
from ksql.engine.types.calendar import to_calendar
from ksql.log.contract import Log


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
        clock: Callable[[], int],
        idle_timeout_ms: int,
        latest: bool,
        limit: int | None,
    ) -> None:
        reader = Reader(log, start_cursors(log, "", plan, latest=latest), clocks=plan.clocks(sql))
        super().__init__(statement, query_id, plan.columns, reader, log, registry, limit)
        self._plan = plan
        self._sql = sql
        self._report, self._clock = report, clock
        self._idleness = Idleness(plan, clock, idle_timeout_ms)

    def _without_records(self) -> MicroBatch | None:
        return self._idleness.passed()

    def _due_in_ms(self) -> int | None:
        return self._idleness.due_in_ms()

    def _process(self, batch: MicroBatch) -> Changes | None:
        errors = list(batch.errors)
        context = BatchContext(
            self._sql,
            batch.inputs,
            errors=errors.append,
            now_ms=self._clock(),
            idle=self._idleness.of(batch),
            decoded=batch.decoded,
        )
        rows = self._plan.output.process(context)
        for state in self._plan.states:
            state.publish(0)
        self._idleness.look()
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
