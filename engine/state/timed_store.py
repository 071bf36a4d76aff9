"""A keyed store whose keys end with a time: the rows of a key in order of time, and the rows of a partition that are due."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.state.sorted_runs import DueTimes
from ksql.engine.state.store import KeyedStore
from ksql.engine.state.time_order import TimeOrder

_LIMITS = np.iinfo(np.int64)
#: A time that does not come.
NEVER = int(_LIMITS.max)
#: Owners that were asked for and have no rows are forgotten when they are more than those that have, and more than this.
_OWNERS_AT_LEAST = 65_536


class TimedStore(KeyedStore):
    """`time` names the column of `key_schema` (int64, ms) that orders the rows of an owner; the owner is what stands before it.
    `due` names the one that says when a row is due (None: never), `partition` the column, of either schema, that says in which
    partition.

    Nothing here looks at rows that are not asked for: both orders are indexes. That of the owners is brought up to date by
    `between`, so it costs nothing where nobody asks.
    """

    def __init__(self, key_schema: pa.Schema, row_schema: pa.Schema, time: str, due: str | None, partition: str) -> None:
        super().__init__(key_schema, row_schema)
        self._time = key_schema.get_field_index(time)
        self._due = None if due is None else key_schema.get_field_index(due)
        self._partition = partition
        self.owner_names = key_schema.names[: self._time]
        self._forget_order()
        self._due_times: dict[int, DueTimes] = {}

    def put(self, slots: np.ndarray, rows: pa.Table, offset: int = 0) -> np.ndarray:
        with self.lock:
            fresh = ~self.live(slots)
            replaced = super().put(slots, rows, offset)
            if self._due is not None and fresh.any():
                self._add_due(self._due, slots[fresh], self._partitions(slots[fresh]))
            return replaced

    def between(
        self, owners: pa.Table, first: np.ndarray | None = None, last: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(row of `owners`, slot) of each owner's rows from time `first` to `last`, both included, by owner, then time.

        owners: the key columns before the time. first, last: ms, one for each owner; None: no bound.
        """
        with self.lock:
            self._bring_into_order()
            return self.between_of(self._owners.lookup(owners, insert=False), first, last)

    def between_of(
        self, owners: np.ndarray, first: np.ndarray | None = None, last: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `between`, of owners by their numbers; -1 has no rows."""
        with self.lock:
            self._bring_into_order()
            bounds = (
                np.full(len(owners), limit) if times is None else times
                for times, limit in ((first, _LIMITS.min), (last, _LIMITS.max))
            )
            queries, slots = self._order.between(owners, *bounds)
            live = self.live(slots)
            return queries[live], slots[live]

    def number_owners(self, owners: pa.Table) -> np.ndarray:
        """The numbers of owners, known or not. As slots they are good until the next `delete`."""
        with self.lock:
            if self._owners.keys_known > 2 * self._index.size + _OWNERS_AT_LEAST:
                self._forget_order()
            return self._owners.lookup(owners, insert=True)

    def last_of(self, owners: np.ndarray) -> np.ndarray:
        """The slot of the row with the greatest time of each owner; -1 where it has none."""
        with self.lock:
            self._bring_into_order()
            slots = self._order.last(owners)
            gone = np.flatnonzero(slots >= 0)
            gone = gone[~self.live(slots[gone])]
            slots[gone] = -1
            queries, present = self.between_of(owners[gone])
            slots[gone[queries]] = present  # of several the last one stays
            return slots

    def times(self, slots: np.ndarray) -> np.ndarray:
        """The times of the rows at `slots`."""
        with self.lock:
            return self._numbers(self._time, slots)

    def take_due(self, partition: int, before: int) -> np.ndarray:
        """The slots of the partition's rows that are due before a time, ms, ascending. They are not given out again."""
        with self.lock:
            times = self._due_times.get(partition)
            return self._present(times.take_before(before), partition) if times else np.zeros(0, dtype=np.int64)

    def due_before(self, partition: int, before: int, first: int | None = None) -> np.ndarray:
        """The slots that `take_due` would take, of rows due at `first` or later, left where they are."""
        with self.lock:
            times = self._due_times.get(partition)
            return self._present(times.before(before, first), partition) if times else np.zeros(0, dtype=np.int64)

    def due_ends(self, partition: int, bound: int, count: int) -> np.ndarray:
        """The slots of the first `count` rows of the partition that are due at `bound` or later, and of the last `count`."""
        with self.lock:
            times = self._due_times.get(partition)
            if times is None:
                return np.zeros(0, dtype=np.int64)
            wanted = count
            while True:  # some of the places may belong to rows that were deleted
                first, last = (self._present(places, partition) for places in (times.first(bound, wanted), times.last(wanted)))
                if min(len(first), len(last)) >= count or wanted >= self._index.size:
                    return np.unique(np.append(first, last))
                wanted *= 2

    def next_due(self, partition: int, bound: int, without: np.ndarray) -> int:
        """When the partition's first row at `bound` or later is due, ms, those of `without` aside; or NEVER."""
        with self.lock:
            times = self._due_times.get(partition)
            if times is None:
                return NEVER
            return times.next(bound, lambda slots: np.setdiff1d(self._present(slots, partition), without))

    def _present(self, slots: np.ndarray, partition: int) -> np.ndarray:
        """Those of the slots that have a row, and in this partition: one that was deleted may have come back in another."""
        slots = np.unique(slots)
        slots = slots[self.live(slots)]
        return np.asarray(slots[self._partitions(slots) == partition])

    def _partitions(self, slots: np.ndarray) -> np.ndarray:
        """In which partition the rows at `slots` are."""
        column = self.row_schema.get_field_index(self._partition)
        if column >= 0:
            return np.asarray(self._rows[column].get(slots).to_numpy())
        return self._numbers(self.key_schema.get_field_index(self._partition), slots)

    @property
    def due_partitions(self) -> list[int]:
        """The partitions that rows were ever put in."""
        return list(self._due_times)

    def _forget_order(self) -> None:
        owner = pa.schema([self.key_schema.field(name) for name in self.owner_names])
        self._owners, self._order, self._ordered = KeyedStore(owner, pa.schema([])), TimeOrder(), 0

    def _bring_into_order(self) -> None:
        """All slots have their place in the order, those without a row too: a slot keeps its key."""
        size = self._index.size
        if self._ordered < size:
            slots = np.arange(self._ordered, size)
            keys = [self._keys[i].values(slots) for i in range(self._time)]
            owners = self._owners.lookup(pa.table(keys, self._owners.key_schema), insert=True)
            self._order.add(owners, self._numbers(self._time, slots), slots)
            self._ordered = size

    def _add_due(self, due: int, slots: np.ndarray, partitions: np.ndarray) -> None:
        times = self._numbers(due, slots)
        for partition in np.unique(partitions).tolist():
            here = partitions == partition
            self._due_times.setdefault(partition, DueTimes()).add(times[here], slots[here])

    def _numbers(self, key: int, slots: np.ndarray) -> np.ndarray:
        return np.asarray(self._keys[key].values(slots).to_numpy())

    def _compact(self) -> None:
        live = self._live.array.copy()
        super()._compact()
        self._forget_order()
        for times in self._due_times.values():
            times.renumber(np.where(live, np.cumsum(live) - 1, -1))
