"""GROUP BY: aggregates per key, and per window of it, after every record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.aggregates import Bound
from ksql.engine.aggregates.declare import Undoable
from ksql.engine.aggregates.values import OfValues
from ksql.engine.kernels.scans import identity, running_extreme
from ksql.engine.kernels.segments import Segments
from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, TIMESTAMP, BatchContext, Node
from ksql.engine.operators.closed_windows import Touched
from ksql.engine.operators.groups import AggregateCall, Groups
from ksql.engine.operators.moments import Moments
from ksql.engine.operators.remembered_values import RememberedValues
from ksql.engine.operators.table_changes import REPLACED, SIGN
from ksql.engine.operators.tally import LATE, LATER_CHANGE
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START, TimeWindows
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import TimedState


class Aggregation(Groups):
    """Every row gives a change: keys, results, and the window's bounds. The change's timestamp is the greatest of its group so
    far.

    signed: rows come and go, as `TableChanges` says; a row that is replaced within its group gives no change of its own.
    """

    windows: TimeWindows | None

    def __init__(
        self,
        name: str,
        input_: Node,
        keys: Sequence[tuple[str, pa.DataType]],
        calls: Sequence[AggregateCall],
        windows: TimeWindows | None,
        repartition: int = 0,
        *,
        signed: bool = False,
        leave_by: StreamTimes | None = None,
    ) -> None:
        super().__init__(name, input_, keys, calls, windows, repartition, leave_by)
        self._signed = signed
        rows = [pair for call in calls for pair in call.state_types]
        self.state = self._new_state(keys, [*rows, (TIMESTAMP, pa.int64())])
        self.values = self._remembered_values()
        remembered = [self.state, *(values.state for values in self.values)]
        self.states: Sequence[Stateful] = (self.stream_times, *remembered) if windows else remembered

    def _new_state(self, keys: Sequence[tuple[str, pa.DataType]], rows: Sequence[tuple[str, pa.DataType]]) -> KeyedState:
        if self.windows is None:
            return KeyedState(self.name, pa.schema(keys), pa.schema(rows))
        key_schema, row_schema = pa.schema([*keys, (WINDOW_START, pa.int64())]), pa.schema([*rows, (PARTITION, pa.int32())])
        return TimedState(self.name, key_schema, row_schema, self.expiry, time=WINDOW_START, partition=PARTITION)

    def _remembered_values(self) -> list[RememberedValues]:
        """One for each argument of which the values themselves are asked for."""
        asking: dict[str, list[OfValues]] = {}
        for call in self.calls:
            if isinstance(call.function, OfValues):
                asking.setdefault(call.arguments[0], []).append(call.function)
        return [
            RememberedValues(
                f"{self.name}.values-{i}",
                self.state.keys,
                (argument, functions[0].argument.arrow),
                signed=self._signed,
                largest=max(function.largest for function in functions),
                smallest=max(function.smallest for function in functions),
                expiry=self.expiry,
            )
            for i, (argument, functions) in enumerate(asking.items())
        ]

    def process(self, context: BatchContext) -> pa.Table:
        rows = self.arrive(context)
        rows = self._windowed(rows, self.advance(rows, context), context) if self.windows else rows
        if rows.num_rows == 0:
            return self._empty(rows)
        segments = self._segments(rows)
        wanted = segments.ends if context.fold else self._wanted(rows, segments)
        if context.fold:
            context.tally.count(self, LATER_CHANGE, self._changes_of(rows, segments) - len(segments))
        states, times, _ = self._update(rows, segments, wanted)
        return self._changes(rows, segments, states, times, wanted)

    def touch(self, rows: pa.Table, moments: Moments, context: BatchContext) -> Touched:
        rows = self._windowed(rows, moments, context)
        if rows.num_rows == 0:
            return Touched.none(self.state)
        segments = self._segments(rows)
        *_, remembered = self._update(rows, segments, segments.ends)
        return Touched(segments.slots, remembered)

    def _segments(self, rows: pa.Table) -> Segments:
        return Segments(self.state.store.lookup(rows.select(self.state.keys.names), insert=True))

    def _update(
        self, rows: pa.Table, segments: Segments, wanted: np.ndarray
    ) -> tuple[dict[str, pa.Array], np.ndarray, pa.Table]:
        """State columns after each wanted sorted row, times after each sorted row, and what is remembered of each segment."""
        old, live = self.state.store.gather(segments.slots)
        states = self._scan(rows, segments, _nulled(old, live), wanted)
        times = self._times(rows, segments, old.column(TIMESTAMP), live)
        last = _at_ends(states, segments, wanted)
        return states, times, self._remember(rows, segments, last, times, old, live)

    def _wanted(self, rows: pa.Table, segments: Segments) -> np.ndarray:
        """The sorted rows that give a change."""
        if not self._signed:
            return np.arange(segments.rows)
        replaced = rows.column(REPLACED).to_numpy()[segments.order]
        # The row that comes in its stead is the next one, and in the next sorted row if it is of the same group.
        together = np.append(np.diff(segments.order) == 1, False) & np.append(
            segments.segment[1:] == segments.segment[:-1], False
        )
        return np.flatnonzero(~(replaced & together))

    def _changes_of(self, rows: pa.Table, segments: Segments) -> int:
        """How many changes there would be, did each come out."""
        return len(self._wanted(rows, segments)) if self._signed else segments.rows

    def _windowed(self, rows: pa.Table, moments: Moments, context: BatchContext) -> pa.Table:
        """Every row once for each open window it falls into."""
        assert self.windows is not None
        timestamps = rows.column(TIMESTAMP).to_numpy()
        index, starts = self.windows.assign(timestamps, moments.stream_times[: rows.num_rows])
        if not np.array_equal(index, np.arange(rows.num_rows)):
            context.tally.count(self, LATE, rows.num_rows - _different(index))
            rows = rows.take(pa.array(index))
        return rows.append_column(WINDOW_START, pa.array(starts)).append_column(
            WINDOW_END, pa.array(starts + self.windows.size_ms)
        )

    def _scan(self, rows: pa.Table, segments: Segments, old: pa.Table, wanted: np.ndarray) -> dict[str, pa.Array]:
        """State columns after each wanted sorted row."""
        order = pa.array(segments.order)
        signs = rows.column(SIGN).to_numpy()[segments.order] if self._signed else None
        column = {ref: rows.column(ref).combine_chunks().take(order) for call in self.calls for ref in call.arguments}
        values = {known.argument: known.take_in(rows, column[known.argument], segments, signs) for known in self.values}
        states: dict[str, pa.Array] = {}
        for call in self.calls:
            before = [old.column(ref).combine_chunks() for ref in call.state_refs]
            function, arguments = call.function, [column[ref] for ref in call.arguments]
            if isinstance(function, OfValues):
                after = function.scan(values[call.arguments[0]], before, segments, wanted)
            elif signs is not None and isinstance(function, Undoable):
                after = function.scan(arguments, before, segments, wanted, signs)
            else:
                assert isinstance(function, Bound)
                after = function.scan(arguments, before, segments, wanted)
            states |= dict(zip(call.state_refs, after, strict=True))
        return states

    def _times(self, rows: pa.Table, segments: Segments, old: pa.Array, live: np.ndarray) -> np.ndarray:
        """The greatest timestamp of its group after each sorted row."""
        timestamps = rows.column(TIMESTAMP).to_numpy()[segments.order]
        before = np.where(live, pc.fill_null(old, 0).to_numpy(), identity(largest=True))
        return running_extreme(timestamps, before, segments, largest=True)

    def _remember(
        self,
        rows: pa.Table,
        segments: Segments,
        states: dict[str, pa.Array],
        times: np.ndarray,
        old: pa.RecordBatch,
        live: np.ndarray,
    ) -> pa.Table:
        """Stage the last row of each segment; key and row columns of all."""
        changed = rows.select([*self.state.keys.names, PARTITION]).take(pa.array(segments.order[segments.ends]))
        columns = [*states.values(), pa.array(times[segments.ends])]
        if self.windows:
            # A row stays in the partition it was first seen in, whose stream time it leaves by.
            first, now = old.column(PARTITION).fill_null(0).to_numpy(), changed.column(PARTITION).to_numpy()
            columns.append(pa.array(np.where(live, first, now)))
        keys, kept = changed.select(self.state.keys.names), pa.Table.from_arrays(columns, schema=self.state.rows)
        self.state.stage(segments.slots, keys, kept)
        return pa.table([*keys.columns, *kept.columns], pa.schema([*self.state.keys, *self.state.rows]))

    def _changes(
        self, rows: pa.Table, segments: Segments, states: dict[str, pa.Array], times: np.ndarray, wanted: np.ndarray
    ) -> pa.Table:
        """The wanted rows with their results, back in the order of the batch."""
        source = segments.order[wanted]
        order = np.argsort(source, kind="stable")
        back = pa.array(order)
        changes = self._without_arguments(rows)
        if len(order) != rows.num_rows:
            changes = changes.take(pa.array(source[order]))
        changes = changes.set_column(changes.column_names.index(TIMESTAMP), TIMESTAMP, pa.array(times[wanted][order]))
        for call in self.calls:
            changes = changes.append_column(call.ref, call.result(states).take(back))
        return changes

    def _empty(self, rows: pa.Table) -> pa.Table:
        rows = self._without_arguments(rows)
        for call in self.calls:
            rows = rows.append_column(call.ref, pa.nulls(rows.num_rows, call.function.returns.arrow))
        return rows

    def results(self, kept: pa.Table, places: np.ndarray) -> pa.Table:
        columns = {name: kept.column(name) for name in self.state.keys.names}
        if self.windows:
            columns[WINDOW_END] = pc.add(columns[WINDOW_START], self.windows.size_ms)
        for call in self.calls:
            columns[call.ref] = call.result(kept)
        n = kept.num_rows
        meta = {
            PLACE: pa.array(places),
            TIMESTAMP: kept.column(TIMESTAMP),
            PARTITION: kept.column(PARTITION) if self.windows else pa.array(np.zeros(n, dtype=np.int32)),
            DELETED: pa.array(np.zeros(n, dtype=bool)),
        }
        return pa.table({**meta, **columns})


def _at_ends(states: dict[str, pa.Array], segments: Segments, wanted: np.ndarray) -> dict[str, pa.Array]:
    """The state columns of the wanted sorted rows, of the last row of each segment alone."""
    ends = segments.ends
    if wanted is ends:
        return states
    at = pa.array(ends if len(wanted) == segments.rows else np.searchsorted(wanted, ends))
    return {ref: column.take(at) for ref, column in states.items()}


def _different(ascending: np.ndarray) -> int:
    return int(np.count_nonzero(np.diff(ascending))) + (len(ascending) > 0)


def _nulled(old: pa.RecordBatch, live: np.ndarray) -> pa.Table:
    """Old state per segment, null where the group is new."""
    table = pa.Table.from_batches([old])
    if live.all():
        return table
    return table.take(pa.array(np.arange(len(live)), mask=~live))
