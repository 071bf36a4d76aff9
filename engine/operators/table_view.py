"""The rows of a table as a query sees them: which are visible, and what becomes of those that leave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.versions import Versions
from ksql.engine.operators.batch import DELETED, PLACE, BatchContext, Node
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.tally import NO_ROW
from ksql.engine.operators.window_retention import WindowRetention
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful

#: Ref of the condition column that the stage before a view computes.
VISIBLE = "$visible"


class TableView:
    """Keeps the table's visible rows, and turns changes into the changes of what is visible.

    A change that satisfies the condition goes on; one that does not is a tombstone if the row was visible before, else nothing.
    Without a condition (`filtered` false) every change goes on, deletes of unknown keys too. silent: a change of a row that was
    not visible and is not is nothing; else, as ksqlDB has it behind a foreign-key join, a tombstone.
    """

    def __init__(
        self,
        input_: Stage | Node,
        keys: tuple[str, ...],
        state: KeyedState,
        *,
        filtered: bool,
        silent: bool = True,
        retention: WindowRetention | None = None,
    ) -> None:
        self.input = input_
        self.keys = keys
        self.state = state
        self.filtered = filtered
        self._silent = silent
        self._retention = retention
        self.inputs = (input_,)
        self.states: Sequence[Stateful] = (retention.times, state) if retention else (state,)

    def describe(self) -> str:
        return f"Table view by {', '.join(self.keys)}{', filtered' if self.filtered else ''}"

    def decode(self, context: BatchContext) -> None:
        self.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        changes = self.input.process(context)
        changes = self._retention.kept(changes) if self._retention else changes
        if changes.num_rows == 0:
            return changes.drop_columns([VISIBLE]) if self.filtered else changes
        visible = ~changes.column(DELETED).to_numpy()
        if self.filtered:
            visible &= changes.column(VISIBLE).fill_null(False).to_numpy()
            changes = changes.drop_columns([VISIBLE])
        slots = self.state.store.lookup(changes.select(list(self.keys)), insert=True)
        versions = Versions(slots, changes.column(PLACE).to_numpy())
        before = versions.before(visible, self.state.store.live(versions.touched))
        self._remember(changes, versions, visible)
        changes = changes.set_column(changes.column_names.index(DELETED), DELETED, pa.array(~visible))
        if not (self.filtered and self._silent):
            return changes
        context.tally.count(self, NO_ROW, int(np.count_nonzero(~(visible | before))))
        return changes.filter(pa.array(visible | before))

    def _remember(self, changes: pa.Table, versions: Versions, visible: np.ndarray) -> None:
        last = versions.last
        rows = changes.take(pa.array(last))
        self.state.stage(versions.touched, rows.select(list(self.keys)), rows.select(self.state.rows.names), visible[last])

    def rows(self, context: BatchContext, keys: pa.Table | None) -> pa.Table:
        """The visible rows, all or those with the given keys."""
        return self.state.read(keys)
