"""The columns every batch carries besides its data, and the context one batch is processed in.

A batch is an Arrow table whose row order is the order of processing; only as read from a topic, and until the stage that
decodes it has ended, one partition comes after the other. Meta columns start with `$`:

    $n      int64   place of the input record that caused the row, in the merged order of the query's inputs
    $ts     int64   timestamp, epoch ms
    $p      int32   partition
    $del    bool    the row has no value: a tombstone of a table, a null value of a stream
    $off    int64   offset (only straight from a topic)
    $hdr    list    record headers (only when some record of the batch has any)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.operators.tally import Tally
from ksql.engine.sql.runner import SqlRunner
from ksql.engine.state.idle import Idle
from ksql.engine.state.stateful import Stateful
from ksql.log.contract import HEADERS_TYPE

PLACE, TIMESTAMP, PARTITION, DELETED = "$n", "$ts", "$p", "$del"
OFFSET, HEADERS = "$off", "$hdr"
RAW_KEY, RAW_VALUE = "$key", "$value"
#: Marks of rows: to be decoded again exactly; an expression raised.
SUSPECT, FAILED = "$suspect", "$failed"

META_TYPES: Mapping[str, pa.DataType] = {
    PLACE: pa.int64(),
    TIMESTAMP: pa.int64(),
    PARTITION: pa.int32(),
    DELETED: pa.bool_(),
    OFFSET: pa.int64(),
    HEADERS: HEADERS_TYPE,
}
ALWAYS = (PLACE, TIMESTAMP, PARTITION, DELETED)

#: What a source hands to the first stage: records as fetched, with their place.
RAW_SCHEMA = pa.schema(
    [
        (PLACE, pa.int64()),
        (TIMESTAMP, pa.int64()),
        (PARTITION, pa.int32()),
        (OFFSET, pa.int64()),
        (HEADERS, HEADERS_TYPE),
        (RAW_KEY, pa.binary()),
        (RAW_VALUE, pa.binary()),
    ]
)


#: Kind of the error of a record that cannot be decoded.
UNREADABLE_RECORD = "deserializationError"


@dataclass(frozen=True, slots=True)
class RecordError:
    """One record that was skipped, or an expression that gave NULL, for the processing log."""

    kind: str
    message: str
    source: str = ""
    topic: str = ""
    #: Which side of the record cannot be read, key or value, and why not.
    target: str = ""
    cause: str = ""
    #: What was to be read, or the row that was to be computed with.
    record: bytes | None = field(default=None, repr=False)
    partition: int = 0
    offset: int = -1
    timestamp: int = 0
    #: Place of the record in its batch: the processing log has the order of the records, whatever found the error.
    place: int = -1


@dataclass(slots=True)
class BatchContext:
    """Everything an operator may use while it processes one batch."""

    sql: SqlRunner
    #: Raw records by index of the query's source.
    inputs: Mapping[int, pa.Table]
    #: Only the last change of a key needs to come out: the cache is on, and no query reads what this one writes. (One that does
    #: would see other versions of a row, and another order of additions, than without the cache.)
    fold: bool = False
    #: Rows go to the partition of their key; if not, everything stays in partition 0 (a test of SQL alone).
    spread: bool = True
    errors: Callable[[RecordError], None] = field(default=lambda _: None)
    #: Of the rows for which an expression fails only so many are looked for, and reported; None: all of the batch are.
    most_failures: int | None = None
    #: Present time, epoch ms, for what goes by the clock.
    now_ms: int = 0
    #: Stream times go on by the clock where no records come; None: they do not.
    idle: Idle | None = None
    #: What becomes of the rows.
    tally: Tally = field(default_factory=Tally)
    #: There are no records: every stage only has its statement bound by DuckDB.
    binding: bool = False
    #: What reading made of records that had to be decoded for it, and stages ahead of their turn, by index of the source.
    decoded: dict[int, pa.Table] = field(default_factory=dict)


class Part(Protocol):
    """A part of a plan, from the sink down to the sources, as EXPLAIN and a restart see it."""

    @property
    def inputs(self) -> Sequence[Part]:
        """What it reads, in the order of the FROM clause."""

    @property
    def states(self) -> Sequence[Stateful]:
        """What it remembers from one batch to the next."""

    def describe(self) -> str:
        """One line on what it does; empty where it does nothing."""


@runtime_checkable
class Waiting(Protocol):
    """A part in which something waits until stream time has come so far."""

    def due_at(self, idle: Idle) -> int | None:
        """What the clock will say when stream time has come so far without a record; None: nothing waits."""


@runtime_checkable
class Loading(Part, Protocol):
    """A part that waits for some of its inputs."""

    @property
    def loaded_first(self) -> Sequence[Part]:
        """Inputs of which everything that is there when the query starts is read before the others."""


class Node(Part, Protocol):
    """A step of a running query."""

    def decode(self, context: BatchContext) -> None:
        """Do ahead, into `context.decoded`, what needs no state: the stages that read a topic."""

    def process(self, context: BatchContext) -> pa.Table:
        """The rows this batch makes, in order."""


def meta_columns(table: pa.Table) -> list[str]:
    """The meta columns `table` has, in their fixed order."""
    return [name for name in META_TYPES if name in table.column_names]


def empty(columns: Mapping[str, pa.DataType]) -> pa.Table:
    """A table without rows: the usual meta columns, and `columns`."""
    return pa.schema([(name, META_TYPES[name]) for name in ALWAYS] + list(columns.items())).empty_table()


def places_of(table: pa.Table) -> np.ndarray:
    """The place of each row."""
    return np.asarray(table.column(PLACE).to_numpy())


def in_order(table: pa.Table) -> pa.Table:
    """The rows in the order of their places; rows of one place keep theirs."""
    places = places_of(table)
    if (places[1:] >= places[:-1]).all():
        return table
    return table.take(pa.array(np.argsort(places, kind="stable")))


def with_bytes(table: pa.Table, ref: str) -> pa.Table:
    """`table` with the text in column `ref` as bytes."""
    return table.set_column(table.column_names.index(ref), ref, as_bytes(table.column(ref)))


def as_bytes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text or bytes as bytes; text is not copied."""
    return column if column.type == pa.binary() else pc.cast(column, pa.binary())
