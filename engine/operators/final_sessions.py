"""GROUP BY in sessions, EMIT FINAL: the aggregates of each session, once, when nothing can make it longer any more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.operators.aggregation import AggregateCall
from ksql.engine.operators.batch import BatchContext, Node
from ksql.engine.operators.closed_windows import ClosedWindows, Closing, Touched
from ksql.engine.operators.moments import Moments
from ksql.engine.operators.session_aggregation import SessionAggregation
from ksql.engine.operators.windows import SessionWindows
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes


class FinalSessions(SessionAggregation):
    """As `SessionAggregation`, but what comes out are sessions that have closed: no row, and no tombstone, before."""

    def __init__(
        self,
        name: str,
        input_: Node,
        keys: Sequence[tuple[str, pa.DataType]],
        calls: Sequence[AggregateCall],
        windows: SessionWindows,
        repartition: int,
        closing: Closing,
    ) -> None:
        self._closed = ClosedWindows(name, closing)
        super().__init__(name, input_, keys, calls, windows, repartition)
        self.states: Sequence[Stateful] = (*self.states, self._closed.times)

    def _leave_by(self) -> StreamTimes:
        """No session leaves that has not come out."""
        return self._closed.times

    def describe(self) -> str:
        return f"{super().describe()}, emit final"

    def process(self, context: BatchContext) -> pa.Table:
        rows = self._arrive(context)
        moments = self._advance(rows, context)
        closed, places = self._closed.take(moments, self.state.store, self._touched(rows, moments, context), context)
        return self._results(closed, places)

    def _touched(self, rows: pa.Table, moments: Moments, context: BatchContext) -> Touched:
        if rows.num_rows == 0:
            return Touched(np.zeros(0, dtype=np.int64), pa.schema([*self.state.keys, *self.state.rows]).empty_table())
        return self._take_in(rows, moments, context, last_only=True).touched

    def _kept(self, keys: pa.Table | None) -> pa.Table:
        return self._closed.those_out(lambda: super(FinalSessions, self)._kept(keys))
