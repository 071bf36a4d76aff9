"""A table's rows by key, kept: plans the operator `TableView`."""

from __future__ import annotations

import pyarrow as pa

from ksql.engine.operators.batch import PARTITION, TIMESTAMP
from ksql.engine.operators.final_windows import Grouped
from ksql.engine.operators.table_view import VISIBLE, TableView
from ksql.engine.operators.windows import WINDOW_START
from ksql.engine.planning.relation import Relation
from ksql.engine.planning.rows_state import rows_state
from ksql.engine.state.timed_state import TimedState


def plan_view(
    relation: Relation,
    keys: tuple[str, ...],
    *,
    filtered: bool,
    aggregation: Grouped | None = None,
) -> TableView:
    """A view of a table by its key and window, with a state of its own."""
    columns = {ref: type_.arrow for ref, type_ in relation.columns.items() if ref != VISIBLE}
    key_schema = pa.schema([(ref, columns.pop(ref)) for ref in keys])
    rows = pa.schema([*columns.items(), (TIMESTAMP, pa.int64())])
    state, retention = (
        (_windowed_state(key_schema, rows, aggregation), None)
        if aggregation is not None and WINDOW_START in keys
        else rows_state("view", key_schema, rows, relation.traits.window)
    )
    silent = not relation.traits.by_foreign_key
    return TableView(relation.stage(), keys, state, filtered=filtered, silent=silent, retention=retention)


def _windowed_state(keys: pa.Schema, rows: pa.Schema, aggregation: Grouped) -> TimedState:
    """Windows leave with those of the aggregation."""
    assert aggregation.windows is not None
    due = aggregation.windows.order[0]
    rows = rows.append(pa.field(PARTITION, pa.int32()))
    return TimedState("view", keys, rows, aggregation.expiry, time=WINDOW_START, partition=PARTITION, due=due)
