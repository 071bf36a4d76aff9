"""Stream-table join: every stream row meets the version of the table row that was current at its own place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.engine.kernels.nulls import complete
from ksql.engine.kernels.versions import Versions
from ksql.engine.operators.batch import DELETED, PARTITION, BatchContext, Node, places_of
from ksql.engine.operators.join_condition import JoinCondition
from ksql.engine.operators.join_kinds import described
from ksql.engine.operators.tally import NO_JOIN_KEY, NO_VALUE, UNMATCHED
from ksql.engine.operators.window_retention import RetentionInBatch, WindowRetention
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful


class StreamTableJoin:
    """Joins `stream` on its columns `stream_keys` with the key of `table`, the columns `table_keys`.

    Out come the stream's columns, then the table's; the latter are null where `outer` keeps a row without a match. Stream rows
    with a null value are skipped; those with a null in their key never match. `state` holds the table: its key → the other
    columns. condition: what must be true of both rows, besides. retention: lets the table's windows leave; no row meets those.

    loads_first: what the table holds when the query starts is read before the stream, whatever its time. In ksqlDB that is the
    effect of a stream's rows getting another key: they take a detour through a topic then.
    """

    def __init__(
        self,
        stream: Node,
        table: Node,
        stream_keys: Sequence[str],
        table_keys: Sequence[str],
        state: KeyedState,
        *,
        outer: bool,
        loads_first: bool,
        condition: JoinCondition | None = None,
        retention: WindowRetention | None = None,
    ) -> None:
        self.stream, self.table = stream, table
        self.stream_keys, self.table_keys = stream_keys, table_keys
        self.state = state
        self.outer, self._condition, self._retention = outer, condition, retention
        self.inputs = (stream, table)
        self.states: Sequence[Stateful] = (retention.times, state) if retention else (state,)
        self.loaded_first = (table,) if loads_first else ()

    def describe(self) -> str:
        text = f"{'Left' if self.outer else 'Inner'} stream-table join on {', '.join(self.table_keys)}"
        return described(text, self._condition) + ", table loaded first" * bool(self.loaded_first)

    def decode(self, context: BatchContext) -> None:
        self.table.decode(context)
        self.stream.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        changes = self.table.process(context)
        in_time = RetentionInBatch(self._retention, changes) if self._retention else None
        changes = in_time.kept if in_time else changes
        rows = self.stream.process(context)
        valued = rows.filter(pa.compute.invert(rows.column(DELETED)))
        context.tally.count(self, NO_VALUE, rows.num_rows - valued.num_rows)
        rows = valued
        keys = changes.select(self.state.keys.names)
        versions = Versions(self.state.store.lookup(keys, insert=True), places_of(changes))
        joined = self._join(rows, changes, versions, in_time, context)
        self._remember(changes, versions)
        return joined

    def _join(
        self, rows: pa.Table, changes: pa.Table, versions: Versions, in_time: RetentionInBatch | None, context: BatchContext
    ) -> pa.Table:
        keys = rows.select(list(self.stream_keys)).rename_columns(self.state.keys.names)
        slots = self.state.store.lookup(keys, insert=False)
        keyed = complete(keys)
        context.tally.count(self, NO_JOIN_KEY, int(np.count_nonzero(~keyed)))
        slots = np.where(keyed, slots, -1)  # a table may have a row whose key reads as null
        change = versions.at(slots, places_of(rows))
        deleted = changes.column(DELETED).to_numpy()
        from_state = np.flatnonzero((change < 0) & (slots >= 0))
        stored, live = self.state.store.gather(slots[from_state])
        source = np.where(np.append(deleted, False)[change], -1, change)
        source[from_state[live]] = len(changes) + np.flatnonzero(live)
        candidates = pa.concat_tables([changes.select(stored.schema.names), pa.Table.from_batches([stored])]).combine_chunks()
        if in_time is not None:
            found = np.flatnonzero(source >= 0)
            due, partitions = keys.column(in_time.due).to_numpy(), candidates.column(PARTITION).to_numpy()
            there = in_time.there(due[found], partitions[source[found]], places_of(rows)[found])
            source[found[~there]] = -1
        if self._condition is not None:
            source = self._satisfying(self._condition, rows, candidates, source, context)
        if not self.outer:
            matched = source >= 0
            context.tally.count(self, UNMATCHED, int(np.count_nonzero(~matched & keyed)))
            rows, source = rows.filter(pa.array(matched)), source[matched]
        return self._beside(rows, candidates, source)

    def _satisfying(
        self, condition: JoinCondition, rows: pa.Table, candidates: pa.Table, source: np.ndarray, context: BatchContext
    ) -> np.ndarray:
        """`source` without partners for which the condition is not true."""
        matched = np.flatnonzero(source >= 0)
        pairs = rows.take(pa.array(matched))
        keys = pairs.select(list(self.stream_keys)).rename_columns(list(self.table_keys))
        every = np.arange(len(matched))
        holds = condition.holds(pairs, [(pairs, every), (keys, every), (candidates, source[matched])], context)
        source[matched[~holds]] = -1
        return source

    def _beside(self, rows: pa.Table, candidates: pa.Table, source: np.ndarray) -> pa.Table:
        """`rows` with the table columns of row `source` of the candidates, null where that is -1."""
        matched = source >= 0
        picked = candidates.take(pa.array(source, mask=~matched))
        for name in (name for name in candidates.column_names if name != PARTITION):
            rows = rows.append_column(name, picked.column(name))
        for stream_key, table_key in zip(self.stream_keys, self.table_keys, strict=True):
            column = rows.column(stream_key)
            rows = rows.append_column(table_key, pa.compute.if_else(pa.array(matched), column, pa.scalar(None, column.type)))
        return rows

    def _remember(self, changes: pa.Table, versions: Versions) -> None:
        last = changes.take(pa.array(versions.last))
        live = ~last.column(DELETED).to_numpy()
        self.state.stage(versions.touched, last.select(self.state.keys.names), last.select(self.state.rows.names), live)
