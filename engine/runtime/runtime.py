"""Runs the persistent queries on a few worker threads, woken by the log, and by a timer only for what is due by the clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from ksql.engine.catalog.definitions import QueryInfo
from ksql.engine.runtime.task import Task
from ksql.log.contract import Log

_logger = logging.getLogger("ksql")
#: Delay before a failed query is tried again: doubles from the first to the last, as seconds.
_FIRST_RETRY_S, _LAST_RETRY_S = 1.0, 900.0
#: A worker looks no more often than this for what is due.
_PAUSE_S = 0.01


@dataclass(slots=True)
class RunningQuery:
    """A persistent query and the task that does its work. `make_task` builds a task from what is committed."""

    info: QueryInfo
    make_task: Callable[[], Task]
    task: Task | None = None
    paused: bool = False
    error: str = ""
    failures: int = 0
    busy: bool = False
    stopped: bool = False
    records: int = 0
    #: When it was last taken up, counted in batches of all queries.
    turn: int = 0
    _waiting: bool = False

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def statement(self) -> str:
        return self.info.statement

    @property
    def state(self) -> str:
        """RUNNING, PAUSED, or ERROR: it failed and waits to be tried again."""
        if self.error:
            return "ERROR"
        return "PAUSED" if self.paused else "RUNNING"

    def is_ready(self) -> bool:
        """Whether a worker should take it up now."""
        return self._may_work() and (self.task is None or self.task.has_more())

    def due_in_ms(self) -> int | None:
        """In how much time a worker should take it up even if nothing is written; None: it need not."""
        return self.task.due_in_ms() if self.task is not None and self._may_work() else None

    def _may_work(self) -> bool:
        return not (self.busy or self.paused or self.stopped or self._waiting)

    def is_light(self) -> bool:
        """Whether it need not wait for heavy ones."""
        return self.task is not None and self.task.is_light()

    def drop_task(self) -> None:
        if self.task is not None:
            self.task.close()
            self.task = None

    def wait(self, waiting: bool) -> None:
        self._waiting = waiting


class Runtime:
    """Worker threads over a set of queries, which take turns.

    One more thread takes only light batches: a single record does not wait until a backlog's batch is done. `on_failure` hears
    of a query that could not go on.
    """

    def __init__(self, log: Log, workers: int, on_failure: Callable[[str, Exception], None] = lambda _id, _error: None) -> None:
        self._log = log
        self._on_failure = on_failure
        self._changed = threading.Condition()
        self._queries: dict[str, RunningQuery] = {}
        self._closed = False
        self._turn = 0
        self._threads = [
            threading.Thread(target=self._work, args=[i == workers], name=f"ksql-worker-{i}", daemon=True)
            for i in range(workers + 1)
        ]
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Start the workers; idempotent."""
        if self._threads and not self._threads[0].is_alive() and not self._closed:
            self._unsubscribe = self._log.subscribe(self.wake)
            for thread in self._threads:
                thread.start()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    @property
    def queries(self) -> dict[str, RunningQuery]:
        with self._changed:
            return dict(self._queries)

    def add(self, query: RunningQuery) -> None:
        with self._changed:
            self._queries[query.info.id] = query
            self._changed.notify_all()

    def remove(self, query_id: str) -> None:
        """Stop a query; returns when no worker is at it any more."""
        with self._changed:
            query = self._queries.pop(query_id, None)
            if query is None:
                return
            query.stopped = True
            self._changed.wait_for(lambda: not query.busy)
        query.drop_task()

    def pause(self, query_id: str, paused: bool) -> None:
        with self._changed:
            self._queries[query_id].paused = paused
            self._changed.notify_all()

    def wait_idle(self, timeout_s: float | None = None) -> bool:
        """Wait until every running query has committed all it can read."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, timeout_s)

    def close(self) -> None:
        """Stop the workers after their current batch."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._unsubscribe()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        for query in self.queries.values():
            query.drop_task()

    def _is_idle(self) -> bool:
        return self._closed or not any(q.busy or self._is_ready(q) for q in self._queries.values() if not q.error)

    def _work(self, light_only: bool) -> None:
        while True:
            with self._changed:
                query = None
                while not self._closed and (query := self._next(light_only)) is None:
                    self._changed.wait(self._due_in_s())
                if query is None:
                    break
                query.busy = True
                self._turn += 1
                query.turn = self._turn
            try:
                self._advance(query)
            finally:
                with self._changed:
                    query.busy = False
                    self._changed.notify_all()

    def _next(self, light_only: bool) -> RunningQuery | None:
        """Of the queries that can go on, the one that has waited longest."""
        ready = [q for q in self._queries.values() if self._is_ready(q, light_only=light_only)]
        return min(ready, key=lambda query: query.turn, default=None)

    def _due_in_s(self) -> float | None:
        """When the next query has something to do although nothing is written."""
        times = [query.due_in_ms() for query in self._queries.values()]
        # What is due already may be for another worker: not to be asked for again and again.
        return min((max(time / 1000, _PAUSE_S) for time in times if time is not None), default=None)

    def _is_ready(self, query: RunningQuery, *, light_only: bool = False) -> bool:
        """Whether it can go on; one that cannot even be asked has failed."""
        try:
            return query.is_ready() and (not light_only or query.is_light())
        except Exception as error:
            self._fail(query, error)
            return False

    def _advance(self, query: RunningQuery) -> None:
        """One batch. A failure throws the task away; the query is tried again later from what is committed."""
        try:
            if query.task is None:
                query.task = query.make_task()
            query.records += query.task.step()
            query.error, query.failures = "", 0
        except Exception as error:  # a query must never take a worker down
            self._fail(query, error)
            self._on_failure(query.id, error)

    def _fail(self, query: RunningQuery, error: Exception) -> None:
        _logger.error("query %s failed", query.info.id, exc_info=error)
        query.drop_task()
        query.error = f"{type(error).__name__}: {error}"
        delay = min(_FIRST_RETRY_S * 2**query.failures, _LAST_RETRY_S)
        query.failures += 1
        query.wait(True)
        timer = threading.Timer(delay, self._retry, [query])
        timer.daemon = True
        timer.start()

    def _retry(self, query: RunningQuery) -> None:
        with self._changed:
            query.wait(False)
            self._changed.notify_all()
