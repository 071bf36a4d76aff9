"""Stream-stream join: rows of one key whose timestamps lie near each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.distinct import row_groups
from ksql.engine.kernels.scans import by_partition_maximum, identity
from ksql.engine.operators.batch import PARTITION, TIMESTAMP, BatchContext, empty, with_bytes
from ksql.engine.operators.join_condition import JoinCondition
from ksql.engine.operators.join_kinds import described, kind_of
from ksql.engine.operators.join_records import SEQUENCE, Outputs, Pairs, Records, Side
from ksql.engine.operators.tally import NO_JOIN_KEY, TOO_OLD
from ksql.engine.operators.unmatched_rows import UnmatchedRows
from ksql.engine.state.idle import Idle
from ksql.engine.state.numbers import Numbers
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.time_order import TimeOrder
from ksql.engine.state.timed_state import Expiry, TimedState

_NEVER = identity(largest=True)
_DAY_MS = 86_400_000


@dataclass(slots=True)
class _Buffer:
    """What is remembered of a side: its rows, as long as some row may match them, and its own stream time."""

    times: StreamTimes
    rows: TimedState

    @classmethod
    def of(cls, name: str, side: Side, retention_ms: int) -> _Buffer:
        times = StreamTimes(f"{name}.stream-times")
        return cls(times, side.new_state(name, Expiry(times, retention_ms)))


class StreamStreamJoin:
    """Joins the streams of two sides. `name` is that of its states.

    grace_ms: for how long after its window an unmatched row waits for late ones; None: it comes out at once, and rows may match
    it for a day. swapped: the right side is the one that leads, as that of a right join. `look_interval_ms`: rows that wait are
    looked for at most so often. condition: what must be true of two rows besides their keys to be a match.
    """

    def __init__(
        self,
        name: str,
        sides: tuple[Side, Side],
        grace_ms: int | None,
        *,
        swapped: bool = False,
        look_interval_ms: int = 0,
        condition: JoinCondition | None = None,
    ) -> None:
        self._written, self._condition = sides, condition
        self.sides = sides[::-1] if swapped else sides
        first = sides[0]
        self._retention_ms = first.before_ms + first.after_ms + (_DAY_MS if grace_ms is None else grace_ms)
        self._times = StreamTimes(f"{name}.stream-times")
        self._sequence = Numbers[str](f"{name}.sequence", pa.string())
        self._buffers = [
            _Buffer.of(f"{name}.{label}", side, self._retention_ms)
            for label, side in zip(("leading", "other"), self.sides, strict=True)
        ]
        self._waiting = None if grace_ms is None else UnmatchedRows(name, self.sides, grace_ms, look_interval_ms)
        self.inputs = tuple(side.input for side in sides)
        buffers = [state for buffer in self._buffers for state in (buffer.times, buffer.rows)]
        waiting = self._waiting.states if self._waiting else ()
        self.states: Sequence[Stateful] = (self._times, self._sequence, *buffers, *waiting)

    def describe(self) -> str:
        left, right = self._written
        window = f"{left.before_ms} ms before to {left.after_ms} ms after"
        equal = ", ".join(f"{own} = {other}" for own, other in zip(left.keys, right.keys, strict=True))
        return described(f"{kind_of(left.outer, right.outer)} stream-stream join on {equal}, {window}", self._condition)

    def decode(self, context: BatchContext) -> None:
        for side in self.sides:
            side.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        tables = [with_bytes(side.input.process(context), side.encoded) for side in self.sides]
        first = self._sequence.latest.get("next", 0)
        records = Records(tables, self.sides, first, self._passed(tables, context.idle))
        if not len(records) and not context.binding:
            return empty({ref: type_ for side in self.sides for ref, type_ in side.columns.items()})
        self._sequence.stage({"next": first + len(records)})
        stream_time, own_times = self._advance(records)
        pairs = self._pairs(records, own_times)
        if self._condition is not None:
            pairs = pairs.where(self._holds(self._condition, records, pairs, context))
        outputs = [self._matches(records, pairs), *self._unmatched(records, pairs, stream_time, context.now_ms)]
        for side in (0, 1):
            self._remember(records, side)
        self._count(records, own_times, context)
        return Outputs.joined(outputs).table(records, self.sides)

    def _passed(self, tables: Sequence[pa.Table], idle: Idle | None) -> Mapping[int, int]:
        """How far the time of partitions without records goes by the clock, where rows wait for it."""
        if idle is None or self._waiting is None:
            return {}
        return self._times.go_on(np.concatenate([table.column(PARTITION).to_numpy() for table in tables]), idle)

    def due_at(self, idle: Idle) -> int | None:
        """See `Waiting`: the next unmatched row whose time is over."""
        return None if self._waiting is None else self._times.reached_at(self._waiting.next_due(self._times.published), idle)

    def _advance(self, records: Records) -> tuple[np.ndarray, list[np.ndarray]]:
        """Stream time at every record, and that of each side alone, which only records move that others may match."""
        stream_time = self._times.advance(records.time, records.partition)
        own_times = []
        for side, buffer in enumerate(self._buffers):
            so_far = dict(buffer.times.latest)
            time = np.where(records.keyed & (records.side == side), records.time, _NEVER)
            own_times.append(by_partition_maximum(time, records.partition, so_far))
            buffer.times.stage({p: t for p, t in so_far.items() if t != _NEVER})
        return stream_time, own_times

    def _pairs(self, records: Records, own_times: Sequence[np.ndarray]) -> Pairs:
        """All pairs that the batch's records complete, those of a record in order of the other row's time, then arrival."""
        found = [self._within_batch(records), *(self._with_stored(records, side) for side in (0, 1))]
        pairs = Pairs(*(np.concatenate([getattr(f, name) for f in found]) for name in Pairs.__slots__))
        other_own = np.where(pairs.side == 0, own_times[1][pairs.record], own_times[0][pairs.record])
        pairs = pairs.where(pairs.other_time > other_own - self._retention_ms)
        return pairs.where(np.lexsort((pairs.other_sequence, pairs.other_time, pairs.record)))

    def _holds(self, condition: JoinCondition, records: Records, pairs: Pairs, context: BatchContext) -> np.ndarray:
        sides = [(records.candidates[side], np.where(pairs.side == side, pairs.own, pairs.other)) for side in (0, 1)]
        return condition.holds(records.table(pairs.record), sides, context)

    def _within_batch(self, records: Records) -> Pairs:
        left, right = (records.keyed_of(side) for side in (0, 1))
        keys = [self._keys(records, s).take(pa.array(records.row[of])) for s, of in enumerate((left, right))]
        codes = row_groups(pa.concat_tables(keys))[0]
        order = TimeOrder()
        order.add(codes[len(left) :], records.time[right], right)
        time = records.time[left]
        query, other = order.between(codes[: len(left)], time - self.sides[0].before_ms, time + self.sides[0].after_ms)
        one = left[query]
        record, earlier = np.maximum(one, other), np.minimum(one, other)
        rows, times = records.row[earlier], records.time[earlier]
        return Pairs(record, records.side[record], records.row[record], rows, times, records.sequence[earlier])

    def _with_stored(self, records: Records, side: int) -> Pairs:
        """Pairs of a side's records with rows of the other side's buffer, which become candidates."""
        own, other = self.sides[side], self._buffers[1 - side].rows
        asked = records.keyed_of(side)
        keys = self._keys(records, side).take(pa.array(records.row[asked]))
        time = records.time[asked]
        query, slots = other.store.between(keys, time - own.before_ms, time + own.after_ms)
        distinct, which = np.unique(slots, return_inverse=True)
        stored = other.store.rows_at(distinct)
        rows = records.add(1 - side, stored) + which
        times, sequences = (stored.column(ref).to_numpy()[which] for ref in (TIMESTAMP, SEQUENCE))
        record = asked[query]
        return Pairs(record, np.full(len(record), side), records.row[record], rows, times, sequences)

    def _keys(self, records: Records, side: int) -> pa.Table:
        """The keys of a side's candidates, called as those of the first side."""
        return records.candidates[side].select(self.sides[side].keys).rename_columns(list(self.sides[0].keys))

    def _matches(self, records: Records, pairs: Pairs) -> Outputs:
        left, right = (np.where(pairs.side == side, pairs.own, pairs.other) for side in (0, 1))
        time = np.maximum(records.time[pairs.record], pairs.other_time)
        return Outputs(pairs.record, np.ones(len(left), dtype=np.int64), np.arange(len(left)), left, right, time)

    def _unmatched(self, records: Records, pairs: Pairs, stream_time: np.ndarray, now_ms: int) -> Sequence[Outputs]:
        """Rows of outer sides without a match at their own place: they come out at once, or when their time is over."""
        if not any(side.outer for side in self.sides):
            return []
        alone = np.array([side.outer for side in self.sides])[records.side] & ~records.deleted
        alone[pairs.record] = False
        if self._waiting is None:
            return self._at_once(records, alone)
        after = np.array([side.after_ms for side in self.sides])[records.side]
        over = ~records.keyed | (records.time + after < stream_time)
        late = self._waiting.process(records, pairs, np.flatnonzero(alone & ~over), stream_time, now_ms)
        return [*self._at_once(records, alone & over), *late]

    def _at_once(self, records: Records, which: np.ndarray) -> Sequence[Outputs]:
        found = [np.flatnonzero(which & (records.side == side)) for side in (0, 1)]
        return [Outputs.of(side, of, 2, records.row[of], records.time[of]) for side, of in enumerate(found)]

    def _count(self, records: Records, own_times: Sequence[np.ndarray], context: BatchContext) -> None:
        own_time = np.where(records.side == 0, *own_times)
        late = records.keyed & (records.time <= own_time - self._retention_ms)
        keyless = ~(records.keyed | records.deleted | records.by_clock)
        context.tally.count(self, TOO_OLD, int(np.count_nonzero(late)))
        context.tally.count(self, NO_JOIN_KEY, int(np.count_nonzero(keyless)))

    def _remember(self, records: Records, side: int) -> None:
        """Keep the rows that later ones may match."""
        state = self._buffers[side].rows
        final = self._buffers[side].times.latest
        of = records.keyed_of(side)
        partitions, which = np.unique(records.partition[of], return_inverse=True)
        oldest = np.array([final[p] - self._retention_ms for p in partitions.tolist()], dtype=np.int64)
        of = of[records.time[of] > oldest[which]]
        rows = records.candidates[side].take(pa.array(records.row[of])).append_column(SEQUENCE, pa.array(records.sequence[of]))
        keys = rows.select(state.keys.names)
        state.stage(state.store.lookup(keys, insert=True), keys, rows.select(state.rows.names))
