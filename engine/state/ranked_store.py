"""A keyed store whose keys end with a value: the largest and smallest of an owner are found without the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.ranges import written_out
from ksql.engine.kernels.ranks import order_codes
from ksql.engine.kernels.segments import stable_order
from ksql.engine.state.grow import Grow
from ksql.engine.state.store import KeyedStore

#: Rows that are gone are dropped from the order when more of them were passed over than there are, and more than this.
_PASSED_AT_LEAST = 65_536
_NONE = np.zeros(0, dtype=np.int64)


class RankedStore(KeyedStore):
    """The owner of a row is its key without the last column, whose values (of a type that has an order) rank the owner's rows.

    The order is kept as a few sorted runs, each at most half as long as the one before it. What is new joins it when somebody
    asks; so it costs nothing where nobody does.
    """

    _runs: list[np.ndarray]
    _waiting: list[np.ndarray]
    _passed: int

    def __init__(self, key_schema: pa.Schema, row_schema: pa.Schema) -> None:
        super().__init__(key_schema, row_schema)
        self.owner_names = key_schema.names[:-1]
        self._forget_order()

    def put(self, slots: np.ndarray, rows: pa.Table, offset: int = 0) -> np.ndarray:
        with self.lock:
            self._ordered.reserve(self._index.size)
            new = slots[~self._ordered.array[slots]]
            self._ordered.array[new] = True
            self._waiting.append(new)
            return super().put(slots, rows, offset)

    def extremes(
        self, owners: pa.Table, ends: Sequence[tuple[int, bool]], skipped: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(row of `owners`, slot) of rows at the ends of each owner, without order, each once.

        ends: how many rows, and whether the largest or the smallest; a few more may come. skipped: slots to do without,
        ascending.
        """
        with self.lock:
            self._bring_into_order()
            known = self._owners.lookup(owners, insert=False)
            asked = np.flatnonzero(known >= 0)
            queries, slots = [_NONE], [_NONE]
            for run in self._runs:
                low, high = (np.searchsorted(run[0], known[asked], side) for side in ("left", "right"))
                for count, largest in ends:
                    query, slot = self._from_end(run, low, high, count, skipped, largest=largest)
                    queries.append(query)
                    slots.append(slot)
            self._forget_the_gone()
        found = np.concatenate(slots)
        order = stable_order(found)
        first = order[np.append(True, np.diff(found[order]) > 0)[: len(order)]]
        return asked[np.concatenate(queries)[first]], found[first]

    def values(self, slots: np.ndarray) -> pa.Array:
        """The values of the rows at `slots`."""
        return self._keys[-1].values(slots)

    def _from_end(
        self, run: np.ndarray, low: np.ndarray, high: np.ndarray, count: int, skipped: np.ndarray, *, largest: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of the ranges of one run: from their end on, in steps that double, until `count` rows are found."""
        low, high = low.copy(), high.copy()
        open_, missing = np.flatnonzero(low < high), np.full(len(low), count)
        queries, slots, step = [_NONE], [_NONE], 2 * count
        while len(open_):
            length = np.minimum(high[open_] - low[open_], step)
            which, places = written_out(high[open_] - length if largest else low[open_], length)
            query, slot = open_[which], run[1][places]
            live = self.live(slot)
            self._passed += int(np.count_nonzero(~live))
            good = live & ~_among(slot, skipped)
            queries.append(query[good])
            slots.append(slot[good])
            missing -= np.bincount(query[good], minlength=len(low))
            (high if largest else low)[open_] -= length if largest else -length
            open_, step = open_[(missing[open_] > 0) & (low[open_] < high[open_])], 2 * step
        return np.concatenate(queries), np.concatenate(slots)

    def _bring_into_order(self) -> None:
        slots = np.concatenate([_NONE, *self._waiting])
        self._waiting = []
        if len(slots):
            owner = [self._keys[i].values(slots) for i in range(len(self.owner_names))]
            owners = self._owners.lookup(pa.table(owner, self._owners.key_schema), insert=True)
            self._add(np.stack([owners, slots]))

    def _add(self, run: np.ndarray) -> None:
        """Add a run; shorter ones become one with it."""
        parts = [run]
        while self._runs and self._runs[-1].shape[1] <= 2 * sum(part.shape[1] for part in parts):
            parts.append(self._present(self._runs.pop()))
        rows = np.concatenate(parts, axis=1)
        codes, _ = order_codes(self.values(rows[1]))
        self._runs.append(rows[:, np.lexsort((codes, rows[0]))])

    def _present(self, run: np.ndarray) -> np.ndarray:
        """The rows of a run that are there."""
        live = self.live(run[1])
        self._ordered.array[run[1][~live]] = False
        return np.asarray(run[:, live])

    def _forget_the_gone(self) -> None:
        """Passing over rows that are gone costs no more than having had them."""
        if self._passed > max(_PASSED_AT_LEAST, sum(run.shape[1] for run in self._runs)):
            self._runs = [run for run in map(self._present, self._runs) if run.shape[1]]
            self._passed = 0

    def _forget_order(self) -> None:
        owner = pa.schema([self.key_schema.field(name) for name in self.owner_names])
        self._owners = KeyedStore(owner, pa.schema([]))
        self._runs = []
        self._waiting = []
        self._ordered = Grow(bool)
        self._passed = 0

    def _compact(self) -> None:
        super()._compact()
        self._forget_order()
        everything = np.arange(self._index.size)
        self._ordered.reserve(len(everything))
        self._ordered.array[:] = True
        self._waiting.append(everything)


def _among(slots: np.ndarray, ascending: np.ndarray) -> np.ndarray:
    """Which slots are in a sorted array."""
    if not len(ascending):
        return np.zeros(len(slots), dtype=bool)
    at = np.minimum(np.searchsorted(ascending, slots), len(ascending) - 1)
    return np.asarray(ascending[at] == slots)
