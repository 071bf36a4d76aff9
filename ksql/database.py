"""The engine in a Python program: `ksql.connect(path)`, `execute(sql)`, rows."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from ksql.config import Config, Durability, checked_durability, checked_workers, data_directory, default_workers
from ksql.engine import Engine
from ksql.engine.errors import EngineClosedError, StatementError
from ksql.engine.results import Changes, Listing, Message, PushQuery, Result, Rows
from ksql.engine.types.sql_types import STRING, Column
from ksql.log import EmbeddedLog, MemoryLog
from ksql.log.contract import Log
from ksql.python_values import python_rows


def connect(
    path: str | Path | None = None,
    *,
    durability: Durability = "fsync",
    workers: int | None = None,
    properties: Mapping[str, str] | None = None,
) -> Database:
    """Open the data directory `path` (made when missing) and go on with its queries; None or ':memory:' keeps nothing.

    durability: 'fsync' survives power loss, 'os' a crash of the process. workers: threads that run queries; None: one per
    core, at most four. properties: as SET takes them, for every session.
    Raises LogLockedError, naming the other process, when the directory is in use, and ConfigError for a setting that cannot
    be; a server's URL is none yet.
    """
    return Database(
        Config(
            data=None if path is None or path == ":memory:" else data_directory(path),
            durability=checked_durability(durability),
            workers=default_workers() if workers is None else checked_workers(str(workers)),
            properties=properties or {},
        )
    )


def open_log(config: Config) -> Log:
    """The log of the configured data directory. Raises LogLockedError, LogWriteError."""
    return MemoryLog() if config.data is None else EmbeddedLog(config.data, durability=config.durability)


class Database:
    """A log, the engine on it, and one session. A context manager; `close` stops the queries until the next `connect`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.log = open_log(config)
        try:
            self.engine = Engine(self.log, config=config.properties, workers=config.workers)
            self.engine.start()
        except BaseException:
            self.log.close()
            raise
        self.session = self.engine.session()
        self._closed = False
        atexit.register(self.close)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Answer:
        """Run the statements of `sql` in order and give the last one's answer.

        Each `?` stands for the next of `params`: numbers, text, bytes, dates and times, None, lists, and dicts, which are a
        STRUCT or a MAP as the column wants (a MAP, where no column says). Statements before one that fails keep their effect.
        Raises KsqlError.
        """
        if self._closed:
            raise EngineClosedError("the database is closed")
        last: Result | None = None
        for result in self.session.execute(sql, parameters=params):
            _no_push_query(last)
            last = result
        return Answer(Message("", "") if last is None else last)

    def wait_idle(self, timeout_s: float | None = None) -> bool:
        """Wait until every persistent query has committed all it can read; False when the time ran out."""
        return self.engine.wait_idle(timeout_s)

    def close(self) -> None:
        """Stop the queries and release the data directory. Safe to call twice; else done when Python ends."""
        self._closed = True
        atexit.unregister(self.close)
        try:
            self.engine.close()
        finally:
            self.log.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ksql.Database {self.config.data or 'in memory'}{' (closed)' if self._closed else ''}>"


def _no_push_query(result: Result | None) -> None:
    """Only the last answer is handed out; a push query before it would run unread for ever."""
    query = as_push_query(result)
    if query is not None:
        query.close()
        raise StatementError("a push query must be the last statement of execute()")


def as_push_query(result: Result | None) -> PushQuery | None:
    """The running push query that a result is, or None."""
    return None if result is None or isinstance(result, Message | Listing | Rows) else result


class Answer:
    """What a statement gave back. Iterate it for rows as dicts, or take all of them at once.

    A pull query has all its rows; a push query gives rows as they come, until its LIMIT, `close()`, or for ever; a SHOW or
    DESCRIBE gives its first table; any other statement has no rows, only `text`. `result` is the engine's own object.
    """

    def __init__(self, result: Result) -> None:
        self.result = result

    @property
    def columns(self) -> tuple[Column, ...]:
        """Names and SQL types of the rows."""
        if isinstance(self.result, Message):
            return ()
        if isinstance(self.result, Listing):
            return tuple(Column(name, STRING) for name in _first_table(self.result)[0])
        return self.result.columns

    @property
    def text(self) -> str:
        """What the statement has to say to a person: '' for a query."""
        return self.result.text if isinstance(self.result, Message) else ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for table in self.batches():
            yield from python_rows(table, self.columns)

    def batches(self) -> Iterator[pa.Table]:
        """The rows as Arrow tables, as they come."""
        if isinstance(self.result, Message):
            return
        if isinstance(self.result, Rows):
            yield self.result.table
        elif isinstance(self.result, Listing):
            yield _listing_table(self.result)
        else:
            for changes in self.changes():
                yield changes.table

    def changes(self) -> Iterator[Changes]:
        """A push query's rows with their tombstone flags; closes the query when the caller stops."""
        query = as_push_query(self.result)
        if query is None:
            raise TypeError("only a push query (EMIT CHANGES) has changes")
        try:
            yield from query
        finally:
            query.close()

    def arrow(self) -> pa.Table:
        """All rows as one Arrow table (of a push query: until its LIMIT)."""
        tables = list(self.batches())
        if tables:
            return pa.concat_tables(tables)
        return pa.schema([(column.name, column.type.arrow) for column in self.columns]).empty_table()

    def df(self) -> Any:
        """All rows as a pandas DataFrame; pandas must be installed."""
        return self.arrow().to_pandas()

    def fetchall(self) -> list[dict[str, Any]]:
        """All rows as dicts."""
        return list(self)

    def close(self) -> None:
        """End a push query; does nothing for the rest."""
        query = as_push_query(self.result)
        if query is not None:
            query.close()

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        if isinstance(self.result, Message):
            return f"<ksql.Answer {self.text!r}>"
        names = ", ".join(column.name for column in self.columns)
        count = f"{self.result.table.num_rows:,} rows of " if isinstance(self.result, Rows) else ""
        return f"<ksql.Answer {count}{names}>"

    def __str__(self) -> str:
        from ksql.display import result_text

        return result_text(self.result)


def _first_table(listing: Listing) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The first one whose columns have names: one without lists details, name by name."""
    return next(((headers, rows) for _, headers, rows in listing.sections if any(headers)), ((), ()))


def _listing_table(listing: Listing) -> pa.Table:
    headers, rows = _first_table(listing)
    return pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(headers)})
