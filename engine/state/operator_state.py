"""Keyed state of an operator, and how it is remembered: what a batch changes waits until the batch is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.operators.windows import WINDOW_END, WINDOW_START, TimeWindows
from ksql.engine.state import KeyedStore

#: Column of a changelog batch that says the key was deleted.
DELETED_KEY = "$deleted"
#: Fewer windows than this are never looked through for expired ones.
_EXPIRE_AT_LEAST = 32_768


class OperatorState:
    """A store whose changes become visible to readers only by `publish`.

    `name` is the operator's stable id within its query; its changelog is kept under it. `keys` and `rows` are the Arrow
    schemas. With `windows`, the keys end with a window's start, or its bounds, and windows past their retention at
    `stream_time` (ms) are not there, though they are deleted only now and then.
    """

    def __init__(
        self,
        name: str,
        keys: pa.Schema,
        rows: pa.Schema,
        windows: TimeWindows | None = None,
        stream_time: Callable[[], int] = lambda: 0,
    ) -> None:
        self.name = name
        self.keys, self.rows = keys, rows
        self.store = KeyedStore(keys, rows)
        self._windows = windows
        self._stream_time = stream_time
        #: The lowest and the highest start of a window that ever had a row.
        self._starts: tuple[int, int] | None = None
        self._kept = _EXPIRE_AT_LEAST
        self._staged: tuple[np.ndarray, pa.Table, pa.Table, np.ndarray | None] | None = None

    def stage(self, slots: np.ndarray, keys: pa.Table, rows: pa.Table, live: np.ndarray | None = None) -> None:
        """Remember the new rows of distinct `slots`; where `live` is false the key is deleted."""
        self._staged = (slots, keys, rows, live)

    def expire(self) -> None:
        """Delete, with what this batch has staged, windows past their retention.

        Only when the state has doubled since the last time, so that it costs little per record.
        """
        if self._windows is None or len(self.store) < 2 * self._kept:
            return
        gone = self._delete_before(self._oldest(self._windows))
        self._kept = max(len(self.store) - gone, _EXPIRE_AT_LEAST)

    def _oldest(self, windows: TimeWindows) -> int:
        """The lowest start of a window that is kept."""
        return self._stream_time() - windows.retention_ms + 1

    def _delete_before(self, start: int) -> int:
        """Stage the deletion of windows that start before `start`; how many there are."""
        assert self._staged is not None
        expired = self.store.slots_below(WINDOW_START, start)
        gone = self.store.rows_at(expired)
        slots, keys, rows, live = self._staged
        self._staged = (
            np.append(slots, expired),
            pa.concat_tables([keys.cast(self.keys), gone.select(self.keys.names)]),
            pa.concat_tables([rows.cast(self.rows), gone.select(self.rows.names)]),
            np.append(np.ones(len(slots), dtype=bool) if live is None else live, np.zeros(len(expired), dtype=bool)),
        )
        return len(expired)

    def changes(self) -> pa.RecordBatch | None:
        """What this batch changed, for the changelog: keys, rows, and whether the key is gone."""
        if self._staged is None or len(self._staged[0]) == 0:
            return None
        slots, keys, rows, live = self._staged
        deleted = pa.array(np.zeros(len(slots), dtype=bool) if live is None else ~live)
        columns = [c.combine_chunks() for c in (*keys.columns, *rows.columns)]
        return pa.RecordBatch.from_arrays(
            [*columns, deleted], schema=pa.schema([*self.keys, *self.rows, pa.field(DELETED_KEY, pa.bool_())])
        )

    def publish(self) -> None:
        """Make the staged rows the store's."""
        if self._staged is None:
            return
        slots, keys, rows, live = self._staged
        self._staged = None
        self._apply(slots, keys, rows, live)

    def _apply(self, slots: np.ndarray, keys: pa.Table, rows: pa.Table, live: np.ndarray | None) -> None:
        if self._windows is not None and len(slots):
            starts = keys.column(WINDOW_START).to_numpy()
            lowest, highest = self._starts or (int(starts[0]), int(starts[0]))
            self._starts = min(lowest, int(starts.min())), max(highest, int(starts.max()))
        if live is None or live.all():
            self.store.put(slots, rows)
        else:
            with self.store.lock:
                self.store.put(slots[live], rows.filter(pa.array(live)))
                self.store.delete(slots[~live])

    def snapshot(self, batch_rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The whole state as changes."""
        rows = self.store.live_rows()
        rows = rows.append_column(DELETED_KEY, pa.array(np.zeros(rows.num_rows, dtype=bool)))
        yield from rows.combine_chunks().to_batches(max_chunksize=batch_rows)

    def restore(self, changes: pa.RecordBatch) -> None:
        """Apply a batch of the changelog."""
        table = pa.Table.from_batches([changes])
        keys = table.select(self.keys.names)
        slots = self.store.lookup(keys, insert=True)
        live = ~table.column(DELETED_KEY).to_numpy()
        self._apply(slots, keys, table.select(self.rows.names), live)

    def read(self, keys: pa.Table | None) -> pa.Table:
        """Live rows (key and row columns), all or those of the given keys; of a key without window those of all its windows.

        All rows come as well where that is the shorter way: the caller's own condition picks again.
        """
        if self._windows is None:
            return self.store.live_rows() if keys is None else self.store.read(keys)
        rows = self._read_windows(self._windows, keys)
        return rows.filter(pc.greater_equal(rows.column(WINDOW_START), self._oldest(self._windows)))

    def _read_windows(self, windows: TimeWindows, keys: pa.Table | None) -> pa.Table:
        if keys is None:
            return self.store.live_rows()
        if WINDOW_START in keys.column_names:
            return self.store.read(keys)
        if self._starts is None:
            return self.store.read(self.keys.empty_table())
        starts = windows.starts(*self._starts)
        if len(starts) * keys.num_rows > len(self.store):
            return self.store.live_rows()
        return self.store.read(_in_windows(keys, starts, windows.size_ms).select(self.keys.names))


def _in_windows(keys: pa.Table, starts: np.ndarray, size_ms: int) -> pa.Table:
    """Every key once for each window."""
    rows = keys.take(pa.array(np.repeat(np.arange(keys.num_rows), len(starts))))
    all_starts = np.tile(starts, keys.num_rows)
    rows = rows.append_column(WINDOW_START, pa.array(all_starts))
    return rows.append_column(WINDOW_END, pa.array(all_starts + size_ms))
