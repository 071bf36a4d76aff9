"""Which rows of a table hold a foreign key: an index that is made of the table, and so needs no changelog of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.nulls import complete
from ksql.engine.state.grow import Grow, pieces
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.store import KeyedStore
from ksql.engine.state.time_order import TimeOrder

#: The index is made anew when it has more places that mean nothing than others, and more than this.
_DEAD_AT_LEAST = 65_536


class ForeignKeys:
    """A `Stateful` over the columns `foreign` of `table`: the slots of the rows that hold a key. Those with a null in it hold
    none.

    Nothing is written of it. It is made of the table's rows when it is first asked, or the table's slots have changed; from
    then on it follows what is staged. What an earlier build wrote of it is passed over.
    """

    def __init__(self, name: str, schema: pa.Schema, table: KeyedState, foreign: Sequence[str]) -> None:
        self.name, self.schema = name, schema
        self._table, self._foreign = table, list(foreign)
        self._staged: tuple[np.ndarray, pa.Table] | None = None
        self._generation = -1

    def holders(self, keys: pa.Table) -> tuple[np.ndarray, np.ndarray]:
        """(row of `keys`, slot) of the rows of the table that hold each key, by row, then slot."""
        if self._generation != self._table.store.generation:
            self._make()
        owners = self._owners.lookup(keys, insert=False)
        asked = np.flatnonzero(owners >= 0)
        never = np.zeros(len(asked), dtype=np.int64)
        query, slots = self._order.between(owners[asked], never, never)
        row = asked[query]
        holds = self._holds.array[slots] == owners[row]
        # A row that has left its key and come back is in the order twice.
        found = np.unique(row[holds] << 32 | slots[holds])
        return found >> 32, found & 0xFFFF_FFFF

    def stage(self, slots: np.ndarray, keys: pa.Table) -> None:
        """The rows at distinct `slots` hold these keys from now on."""
        self._staged = slots, keys

    def changes(self) -> None:
        return None

    def publish(self, offset: int) -> np.ndarray:  # noqa: ARG002
        """After the table, whose slots may have changed with it: then all is made anew when it is asked."""
        staged, self._staged = self._staged, None
        if staged is not None and self._generation == self._table.store.generation:
            self._follow(*staged)
        return np.zeros(0, dtype=np.int64)

    def discard(self) -> None:
        self._staged = None

    def restore(self, changes: pa.RecordBatch, offset: int) -> np.ndarray:
        return np.full(len(changes), offset)

    def in_use(self, changes: pa.RecordBatch, offset: int) -> pa.RecordBatch:  # noqa: ARG002
        return changes.slice(0, 0)

    def _make(self) -> None:
        store = self._table.store
        schema = pa.schema([self._table.rows.field(ref) for ref in self._foreign])
        self._owners, self._order = KeyedStore(schema, pa.schema([])), TimeOrder()
        #: By slot which key its row holds, as a slot of `_owners`; -1: none.
        self._holds = Grow(np.int64)
        self._places, self._live = 0, 0
        self._generation = store.generation
        for slots in pieces(store.live_slots()):
            self._follow(slots, store.columns(self._foreign, slots))

    def _follow(self, slots: np.ndarray, keys: pa.Table) -> None:
        held = complete(keys)
        owners = np.full(len(slots), -1, dtype=np.int64)
        owners[held] = self._owners.lookup(keys.filter(pa.array(held)), insert=True)
        self._reserve(int(slots.max(initial=-1)) + 1)
        before = self._holds.array[slots]
        self._live += int((owners >= 0).sum()) - int((before >= 0).sum())
        self._holds.array[slots] = owners
        self._add(slots[(owners >= 0) & (owners != before)])
        if self._places > 2 * self._live + _DEAD_AT_LEAST:
            self._order, self._places = TimeOrder(), 0
            self._add(np.flatnonzero(self._holds.array >= 0))
        if self._owners.keys > 2 * self._live + _DEAD_AT_LEAST:
            self._generation = -1

    def _add(self, slots: np.ndarray) -> None:
        self._order.add(self._holds.array[slots], np.zeros(len(slots), dtype=np.int64), slots)
        self._places += len(slots)

    def _reserve(self, size: int) -> None:
        """Slots that are new hold no key."""
        known = self._holds.size
        if size > known:
            self._holds.append(np.full(size - known, -1, dtype=np.int64))
