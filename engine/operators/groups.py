"""What aggregations have in common: the functions they call, and how rows come to their groups."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates import Function
from ksql.engine.operators.batch import BatchContext, Node
from ksql.engine.operators.closed_windows import Touched
from ksql.engine.operators.moments import Moments, next_close
from ksql.engine.operators.repartition import REKEY, grouped
from ksql.engine.operators.table_changes import REPLACED, SIGN
from ksql.engine.operators.windows import SessionWindows, TimeWindows
from ksql.engine.state.idle import Idle
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import Expiry, TimedState


@dataclass(frozen=True, slots=True)
class AggregateCall:
    """One aggregate of a query: the function, the refs of its arguments, the ref of its result, the refs of its state."""

    function: Function
    arguments: Sequence[str]
    ref: str

    @property
    def state_refs(self) -> list[str]:
        return [ref for ref, _ in self.state_types]

    @property
    def state_types(self) -> list[tuple[str, pa.DataType]]:
        return [(f"{self.ref}.{name}", type_) for name, type_ in self.function.state]

    def result(self, states: Mapping[str, pa.Array | pa.ChunkedArray] | pa.Table) -> pa.Array:
        """The function's values, from columns of state."""
        columns = [states[ref] for ref in self.state_refs]
        return self.function.result([c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for c in columns])


class Groups(ABC):
    """The rows of `input` by the columns `keys`, and by window where there are `windows`. `name` is their stable id.

    repartition: over so many partitions rows are spread by their `REKEY` column first, since stream time is per partition.
    leave_by: the times by which windows leave, else stream time.
    """

    state: KeyedState
    states: Sequence[Stateful]

    def __init__(
        self,
        name: str,
        input_: Node,
        keys: Sequence[tuple[str, pa.DataType]],
        calls: Sequence[AggregateCall],
        windows: TimeWindows | SessionWindows | None,
        repartition: int,
        leave_by: StreamTimes | None,
    ) -> None:
        self.name = name
        self.input = input_
        self.inputs = (input_,)
        self.keys = [ref for ref, _ in keys]
        self.calls = tuple(calls)
        self.windows = windows
        self._repartition = repartition
        self.stream_times = StreamTimes(f"{name}.stream-times")
        self.expiry = Expiry(leave_by or self.stream_times, windows.kept_for_ms) if windows else None

    def describe(self) -> str:
        windows = f", {self.windows.describe()}" if self.windows else ""
        return f"Aggregation: {len(self.calls)} aggregate(s) by {len(self.keys)} key(s){windows}"

    def decode(self, context: BatchContext) -> None:
        self.input.decode(context)

    @abstractmethod
    def process(self, context: BatchContext) -> pa.Table:
        """See `Node.process`."""

    def arrive(self, context: BatchContext) -> pa.Table:
        """The rows, each in the partition of its group."""
        return grouped(self, self.input.process(context), self.keys, self._repartition, context)

    def advance(self, rows: pa.Table, context: BatchContext) -> Moments:
        """When each row comes."""
        return Moments.of(rows, self.stream_times, context.idle)

    @abstractmethod
    def touch(self, rows: pa.Table, moments: Moments, context: BatchContext) -> Touched:
        """Let the windows take rows in, and tell no more of it."""

    @property
    def timed(self) -> TimedState:
        """The state, that of windows."""
        assert isinstance(self.state, TimedState)
        return self.state

    def due_at(self, idle: Idle) -> int | None:
        """See `Waiting`: the next window that closes."""
        return next_close(self.timed, self.windows.lasting_ms, self.stream_times, idle) if self.windows else None

    def rows(self, keys: pa.Table | None) -> pa.Table:
        """Present results of all groups, or of those with the given keys, with the meta columns a stage expects."""
        kept = self.kept(keys)
        return self.results(kept, np.arange(kept.num_rows))

    def kept(self, keys: pa.Table | None) -> pa.Table:
        """Keys and states of the groups that readers see."""
        return self.state.read(keys)

    @abstractmethod
    def results(self, kept: pa.Table, places: np.ndarray) -> pa.Table:
        """Results of remembered groups, each with its place."""

    def _without_arguments(self, rows: pa.Table) -> pa.Table:
        used = {SIGN, REPLACED, REKEY}.union(*(call.arguments for call in self.calls))
        return rows.select([name for name in rows.column_names if name not in used])
