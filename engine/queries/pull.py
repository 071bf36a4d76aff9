"""Pull queries: present rows of tables and retained records of streams, answered by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ksql.engine.analysis.model import AliasedSource
from ksql.engine.catalog.definitions import Source
from ksql.engine.core import EngineCore
from ksql.engine.kernels.distinct import row_groups
from ksql.engine.kernels.versions import last_of_each
from ksql.engine.operators.batch import DELETED, TIMESTAMP, BatchContext
from ksql.engine.operators.timed_source import TimedSource
from ksql.engine.planning.relation import Relation, read
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.reader import Reader


def relation_rows(engine: EngineCore, aliased: AliasedSource, keys: pa.Table | None) -> tuple[Relation, pa.Table]:
    """The rows of a source as a relation over them: names for expressions, and an Arrow table by their refs.

    `keys` (a table of the source's key columns, by name) restricts a table to the rows with those keys without a scan, where
    the table is kept by a running query.
    """
    relation = read(0, aliased, prefix=False)
    kept = _materialized(engine, aliased.source, keys)
    if kept is None:
        kept = _scan(engine, relation, aliased.source)
    return relation, kept


def _materialized(engine: EngineCore, source: Source, keys: pa.Table | None) -> pa.Table | None:
    """Rows from the state of the query that fills the table; None when no such state is at hand."""
    query = engine.queries.get(source.query_id or "")
    task = query.task if query else None
    if task is None or task.plan.materialized is None:
        return None
    plan = task.plan
    if keys is not None:
        keys = keys.rename_columns(list(plan.refs[: plan.key_count]))
    rows = task.plan.materialized.rows(BatchContext(engine.sql, {}), keys)
    named = [(c.name, rows.column(r)) for c, r in zip(plan.columns, plan.refs, strict=True)]
    bounds = [(n, rows.column(n)) for n in ("WINDOWSTART", "WINDOWEND") if plan.windowed and n in rows.column_names]
    return pa.table(dict([*named, *(b for b in bounds if b[0] not in dict(named)), (TIMESTAMP, rows.column(TIMESTAMP))]))


def _scan(engine: EngineCore, relation: Relation, source: Source) -> pa.Table:
    """All records of the topic, up to its present ends, decoded; of a table the last version of each row."""
    stage = relation.stage()
    log = engine.log
    partitions = range(log.topics()[source.topic].partitions)
    clocks = {0: relation.input.clock(engine.sql)} if isinstance(relation.input, TimedSource) else {}
    reader = Reader(log, [Cursor(0, source.topic, p, log.start_offset(source.topic, p)) for p in partitions], clocks=clocks)
    reader.close()
    parts = [stage.empty]
    while (batch := reader.read()) is not None:
        parts.append(stage.process(BatchContext(engine.sql, batch.inputs, decoded=batch.decoded)))
    rows = pa.concat_tables(parts, promote_options="default")
    if source.is_table and rows.num_rows:
        rows = _latest_versions(rows, relation, source)
    return rows.filter(pa.compute.invert(rows.column(DELETED)))


def _latest_versions(rows: pa.Table, relation: Relation, source: Source) -> pa.Table:
    refs = {name.column.name: name.ref for name in relation.names}
    keys = [refs[column.name] for column in source.key_columns]
    if source.windowed:
        keys.append(refs["WINDOWSTART"])
    return rows.take(pa.array(last_of_each(row_groups(rows.select(keys))[0])))


def key_table(source: Source, wanted: Mapping[str, list[object]]) -> pa.Table | None:
    """All combinations of the wanted key values, as the source's key columns; None when a key column is not restricted."""
    names = [column.name for column in source.key_columns]
    if not names or any(name not in wanted for name in names):
        return None
    grids = np.meshgrid(*(np.arange(len(wanted[name])) for name in names), indexing="ij")
    columns = {
        column.name: pa.array([wanted[column.name][i] for i in grid.ravel()], column.type.arrow)
        for column, grid in zip(source.key_columns, grids, strict=True)
    }
    return pa.table(columns)
