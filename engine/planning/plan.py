"""What the planner hands to the runtime: a tree of operators that can process batches, with everything a restart needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.traits import Traits
from ksql.engine.catalog.definitions import Source, Window
from ksql.engine.errors import fail
from ksql.engine.operators.batch import BatchContext, Loading, Node, Part, Waiting
from ksql.engine.operators.sink import Sink
from ksql.engine.operators.source import SourceInput
from ksql.engine.operators.timed_source import Clock, TimedSource
from ksql.engine.settings import IDLE_TIMEOUT, value_of
from ksql.engine.sql.runner import BIND_ERRORS, SqlRunner, reason
from ksql.engine.state.idle import Idle
from ksql.engine.state.stateful import Stateful
from ksql.engine.types.sql_types import Column


class Materialized(Protocol):
    """Rows of a table that a pull query may read."""

    def rows(self, context: BatchContext, keys: pa.Table | None) -> pa.Table:
        """Result columns (by SQL name) of all rows, or of the rows with the given keys."""


@dataclass(slots=True)
class Plan:
    """A query ready to run. `columns` are the result's, keys first; `refs` are theirs in the rows `output` makes."""

    output: Node
    columns: tuple[Column, ...]
    refs: tuple[str, ...]
    key_count: int
    #: What is known of the rows; the keys by the names they had before they were columns of the result.
    traits: Traits
    #: Records keep the key they had: one without a key stays so, even if a key has several columns.
    keeps_key: bool = False
    #: How many windows a record falls into at most.
    windows_per_record: int = 1
    materialized: Materialized | None = None
    #: Refs of the key columns, wherever they stand in `refs`.
    keys: tuple[str, ...] = ()
    #: Names of the columns in the order of the SELECT list.
    written: tuple[str, ...] = ()
    sink: Sink | None = field(init=False, default=None)
    #: What the parts of `output` (or of the sink) read from outside and remember, each in the order that data meets them.
    inputs: Sequence[SourceInput] = field(init=False)
    states: Sequence[Stateful] = field(init=False)

    @property
    def in_order(self) -> tuple[Column, ...]:
        """The columns in the order of the SELECT list."""
        by_name = {column.name: column for column in self.columns}
        return tuple(by_name[name] for name in self.written)

    @property
    def is_table(self) -> bool:
        return self.traits.is_table

    @property
    def window(self) -> Window | None:
        return self.traits.window

    def __post_init__(self) -> None:
        self.keys = self.keys or self.refs[: self.key_count]
        self._collect()

    def attach(self, sink: Sink) -> None:
        """Let the query end with `sink`, which reads what `output` makes."""
        self.sink = sink
        self._collect()

    def _parts(self) -> Iterator[Part]:
        return walk(self.output if self.sink is None else self.sink)

    def _collect(self) -> None:
        self.inputs = [part for part in self._parts() if isinstance(part, SourceInput)]
        self.states = [state for part in self._parts() for state in part.states]

    def check(self, sql: SqlRunner, node: exp.Expression) -> None:
        """Have DuckDB bind every statement. Raises StatementError at `node` when it refuses one that analysis let through."""
        try:
            (self.output if self.sink is None else self.sink).process(BatchContext(sql, {}, binding=True))
        except BIND_ERRORS as error:
            fail(node, "the query cannot be run as it is written", detail=reason(str(error)))

    def clocks(self, sql: SqlRunner) -> Mapping[int, Clock]:
        """What tells the times of the records of inputs, by their index, where the records themselves do not."""
        return clocks(self.output if self.sink is None else self.sink, sql)

    def idle_timeout_ms(self, properties: Mapping[str, str]) -> int:
        """The longest of the query's streams, each its own or that of `properties`; 0: one of them has none."""
        usual = int(value_of(properties, IDLE_TIMEOUT))
        streams = [source for source in self.sources if not source.is_table]
        timeouts = [usual if source.idle_timeout_ms is None else source.idle_timeout_ms for source in streams]
        return max(timeouts, default=0) if all(timeouts) else 0

    def due_at(self, idle: Idle) -> int | None:
        """What the clock will say when something comes out without a record; None: nothing will."""
        times = [part.due_at(idle) for part in self._parts() if isinstance(part, Waiting)]
        return min((time for time in times if time is not None), default=None)

    @property
    def loaded_first(self) -> set[int]:
        """Inputs of which everything that is there when the query starts is read before the others', by their index."""
        loaded = (input_ for part in self._parts() if isinstance(part, Loading) for input_ in part.loaded_first)
        return {part.index for input_ in loaded for part in walk(input_) if isinstance(part, SourceInput)}

    @property
    def sources(self) -> list[Source]:
        return [i.source for i in self.inputs]


def clocks(part: Part, sql: SqlRunner) -> Mapping[int, Clock]:
    """See `Plan.clocks`: those of what `part` reads."""
    return {timed.source.index: timed.clock(sql) for timed in walk(part) if isinstance(timed, TimedSource)}


def walk(part: Part) -> Iterator[Part]:
    """`part` behind everything it reads, in the order of the FROM clause."""
    for input_ in part.inputs:
        yield from walk(input_)
    yield part
