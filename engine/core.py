"""The engine without its sessions: a log, a catalog, and the queries that run over them. Statements work on this."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import duckdb

from ksql.engine.catalog.catalog import Catalog
from ksql.engine.catalog.definitions import QueryInfo, Source
from ksql.engine.functions import register
from ksql.engine.operators.batch import RecordError
from ksql.engine.planning.persistent import plan_persistent
from ksql.engine.planning.plan import Plan
from ksql.engine.queries.pull_database import PullDatabase
from ksql.engine.queries.registry import PushQueries
from ksql.engine.runtime import changelog, identity
from ksql.engine.runtime.changelog import Changelog
from ksql.engine.runtime.processing_log import ProcessingLog
from ksql.engine.runtime.runtime import RunningQuery, Runtime
from ksql.engine.runtime.task import Task, group_name
from ksql.engine.settings import ERROR_ROWS, ERROR_STREAM, caching, checked, is_on, reads_latest
from ksql.engine.sql.runner import SqlRunner
from ksql.engine.state.changes import PLAN_VERSION
from ksql.errors import KsqlError
from ksql.log.contract import Log, LogError, MetadataTransaction

#: A batch has fewer records when each falls into many windows: every record of a window is a row.
_WINDOWED_ROWS = 1 << 19


def _epoch_ms() -> int:
    return time.time_ns() // 1_000_000


def _open_sql(workers: int) -> SqlRunner:
    # One thread: `SqlRunner` spreads batches over threads itself. And that optimizer would copy the parsing of a record into
    # the filter above it, and so parse it twice.
    database = duckdb.connect(config={"threads": 1, "disabled_optimizers": "filter_pushdown"})
    register(database)
    return SqlRunner(database, workers)


class EngineCore:
    """What `Engine` is made of, but for sessions."""

    def __init__(
        self,
        log: Log,
        *,
        config: Mapping[str, str] | None = None,
        workers: int = 1,
        clock: Callable[[], int] = _epoch_ms,
        batch_records: int = 65_536,
        sql: SqlRunner | None = None,
    ) -> None:
        self.log = log
        self.config = checked(config or {}, of_session=False)
        self.clock = clock
        self._batch_records = batch_records
        self.catalog = Catalog(log)
        self.sql_error = duckdb.Error
        enabled, rows = is_on(self.config, ERROR_STREAM), is_on(self.config, ERROR_ROWS)
        self.processing_log = ProcessingLog(log, self.catalog, clock, enabled=enabled, rows=rows)
        self.sql = sql or _open_sql(workers)
        self._borrows_sql = sql is not None
        self.runtime = Runtime(log, workers, self._report_failure)
        self.push_queries = PushQueries()
        self.statements_lock = threading.RLock()
        self.pull_database = PullDatabase()
        #: Of a test: behind which offset each topic's next record to be asserted lies. None: this is none.
        self.asserted: dict[str, int] | None = None
        self._closed = False
        self._migrate_queries()
        for info in list(self.catalog.queries.values()):
            self.run_query(info)

    def _migrate_queries(self) -> None:
        """Describe the queries of an older version as this one does; a query that cannot be planned says so when it runs."""
        for info in [info for info in self.catalog.queries.values() if info.version < PLAN_VERSION]:
            with suppress(KsqlError), self.log.change() as transaction:
                states = self.plan_of(info).states
                changelog.create_topic(transaction, self.log, info.id, states)
                self.catalog.change(transaction, queries={info.id: identity.migrate(info, states)})

    def start(self) -> None:
        """Let the persistent queries run; idempotent."""
        self.runtime.start()

    @property
    def sources(self) -> Mapping[str, Source]:
        return dict(self.catalog.sources)

    @property
    def queries(self) -> Mapping[str, RunningQuery]:
        return self.runtime.queries

    def run_query(self, info: QueryInfo) -> None:
        """Begin to run a query of the catalog. Its plan is made when a worker first takes it up."""
        query = RunningQuery(info, lambda: self.make_task(info), paused=info.state == "PAUSED")
        self.runtime.add(query)

    def plan_of(self, info: QueryInfo) -> Plan:
        """A fresh plan of a persistent query, sink included, with empty state."""
        return plan_persistent(info, self.catalog)

    def make_task(self, info: QueryInfo, **unusual: Any) -> Task:
        """A task at the point that was committed last. `unusual`: arguments of Task that a test gives other values."""
        plan = self.plan_of(info)
        identity.check(info, plan.states)
        topic = self.catalog.sources[info.sink].topic
        usual: dict[str, Any] = {
            "fold": lambda: plan.is_table and self.is_caching(info) and not self.catalog.is_read(topic),
            "report": self.processing_log.append,
            "clock": self.clock,
            "idle_timeout_ms": plan.idle_timeout_ms(info.properties),
            "latest": reads_latest(info.properties),
            "batch_records": min(self._batch_records, max(1, _WINDOWED_ROWS // plan.windows_per_record)),
        }
        return Task(info.id, plan, topic, self.log, self.sql, **(usual | unusual))

    def is_caching(self, info: QueryInfo) -> bool:
        """Whether a table's changes may be left out where nobody reads them but for the last of each key."""
        return caching(info.properties)

    def stop_query(self, query_id: str) -> None:
        """Take a query out of the runtime, after its current batch."""
        self.runtime.remove(query_id)

    @contextmanager
    def stopped(self, query_id: str | None) -> Iterator[None]:
        """Take a query out of the runtime for a change of the catalog. Should that fail, the query goes on."""
        was_running = query_id in self.queries
        if query_id is not None:
            self.stop_query(query_id)
        try:
            yield
        except BaseException:
            if was_running and query_id in self.catalog.queries:
                self.run_query(self.catalog.queries[query_id])
            raise

    def restart_queries(self, source: str) -> None:
        """Plan anew the queries that read or write `source`: it has got more columns."""
        for query_id in dict.fromkeys([*self.catalog.readers(source), *self.catalog.writers(source)]):
            self.stop_query(query_id)
            self.run_query(self.catalog.queries[query_id])

    def forget_state(self, transaction: MetadataTransaction, query_id: str | None) -> None:
        """Delete what a query remembers: its changelog and offsets."""
        if query_id is None:
            return
        Changelog(self.log, query_id, ()).delete(transaction)
        for group in list(self.log.groups()):
            if group == group_name(query_id, 0) or group.startswith(group_name(query_id, 0) + "."):
                transaction.delete_group(group)

    def wait_idle(self, timeout_s: float | None = None) -> bool:
        """Wait until every persistent query has committed all it can read; False after the timeout."""
        return self.runtime.wait_idle(timeout_s)

    def report(self, query_id: str, errors: Sequence[RecordError]) -> None:
        """Write record errors that belong to no transaction of a query."""
        with self.log.transaction() as transaction:
            self.processing_log.append(transaction, query_id, errors)

    def _report_failure(self, query_id: str, error: Exception) -> None:
        """Write that a query cannot go on; what fails may be the log itself."""
        with suppress(LogError), self.log.transaction() as transaction:
            self.processing_log.append_failure(transaction, query_id, error)

    def close(self) -> None:
        """Stop all queries after their current batch and release DuckDB; the log stays open. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self.push_queries.close_all()
        self.pull_database.close()
        self.runtime.close()
        if not self._borrows_sql:
            self.sql.close()
