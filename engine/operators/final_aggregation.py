"""GROUP BY in windows, EMIT FINAL: the aggregates of each window, once, when it has closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.operators.aggregation import AggregateCall, Aggregation
from ksql.engine.operators.batch import BatchContext, Node
from ksql.engine.operators.closed_windows import ClosedWindows, Closing, Touched
from ksql.engine.operators.windows import TimeWindows
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import TimedState


class FinalAggregation(Aggregation):
    """As `Aggregation` in windows, but no record gives a change: what comes out are windows that have closed.

    A window takes a record in as long as it has not closed, so what comes out is what it will ever be. Readers see just those.
    """

    state: TimedState

    def __init__(
        self,
        name: str,
        input_: Node,
        keys: Sequence[tuple[str, pa.DataType]],
        calls: Sequence[AggregateCall],
        windows: TimeWindows,
        repartition: int,
        closing: Closing,
    ) -> None:
        self._closed = ClosedWindows(name, closing)
        super().__init__(name, input_, keys, calls, windows, repartition)
        self.states: Sequence[Stateful] = (*self.states, self._closed.times)

    def _leave_by(self) -> StreamTimes:
        """No window leaves that has not come out."""
        return self._closed.times

    def describe(self) -> str:
        return f"{super().describe()}, emit final"

    def process(self, context: BatchContext) -> pa.Table:
        rows = self._arrived(context)
        moments = self._advance(rows, context)
        touched = self._touched(self._windowed(rows, moments, context))
        closed, places = self._closed.take(moments, self.state.store, touched, context)
        return self._results(closed, places)

    def _touched(self, rows: pa.Table) -> Touched:
        if rows.num_rows == 0:
            schema = pa.schema([*self.state.keys, *self.state.rows])
            return Touched(np.zeros(0, dtype=np.int64), schema.empty_table())
        segments = self._segments(rows)
        *_, remembered = self._update(rows, segments, segments.ends)
        return Touched(segments.slots, remembered)

    def _kept(self, keys: pa.Table | None) -> pa.Table:
        return self._closed.those_out(lambda: super(FinalAggregation, self)._kept(keys))
