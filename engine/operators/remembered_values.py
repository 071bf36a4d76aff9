"""The values that groups have of one argument, each remembered by itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.aggregates.values import GroupValues
from ksql.engine.kernels.nulls import numbers
from ksql.engine.kernels.segments import Segments
from ksql.engine.operators.batch import PARTITION
from ksql.engine.operators.windows import WINDOW_START
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.ranked_state import RankedState
from ksql.engine.state.timed_state import Expiry, TimedState

#: Ref of the value, behind the group in the key; ref of how often it is there.
VALUE, COUNT = "$value", "$count"


class RememberedValues:
    """Of each group (and window) the values of the column `argument`, so that a row that comes or goes touches one of them.

    signed: values are counted, for they may go. largest, smallest: so many of them functions ask for. expiry: of windows.
    """

    def __init__(
        self,
        name: str,
        groups: pa.Schema,
        argument: tuple[str, pa.DataType],
        *,
        signed: bool,
        largest: int,
        smallest: int,
        expiry: Expiry | None,
    ) -> None:
        self._ends = (largest, True), (smallest, False)
        self.argument, type_ = argument
        self._groups, self._signed = groups.names, signed
        self.state = _state(
            name, pa.schema([*groups, (VALUE, type_)]), signed=signed, ordered=largest + smallest > 0, expiry=expiry
        )

    def take_in(self, rows: pa.Table, argument: pa.Array, segments: Segments, signs: np.ndarray | None) -> GroupValues:
        """What functions want to know of the values of a batch; what they are after it is staged.

        argument, signs: by sorted row. rows: the batch, with the columns of the groups.
        """
        store, values = self.state.store, GroupValues(argument, signs, segments)
        touched = values.touched
        origin = pa.array(segments.order[touched])
        keys = rows.select(self._groups).take(origin).append_column(VALUE, argument.take(pa.array(touched)))
        slots = store.lookup(keys, insert=True)
        stored, live = store.gather(slots)
        before = live * (numbers(stored.column(0)) if self._signed else np.ones(len(live), dtype=np.int64))
        values.know(before, lambda: self._rest(rows.select(self._groups).take(pa.array(segments.order[segments.ends])), slots))
        counts = values.counts()
        columns = [pa.array(counts)] if self._signed else []
        if PARTITION in self.state.rows.names:
            columns.append(rows.column(PARTITION).take(origin))
        changed = np.flatnonzero(counts != before if self._signed else before == 0)
        kept = pa.table(columns, schema=self.state.rows)
        if columns:
            kept = kept.take(pa.array(changed))
        self.state.stage(slots[changed], keys.take(pa.array(changed)), kept, counts[changed] > 0)
        return values

    def _rest(self, groups: pa.Table, slots: np.ndarray) -> tuple[np.ndarray, pa.Array, np.ndarray]:
        """Of each group the largest and smallest values but those at `slots`: (number of the group, value, how often)."""
        assert isinstance(self.state, RankedState)
        store = self.state.store
        segments, found = store.extremes(groups, [end for end in self._ends if end[0]], np.sort(slots))
        rows, _ = store.gather(found)
        return segments, store.values(found), numbers(rows.column(0))


def _state(name: str, keys: pa.Schema, *, signed: bool, ordered: bool, expiry: Expiry | None) -> KeyedState:
    rows = pa.schema([(COUNT, pa.int64())] if signed else [])
    if expiry is not None:
        return TimedState(
            name, keys, rows.append(pa.field(PARTITION, pa.int32())), expiry, time=WINDOW_START, partition=PARTITION
        )
    return RankedState(name, keys, rows) if ordered else KeyedState(name, keys, rows)
