"""The state of an operator that keeps the rows of a table which another query, or another part of this one, makes."""

from __future__ import annotations

import pyarrow as pa

from ksql.engine.catalog.definitions import Window
from ksql.engine.operators.batch import PARTITION
from ksql.engine.operators.window_retention import WindowRetention
from ksql.engine.operators.windows import WINDOW_START
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.timed_state import TimedState


def rows_state(name: str, keys: pa.Schema, rows: pa.Schema, window: Window | None) -> tuple[KeyedState, WindowRetention | None]:
    """The state called `name`, and what lets rows leave: windows do when those they are made of leave, if that is known."""
    if window is None:
        return KeyedState(name, keys, rows), None
    retention = None if window.retention_ms is None else WindowRetention(name, window)
    rows = rows.append(pa.field(PARTITION, pa.int32()))
    expiry, due = (retention.expiry, retention.due) if retention else (None, None)
    return TimedState(name, keys, rows, expiry, time=WINDOW_START, partition=PARTITION, due=due), retention
