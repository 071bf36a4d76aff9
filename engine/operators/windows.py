"""Windows: which time windows a record falls into, and which of them are still open for it; how long sessions last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ksql.engine.expressions.typed import WINDOW_BOUNDS
from ksql.engine.kernels.ranges import written_out

#: The bounds of a window, as columns of rows and in expressions.
WINDOW_START, WINDOW_END = WINDOW_BOUNDS


@dataclass(frozen=True, slots=True)
class TimeWindows:
    """Windows of `size_ms` that start at the multiples of `advance_ms` (equal for tumbling windows), and stay open
    `grace_ms` longer.
    """

    kind: str
    size_ms: int
    advance_ms: int
    grace_ms: int
    #: How long a window's result is kept after its start, in stream time; at least size + grace.
    retention_ms: int

    @property
    def order(self) -> Sequence[str]:
        """The bounds by which windows close one after the other: first that which says when."""
        return [WINDOW_START]

    def describe(self) -> str:
        return f"{self.kind} windows of {self.size_ms} ms, grace {self.grace_ms} ms"

    @property
    def lasting_ms(self) -> int:
        """So long after its start a window closes, in stream time."""
        return self.size_ms + self.grace_ms

    @property
    def kept_for_ms(self) -> int:
        """So long after its start a window leaves."""
        return self.retention_ms

    @property
    def per_record(self) -> int:
        """How many windows a record falls into at most."""
        return -(-self.size_ms // self.advance_ms)

    def assign(self, timestamps: np.ndarray, stream_times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(row, window start) of every record and open window, ordered by row, then start.

        timestamps, stream_times: int64 ms per row; a window is open while start + size + grace > the stream time at the row.
        """
        first = np.maximum(timestamps - self.size_ms + self.advance_ms, 0) // self.advance_ms * self.advance_ms
        last = timestamps // self.advance_ms * self.advance_ms
        counts = np.maximum((last - first) // self.advance_ms + 1, 0)
        rows, step = written_out(np.zeros_like(counts), counts)
        starts = first[rows] + step * self.advance_ms
        is_open = starts + self.size_ms + self.grace_ms > stream_times[rows]
        return rows[is_open], starts[is_open]


@dataclass(frozen=True, slots=True)
class SessionWindows:
    """Records of a key that are at most `gap_ms` apart make a session, which stays open gap and `grace_ms` longer."""

    gap_ms: int
    grace_ms: int
    #: How long a session's result is kept after its end, in stream time; at least gap + grace.
    retention_ms: int
    kind = "SESSION"
    #: A session has no size of its own.
    size_ms = None
    per_record = 1

    @property
    def order(self) -> Sequence[str]:
        """See `TimeWindows.order`."""
        return [WINDOW_END, WINDOW_START]

    @property
    def lasting_ms(self) -> int:
        """So long after its end a session closes, in stream time."""
        return self.gap_ms + self.grace_ms + 1

    @property
    def kept_for_ms(self) -> int:
        """So long after its end a session leaves: at the last moment of its retention a row may still join it."""
        return self.retention_ms + 1

    def describe(self) -> str:
        return f"SESSION windows of {self.gap_ms} ms, grace {self.grace_ms} ms"
