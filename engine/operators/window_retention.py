"""For how long the rows of a windowed table are kept behind the operator that makes the windows: as long as they are there."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.catalog.definitions import Window
from ksql.engine.operators.batch import PARTITION, TIMESTAMP
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import Expiry


class WindowRetention:
    """Rows leave when the stream time of their partition, here, is past the retention of their window."""

    def __init__(self, name: str, window: Window) -> None:
        assert window.retention_ms is not None
        self.times = StreamTimes(f"{name}.stream-times")
        self.expiry = Expiry(self.times, window.retention_ms)
        self.due = WINDOW_END if window.kind == "SESSION" else WINDOW_START

    def kept(self, changes: pa.Table) -> pa.Table:
        """Those whose window has not left yet at their place: whether a batch ended in between makes no difference."""
        stream_times = self.times.advance(changes.column(TIMESTAMP).to_numpy(), changes.column(PARTITION).to_numpy())
        kept = changes.column(self.due).to_numpy() + self.expiry.retention_ms > stream_times
        return changes if kept.all() else changes.filter(pa.array(np.asarray(kept)))
