"""Running SQL over a batch: where operators meet DuckDB."""

from __future__ import annotations

import re
import threading
import warnings
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ksql.engine.sql.pool import Pool

#: Fewer rows than this: the statement costs more than its rows, so it is bound once and not optimized (0.8 instead of 1.7 ms).
_FEW = 64
#: A thread gets no fewer rows of a batch than this.
_SLICE = 8_192

# The copy it warns of is one of a few rows.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)

#: What DuckDB puts around a message: its kind of error, and advice on settings that a user of ours has not.
_KIND = re.compile(r"^[A-Z][A-Za-z ]* Error: (Python exception occurred while executing the UDF: \w+: )?")
_ADVICE = re.compile(r"\. Use (TRY\(|\"SET ).*| in expression \(.*")
_WRAPPED = re.compile(r"Overflow in (\w+ of INT(32|64) |negation of numeric value)")
#: A text that is none of ours to read is put in quotes, so that DuckDB refuses it (see `casts_text`): one pair is enough.
_QUOTED_TWICE = re.compile(r"string (?:'\"(.*)\"'|\"\"(.*)\"\")", re.DOTALL)
_NAMES = {"INT32": "INTEGER", "INT64": "BIGINT"}


def reason(message: str) -> str:
    """What a message of DuckDB says about a value, without its kind of error and its advice."""
    text = _ADVICE.sub("", _KIND.sub("", message.splitlines()[0]))
    text = _QUOTED_TWICE.sub(lambda found: f"string '{found[1] or found[2] or ''}'", text)
    return re.sub(r"\bto (INT32|INT64)$", lambda found: f"to {_NAMES[found[1]]}", text)


def only_wraps(message: str) -> bool:
    """Whole numbers wrap around: plain SQL raises, safe SQL gives the result, and nothing is wrong."""
    return _WRAPPED.search(message) is not None


def readable(batch: pa.Table) -> pa.Table:
    """`batch`, with structs in structs copied where they lie within longer arrays, because DuckDB refuses to read those."""
    for index, column in enumerate(batch.columns):
        if _struct_in_struct(column.type) and any(chunk.offset for chunk in column.chunks):
            batch = batch.set_column(index, batch.field(index), column.take(pa.array(np.arange(len(column)))))
    return batch


def _struct_in_struct(type_: pa.DataType) -> bool:
    return pa.types.is_struct(type_) and any(pa.types.is_struct(part.type) for part in type_)


#: Errors that are no row's fault.
_NO_ROW = (
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.OperationalError,
    duckdb.PermissionException,
)
#: Errors of the statement itself, whatever the rows.
BIND_ERRORS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.InvalidTypeException,
    duckdb.ParserException,
    duckdb.SyntaxException,
)


def may_be_a_rows_fault(error: duckdb.Error) -> bool:
    """Whether other rows might do."""
    return not isinstance(error, (*_NO_ROW, *BIND_ERRORS))


class SqlRunner:
    """Runs statements that read a relation called `batch`, from any thread.

    DuckDB scans an Arrow table with one thread, whatever it is allowed to use. So a large batch is cut into slices for
    `workers` threads: statements must treat every row by itself (filter, project, unnest), which operators' statements do.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, workers: int) -> None:
        self._database = database
        self._workers = workers
        #: Threads that help the one at work.
        self.pool = Pool(workers - 1)
        self._local = threading.local()

    def run(self, statement: str, batch: pa.Table) -> pa.Table:
        """The rows the statement makes of `batch`, in its order. Raises duckdb.Error when an expression fails."""
        if batch.num_rows < _FEW:
            batch = readable(batch)
            return self._cursor(optimized=False).execute(statement).to_arrow_table()
        count = min(self._workers, batch.num_rows // _SLICE)
        if count < 2:
            return self._run_all(statement, batch)
        size = -(-batch.num_rows // count)
        slices = [batch.slice(start, size) for start in range(0, batch.num_rows, size)]
        others = [self.pool.submit(partial(self._run_all, statement, part)) for part in slices[1:]]
        first = self._run_all(statement, slices[0])
        return pa.concat_tables([first, *map(self.pool.result, others)])

    def row(self, statement: str) -> tuple[Any, ...]:
        """The one row of a statement that reads nothing. Raises duckdb.Error when an expression fails."""
        row = self._cursor(optimized=False).execute(statement).fetchone()
        assert row is not None
        return row

    def close(self) -> None:
        """End the threads and release the database; statements under way finish."""
        self.pool.close()
        self._database.close()

    def _run_all(self, statement: str, batch: pa.Table) -> pa.Table:
        batch = readable(batch)  # the statement finds it by its name
        return self._cursor(optimized=True).sql(statement).to_arrow_table()

    def _cursor(self, *, optimized: bool) -> duckdb.DuckDBPyConnection:
        """This thread's cursor: DuckDB refuses a second statement on one whose result is still being read."""
        name = "optimized" if optimized else "plain"
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, name, None)
        if cursor is None:
            cursor = self._database.cursor()
            if not optimized:
                cursor.execute("PRAGMA disable_optimizer")
            setattr(self._local, name, cursor)
        return cursor
