"""EMIT FINAL: what an aggregation in windows says of each window, once, when it has closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import BatchContext
from ksql.engine.operators.closed_windows import ClosedWindows
from ksql.engine.operators.groups import Groups
from ksql.engine.state.stateful import Stateful


class FinalWindows:
    """The windows of `aggregation` that have closed, in place of its changes; readers see just those.

    A window takes a record in as long as it has not closed, so what comes out is what it will ever be. The windows must leave
    by the times of `closed`: then none leaves that has not come out.
    """

    def __init__(self, aggregation: Groups, closed: ClosedWindows) -> None:
        self._aggregation, self._closed = aggregation, closed
        self.keys, self.windows, self.expiry = aggregation.keys, aggregation.windows, aggregation.expiry
        self.inputs = (aggregation,)
        self.states: Sequence[Stateful] = (closed.times,)

    def describe(self) -> str:
        return "Closed windows"

    def decode(self, context: BatchContext) -> None:
        self._aggregation.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        rows = self._aggregation.arrive(context)
        moments = self._aggregation.advance(rows, context)
        touched = self._aggregation.touch(rows, moments, context)
        closed, places = self._closed.take(moments, self._aggregation.timed.store, touched, context)
        return self._aggregation.results(closed, places)

    def rows(self, keys: pa.Table | None) -> pa.Table:
        """As those of the aggregation, of windows that have come out."""
        kept = self._closed.those_out(lambda: self._aggregation.kept(keys))
        return self._aggregation.results(kept, np.arange(kept.num_rows))


#: Whatever groups rows.
Grouped = Groups | FinalWindows
