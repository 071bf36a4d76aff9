"""The DuckDB that runs users' own SQL: all cores, but no files, network or settings; it can be stopped at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from typing import TypeVar

import duckdb
import pyarrow as pa

from ksql.engine.sql.runner import readable

_AGAIN_S = 0.02
T = TypeVar("T")


class PullDatabase:
    """Made when the first query comes: connecting takes 16 ms. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._database: duckdb.DuckDBPyConnection | None = None
        #: What runs, and for which thread.
        self._running: dict[duckdb.DuckDBPyConnection, int] = {}

    def run(self, statement: str, relations: Mapping[str, pa.Table], read: Callable[[duckdb.DuckDBPyRelation], T]) -> T:
        """What `read` makes of the answer of a statement, which finds `relations` by name. Raises duckdb.Error.

        DuckDB works in a thread of its own: the caller waits where Ctrl-C reaches it, and that stops the query.
        """
        cursor = self._begin()
        answer: Future[T] = Future()

        def work() -> None:
            try:
                for name, relation in relations.items():
                    cursor.register(name, readable(relation))
                answer.set_result(read(cursor.sql(statement)))
            except BaseException as error:  # it is raised where somebody waits for the answer
                answer.set_exception(error)
            finally:
                self._end(cursor)

        threading.Thread(target=work, name="ksql-pull", daemon=True).start()
        try:
            return answer.result()
        except KeyboardInterrupt:
            self._stop([cursor])
            raise

    def interrupt(self, thread: int) -> None:
        """Stop what the thread of that identifier waits for, if it does: `run` raises duckdb.InterruptException there."""
        with self._changed:
            for cursor in [cursor for cursor, caller in self._running.items() if caller == thread]:
                cursor.interrupt()

    def close(self) -> None:
        """Stop the queries under way: they raise duckdb.InterruptException."""
        with self._changed:
            self._stop(list(self._running))
            if self._database is not None:
                self._database.close()

    def _stop(self, cursors: Collection[duckdb.DuckDBPyConnection]) -> None:
        """Interrupt until they have stopped: an interrupt just before the statement begins is lost."""
        with self._changed:
            while under_way := self._running.keys() & set(cursors):
                for cursor in under_way:
                    cursor.interrupt()
                self._changed.wait(_AGAIN_S)

    def _begin(self) -> duckdb.DuckDBPyConnection:
        with self._changed:
            if self._database is None:
                self._database = duckdb.connect(config={"enable_external_access": "false", "lock_configuration": "true"})
            cursor = self._database.cursor()
            self._running[cursor] = threading.get_ident()
            return cursor

    def _end(self, cursor: duckdb.DuckDBPyConnection) -> None:
        with self._changed:
            cursor.close()
            self._running.pop(cursor)
            self._changed.notify_all()
