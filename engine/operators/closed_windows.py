"""EMIT FINAL: the windows that have closed come out, each once, with the record that moves stream time past their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.operators.batch import PARTITION, PLACE, BatchContext
from ksql.engine.operators.moments import Moments
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_store import TimedStore

#: Ref of the bytes of a window's key, by which those that close at one moment are ordered in the end.
KEY_BYTES = "$bytes"
_NEVER = np.iinfo(np.int64).min // 2


class Rows(Protocol):
    """See `Stage.run_over`."""

    def run_over(self, batch: pa.Table, context: BatchContext) -> pa.Table: ...


@dataclass(frozen=True, slots=True)
class Touched:
    """What a batch does to windows: the slots it changes, and of those that have a row then, the key and row columns."""

    slots: np.ndarray
    rows: pa.Table

    @staticmethod
    def none(state: KeyedState) -> Touched:
        return Touched(np.zeros(0, dtype=np.int64), pa.schema([*state.keys, *state.rows]).empty_table())


@dataclass(frozen=True, slots=True)
class Closing:
    """When windows close and in what order they come out.

    A window closes at the first stream time that is `lasting_ms` past its `time`, by which its state is ordered. Those of one
    moment come out by the columns `order`, of which that is the first, then by the bytes of their key, which `key_bytes`
    computes. look_interval_ms: closed windows are looked for no more often than this; 0: with every record.
    """

    order: Sequence[str]
    lasting_ms: int
    key_bytes: Rows
    look_interval_ms: int = 0

    @property
    def time(self) -> str:
        return self.order[0]


class ClosedWindows:
    """`times` says, for each partition, up to which stream time windows have come out: what closes later is still to come.

    So no window needs a mark, and those that have come out stay where they are until their retention is over.
    """

    def __init__(self, name: str, closing: Closing) -> None:
        self.times = StreamTimes(f"{name}.closed")
        self._closing = closing
        self._next_looks: dict[int, int] = {}

    def take(self, moments: Moments, store: TimedStore, touched: Touched, context: BatchContext) -> tuple[pa.Table, np.ndarray]:
        """Key and row columns of the windows that come out in a batch, and the place of each, in their order."""
        until = dict(self.times.latest)
        rows, places = [touched.rows.slice(0, 0)], [np.zeros(0, dtype=np.int64)]
        for partition in np.unique(moments.partitions).tolist():
            at = np.flatnonzero(moments.partitions == partition)
            if self._may_look(partition, context):
                closed = self._closed(partition, until.get(partition, _NEVER), moments.stream_times[at], store, touched)
                found, moment, until[partition] = self._looked(partition, closed, moments.stream_times[at], context)
                rows.append(found)
                places.append(moments.places[at[moment]])
        self.times.stage(until)
        return self._in_order(pa.concat_tables(rows), np.concatenate(places), context)

    def those_out(self, read: Callable[[], pa.Table]) -> pa.Table:
        """Of the rows that `read` gives a reader those that have come out."""
        until = self.times.published  # First: rows are published before it, so those of closed windows are never older.
        rows = read()
        return rows.filter(pa.array(self._are_out(rows, until)))

    def _are_out(self, rows: pa.Table, until: Mapping[int, int]) -> np.ndarray:
        partitions = rows.column(PARTITION).to_numpy()
        times = np.full(len(partitions), _NEVER)
        for partition, time in until.items():
            times[partitions == partition] = time
        return np.asarray(rows.column(self._closing.time).to_numpy() <= times - self._closing.lasting_ms)

    def _may_look(self, partition: int, context: BatchContext) -> bool:
        return not self._is_limited(context) or context.now_ms >= self._next_looks.get(partition, context.now_ms)

    def _is_limited(self, context: BatchContext) -> bool:
        """Whether looks come at intervals. Where windows close by the clock, nobody else might look later."""
        return self._closing.look_interval_ms > 0 and context.idle is None

    def _closed(self, partition: int, since: int, stream_times: np.ndarray, store: TimedStore, touched: Touched) -> pa.Table:
        """The partition's windows that have closed after `since`, in no order."""
        first, last = since - self._closing.lasting_ms + 1, int(stream_times[-1]) - self._closing.lasting_ms
        slots = np.setdiff1d(store.due_before(partition, last + 1, first), touched.slots)
        changed = touched.rows
        here = changed.column(PARTITION).to_numpy() == partition
        here &= changed.column(self._closing.time).to_numpy() <= last
        return pa.concat_tables([store.rows_at(slots), changed.filter(pa.array(here))])

    def _looked(
        self, partition: int, closed: pa.Table, stream_times: np.ndarray, context: BatchContext
    ) -> tuple[pa.Table, np.ndarray, int]:
        """The rows that come out, with which of the records each, and up to which stream time."""
        due = closed.column(self._closing.time).to_numpy() + self._closing.lasting_ms
        moment = np.searchsorted(stream_times, due)
        if not self._is_limited(context) or not len(due):
            return closed, moment, int(stream_times[-1])
        first = int(moment.min())
        self._next_looks[partition] = context.now_ms + self._closing.look_interval_ms
        seen = due <= stream_times[first]
        return closed.filter(pa.array(seen)), np.full(int(seen.sum()), first), int(stream_times[first])

    def _in_order(self, rows: pa.Table, places: np.ndarray, context: BatchContext) -> tuple[pa.Table, np.ndarray]:
        if rows.num_rows > 1:
            placed = rows.append_column(PLACE, pa.array(places))
            ordered = placed.append_column(KEY_BYTES, self._closing.key_bytes.run_over(placed, context).column(KEY_BYTES))
            keys = [PLACE, *self._closing.order, KEY_BYTES]
            order = pc.sort_indices(ordered, [(key, "ascending") for key in keys])
            rows, places = rows.take(order), places[order.to_numpy()]
        return rows, places
