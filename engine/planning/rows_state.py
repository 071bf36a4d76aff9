"""The state of an operator that keeps the rows of a table which another query, or another part of this one, makes."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ksql.engine.catalog.definitions import Window
from ksql.engine.operators.batch import PARTITION
from ksql.engine.operators.window_retention import WindowRetention
from ksql.engine.planning.join_keys import window_refs
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.timed_state import TimedState


def rows_state(
    name: str, keys: pa.Schema, rows: pa.Schema, window: Window | None, bounds: Sequence[str] | None = None
) -> tuple[KeyedState, WindowRetention | None]:
    """The state called `name`, and what lets rows leave: windows do when those they are made of leave, if that is known.

    bounds: what the columns of the keys' window are called here, if not as they are elsewhere.
    """
    if window is None:
        return KeyedState(name, keys, rows), None
    start, *end = window_refs(window) if bounds is None else bounds
    due = end[0] if end else start
    retention = None if window.retention_ms is None else WindowRetention(name, window.retention_ms, due)
    rows = rows.append(pa.field(PARTITION, pa.int32()))
    expiry = retention.expiry if retention else None
    return TimedState(name, keys, rows, expiry, time=start, partition=PARTITION, due=due), retention
