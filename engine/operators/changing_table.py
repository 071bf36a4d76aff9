"""A keyed table in a batch: its changes, and which of its rows others see at their places."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.versions import Versions
from ksql.engine.operators.batch import DELETED, PARTITION, TIMESTAMP, places_of
from ksql.engine.operators.window_retention import RetentionInBatch, WindowRetention
from ksql.engine.state.keyed_state import KeyedState


class ChangingTable:
    """The changes of a batch to a table whose rows `state` keeps (key → the other columns and the timestamp).

    live: whether each change leaves a row. Rows are numbered as candidates: the changes, then stored rows that were asked for.
    retention: lets the windows of the table leave. Nobody sees them then, nor are there changes of them.
    """

    def __init__(self, state: KeyedState, changes: pa.Table, retention: WindowRetention | None = None) -> None:
        self._state = state
        self._in_batch = RetentionInBatch(retention, changes) if retention else None
        self.changes = changes = self._in_batch.kept if self._in_batch else changes
        self.place = places_of(changes)
        self.time, self.partition = (changes.column(ref).to_numpy() for ref in (TIMESTAMP, PARTITION))
        self.live = ~changes.column(DELETED).to_numpy()
        self.slots = state.store.lookup(changes.select(state.keys.names), insert=True)
        self.versions = Versions(self.slots, self.place)
        self._candidates = [changes.select([*state.keys.names, *state.rows.names])]

    def find(self, keys: pa.Table) -> np.ndarray:
        """The slots of keys, column by column; -1 for those the table never had. A null is equal to a null."""
        return self._state.store.lookup(keys.rename_columns(self._state.keys.names), insert=False)

    def replaced(self) -> np.ndarray:
        """The row that each change replaces; -1 where there is none."""
        touched = self.versions.touched
        rows = self.versions.old_rows(self.live, self._state.store.live(touched))
        stored = rows >= len(self.live)
        rows[stored] = self.add(touched[rows[stored] - len(self.live)])
        return rows

    def seen(self, slots: np.ndarray, places: np.ndarray, *, inclusive: bool = False) -> np.ndarray:
        """For each slot (-1: none) and place the row that is there; -1 where there is none.

        inclusive: a change at the place itself counts, too.
        """
        store = self._state.store
        change = self.versions.at(slots, places, inclusive=inclusive)
        rows = np.where(np.append(self.live, False)[change], change, -1)
        stored = (change < 0) & (slots >= 0)
        stored[stored] = store.live(slots[stored])
        rows[stored] = self.add(slots[stored])
        if self._in_batch is not None:
            found = np.flatnonzero(rows >= 0)
            due, partitions = (self.column(ref).to_numpy()[rows[found]] for ref in (self._in_batch.due, PARTITION))
            rows[found[~self._in_batch.there(due, partitions, places[found], inclusive=inclusive)]] = -1
        return rows

    def add(self, slots: np.ndarray) -> np.ndarray:
        """Make the stored rows at `slots` candidates; their numbers."""
        first = sum(part.num_rows for part in self._candidates)
        self._candidates.append(self._state.store.rows_at(slots))
        return np.arange(first, first + len(slots))

    @property
    def candidates(self) -> pa.Table:
        """The key, the other columns and the timestamp of all rows so far."""
        return pa.concat_tables(self._candidates).combine_chunks()

    def column(self, ref: str) -> pa.ChunkedArray:
        """One column of the candidates."""
        return pa.concat_tables([part.select([ref]) for part in self._candidates]).column(ref)

    def pick(self, rows: np.ndarray) -> pa.Table:
        """Candidates by their numbers; null where there is none (-1)."""
        return self.candidates.take(pa.array(rows, mask=rows < 0))

    @property
    def columns(self) -> list[str]:
        """Refs of the data columns, the key first."""
        return [name for name in self._candidates[0].column_names if name not in (TIMESTAMP, PARTITION)]

    def last(self) -> pa.Table:
        """The last change of each touched slot."""
        return self.changes.take(pa.array(self.versions.last))

    def remember(self) -> None:
        """Stage what the changes leave behind."""
        last, state = self.last(), self._state
        live = self.live[self.versions.last]
        state.stage(self.versions.touched, last.select(state.keys.names), last.select(state.rows.names), live)
