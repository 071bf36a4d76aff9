"""GROUP BY in sessions: aggregates per key and session, which grow and become one, after every record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.nulls import arrow
from ksql.engine.kernels.segments import Segments, stable_order
from ksql.engine.kernels.sessions import Chains, Gone, Stored, Timing, chains_of
from ksql.engine.operators.batch import DELETED, PARTITION, PLACE, TIMESTAMP, BatchContext, Node
from ksql.engine.operators.closed_windows import Touched
from ksql.engine.operators.groups import AggregateCall, Groups
from ksql.engine.operators.moments import Moments
from ksql.engine.operators.session_states import Continued, States, evaluate
from ksql.engine.operators.tally import LATE, LATER_CHANGE
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START, SessionWindows
from ksql.engine.state.numbers import Numbers
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import TimedState

#: Ref of the number of each row in the order of arrival, for functions that merge by it.
ARRIVAL = "$arrival"
_ROWS = "rows"


@dataclass(frozen=True, slots=True)
class _TakenIn:
    """What rows did to sessions: states after them, and in the end; the sessions that are gone, and what is remembered."""

    groups: Segments
    chains: Chains
    states: States
    final: States
    replaced: Gone
    touched: Touched


class SessionAggregation(Groups):
    """Every row that is not too late gives the tombstones of the sessions that it replaces, each at the end of that session,
    then the row of its own session: keys, bounds, results. As in ksqlDB, each partition has the sessions of a key to itself.
    """

    windows: SessionWindows
    state: TimedState

    def __init__(
        self,
        name: str,
        input_: Node,
        keys: Sequence[tuple[str, pa.DataType]],
        calls: Sequence[AggregateCall],
        windows: SessionWindows,
        repartition: int = 0,
        *,
        leave_by: StreamTimes | None = None,
    ) -> None:
        super().__init__(name, input_, keys, calls, windows, repartition, leave_by)
        #: How many rows have arrived.
        self._arrived: Numbers[str] = Numbers(f"{name}.arrived", pa.string())
        key_schema = pa.schema([*keys, (PARTITION, pa.int32()), (WINDOW_END, pa.int64())])
        row_schema = pa.schema([*(pair for call in calls for pair in call.state_types), (WINDOW_START, pa.int64())])
        self.state = TimedState(name, key_schema, row_schema, self.expiry, time=WINDOW_END, partition=PARTITION)
        self._counts = any(ARRIVAL in call.arguments for call in calls)
        self.states: Sequence[Stateful] = (self.stream_times, *([self._arrived] if self._counts else []), self.state)

    def process(self, context: BatchContext) -> pa.Table:
        rows = self.arrive(context)
        moments = self.advance(rows, context)
        if rows.num_rows == 0:
            return self._empty(rows)
        taken = self._take_in(rows, moments, context, last_only=context.fold)
        if context.fold:
            every = np.count_nonzero(taken.chains.chain >= 0) + len(taken.chains.gone.rows)
            context.tally.count(self, LATER_CHANGE, int(every) - len(taken.final.rows) - len(taken.replaced.rows))
            return self._changes(rows, taken.groups, taken.chains, taken.final, taken.replaced)
        return self._changes(rows, taken.groups, taken.chains, taken.states, taken.chains.gone)

    def _take_in(self, rows: pa.Table, moments: Moments, context: BatchContext, *, last_only: bool) -> _TakenIn:
        """Let the sessions grow by some rows; what they are then is staged."""
        if self._counts:
            rows = self._numbered(rows)
        owners = self.state.store.number_owners(rows.select(self.state.store.owner_names))
        groups = Segments(owners)
        chains = self._chains(rows, groups, moments)
        context.tally.count(self, LATE, int(np.count_nonzero(chains.chain < 0)))
        continued = Continued.of(chains.sources, self.state.store)
        states = evaluate(self.calls, rows, groups, chains, continued, last_only=last_only)
        final = states.where(states.last & chains.standing[chains.chain[states.rows]])
        return _TakenIn(groups, chains, states, final, *self._remember(rows, groups, chains, continued, final))

    def touch(self, rows: pa.Table, moments: Moments, context: BatchContext) -> Touched:
        return self._take_in(rows, moments, context, last_only=True).touched if rows.num_rows else Touched.none(self.state)

    def _numbered(self, rows: pa.Table) -> pa.Table:
        first = self._arrived.latest.get(_ROWS, 0)
        self._arrived.stage({_ROWS: first + rows.num_rows})
        return rows.append_column(ARRIVAL, pa.array(first + np.arange(rows.num_rows)))

    def _chains(self, rows: pa.Table, groups: Segments, moments: Moments) -> Chains:
        times, store = rows.column(TIMESTAMP).to_numpy(), self.state.store
        closes = moments.stream_times[: rows.num_rows] - self.windows.gap_ms - self.windows.grace_ms
        timing = Timing(times[groups.order], closes[groups.order], self.windows.gap_ms)
        slots = store.last_of(groups.slots)
        known = np.flatnonzero(slots >= 0)

        def recall(asked: np.ndarray, since: np.ndarray) -> Stored:
            queries, found = store.between_of(groups.slots[asked], since)
            return self._stored(asked[queries], found)

        return chains_of(timing, groups, self._stored(known, slots[known]), recall)

    def _stored(self, groups: np.ndarray, slots: np.ndarray) -> Stored:
        store = self.state.store
        return Stored(groups, slots, store.row_column(WINDOW_START, slots).to_numpy(), store.times(slots))

    def _remember(
        self, rows: pa.Table, groups: Segments, chains: Chains, continued: Continued, final: States
    ) -> tuple[Gone, Touched]:
        """Stage the sessions there are in the end; those there were that are gone, since they are not just as they were."""
        store, owner = self.state.store, rows.select(self.state.store.owner_names)
        keys = _keyed(owner, groups.order[final.rows], chains.ends[final.rows])
        kept = pa.table([*final.columns.values(), pa.array(chains.starts[final.rows])], self.state.rows)
        slots = store.lookup(keys, insert=True)
        starts, ends = continued.states.column(WINDOW_START).to_numpy(), store.times(continued.slots)
        by_slot = np.argsort(slots)
        found = by_slot[np.searchsorted(slots, continued.slots, sorter=by_slot) % len(slots)]
        moved_on = slots[found] != continued.slots
        gone_keys = _keyed(owner, groups.order[continued.rows[moved_on]], ends[moved_on])
        gone_rows = pa.table([pa.nulls(gone_keys.num_rows, type_) for type_ in self.state.rows.types], self.state.rows)
        touched = np.append(slots, continued.slots[moved_on])
        self.state.stage(
            touched,
            pa.concat_tables([keys, gone_keys]),
            pa.concat_tables([kept, gone_rows]),
            np.arange(len(slots) + gone_keys.num_rows) < len(slots),
        )
        changed = moved_on | (chains.starts[final.rows[found]] != starts)
        sessions = pa.table([*keys.columns, *kept.columns], pa.schema([*self.state.keys, *self.state.rows]))
        return Gone(continued.rows[changed], starts[changed], ends[changed]), Touched(touched, sessions)

    def _changes(self, rows: pa.Table, groups: Segments, chains: Chains, states: States, gone: Gone) -> pa.Table:
        """Tombstones and rows, in the order of what they come from."""
        source = groups.order[np.append(gone.rows, states.rows)]
        order = stable_order(source)
        starts, ends = (
            pa.array(np.append(tombstones, bounds[states.rows])[order])
            for tombstones, bounds in ((gone.starts, chains.starts), (gone.ends, chains.ends))
        )
        number = order - len(gone.rows)
        changes = self._without_arguments(rows).take(pa.array(source[order]))
        for ref, column in ((TIMESTAMP, ends), (DELETED, pa.array(number < 0))):
            changes = changes.set_column(changes.column_names.index(ref), ref, column)
        changes = changes.append_column(WINDOW_START, starts).append_column(WINDOW_END, ends)
        for call in self.calls:
            result = call.result(states.columns).take(arrow(np.maximum(number, 0), pa.int64(), number >= 0))
            changes = changes.append_column(call.ref, result)
        return changes

    def _empty(self, rows: pa.Table) -> pa.Table:
        rows = self._without_arguments(rows)
        types = {WINDOW_START: pa.int64(), WINDOW_END: pa.int64()}
        types |= {call.ref: call.function.returns.arrow for call in self.calls}
        for ref, type_ in types.items():
            rows = rows.append_column(ref, pa.nulls(0, type_))
        return rows

    def kept(self, keys: pa.Table | None) -> pa.Table:
        return self.state.read(None if keys is None else self._owners(keys))

    def results(self, kept: pa.Table, places: np.ndarray) -> pa.Table:
        meta = {
            PLACE: pa.array(places),
            TIMESTAMP: kept.column(WINDOW_END),
            PARTITION: kept.column(PARTITION),
            DELETED: pa.array(np.zeros(kept.num_rows, dtype=bool)),
        }
        columns = {ref: kept.column(ref) for ref in [*self.keys, WINDOW_START, WINDOW_END]}
        return pa.table({**meta, **columns, **{call.ref: call.result(kept) for call in self.calls}})

    def _owners(self, keys: pa.Table) -> pa.Table:
        """The keys in every partition."""
        partitions = self.state.store.due_partitions
        each = keys.take(pa.array(np.repeat(np.arange(keys.num_rows), len(partitions))))
        return each.append_column(PARTITION, pa.array(np.tile(np.array(partitions, dtype=np.int32), keys.num_rows)))


def _keyed(owners: pa.Table, rows: np.ndarray, ends: np.ndarray) -> pa.Table:
    """Keys of sessions: whose, and until when."""
    return owners.take(pa.array(rows)).append_column(WINDOW_END, pa.array(ends))
