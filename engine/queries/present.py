"""The rows that sources have at present: of a table one for each key, of a stream all its records that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.analysis.model import AliasedSource
from ksql.engine.catalog.definitions import Source
from ksql.engine.core import EngineCore
from ksql.engine.expressions.typed import Name
from ksql.engine.kernels.distinct import row_groups
from ksql.engine.kernels.versions import last_of_each
from ksql.engine.operators.batch import (
    DELETED,
    META_TYPES,
    OFFSET,
    PARTITION,
    PLACE,
    TIMESTAMP,
    BatchContext,
    Node,
    Part,
    RecordError,
)
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.planning.plan import clocks
from ksql.engine.planning.relation import Relation, read
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.reader import Reader
from ksql.engine.state.stateful import Stateful

#: Somebody waits for the answer: what fails is told for so many rows.
_REPORTED = 10


class PresentRows:
    """The rows of a table as they are now, where a plan reads a source otherwise."""

    inputs: ClassVar[Sequence[Part]] = ()
    states: ClassVar[Sequence[Stateful]] = ()

    def __init__(self, name: str, rows: pa.Table) -> None:
        self._name = name
        self._rows = rows

    def describe(self) -> str:
        return f"Rows of {self._name} at present"

    def decode(self, context: BatchContext) -> None:
        """See `Node.decode`: they need no decoding."""

    def process(self, context: BatchContext) -> pa.Table:
        return self._rows.slice(0, 0) if context.binding else self._rows


def present_names(aliased: AliasedSource) -> list[str]:
    """The columns that an expression may name. A row that a query keeps is no record: it has no partition and no offset."""
    kept = aliased.source.is_table and aliased.source.query_id is not None
    return [name.column.name for name in aliased.names() if not (kept and name.ref in (PARTITION, OFFSET))]


def present_relation(engine: EngineCore, aliased: AliasedSource, keys: pa.Table | None = None) -> Relation:
    """A source as a pull query reads it.

    `keys` (a table of the source's key columns, by name) restricts a table to the rows with those keys without a scan, where
    the table is kept by a running query.
    """
    relation = read(0, aliased)
    if not aliased.source.is_table:
        return relation
    rows = _from_state(engine, relation, aliased.source, keys)
    if rows is None:
        rows = _from_topic(engine, relation, aliased.source)
    present = present_names(aliased)
    names = tuple(name for name in relation.names if name.column.name in present)
    return Relation(PresentRows(aliased.source.name, _numbered(rows)), names, relation.columns, relation.traits)


def present_batches(
    engine: EngineCore, source: Source, node: Node, failed: list[RecordError] | None = None
) -> Iterator[pa.Table]:
    """What `node` makes of a source as `present_relation` gives it; of a stream batch by batch, up to its present ends.

    `failed` gets the expressions that fail, of the first rows for which they do; not the records that cannot be read, which is
    no fault of the query.
    """
    if source.is_table:
        yield node.process(_context(engine, {}, failed))
        return
    for context in _read(engine, source, node, failed):
        rows = node.process(context)
        yield rows.filter(pc.invert(rows.column(DELETED)))


def _context(engine: EngineCore, inputs: Mapping[int, pa.Table], failed: list[RecordError] | None) -> BatchContext:
    def note(error: RecordError) -> None:
        if failed is not None and len(failed) < _REPORTED and error.kind == "recordProcessingError":
            failed.append(error)

    most = 0 if failed is None else _REPORTED - len(failed)
    return BatchContext(engine.sql, inputs, errors=note, most_failures=most)


def present_rows(engine: EngineCore, aliased: AliasedSource) -> tuple[tuple[Name, ...], pa.Table]:
    """All present rows of a source, by the refs of the names beside them."""
    relation = present_relation(engine, aliased)
    stage = relation.stage()
    none = stage.empty.append_column(OFFSET, pa.nulls(0, META_TYPES[OFFSET]))
    return relation.names, pa.concat_tables([none, *present_batches(engine, aliased.source, stage)], promote_options="default")


def _from_state(engine: EngineCore, relation: Relation, source: Source, keys: pa.Table | None) -> pa.Table | None:
    """Rows that the query which fills the table has in its state; None when no such state is at hand."""
    query = engine.queries.get(source.query_id or "")
    plan = query.task.plan if query and query.task else None
    if plan is None or plan.materialized is None:
        return None
    refs = {WINDOW_START: WINDOW_START, WINDOW_END: WINDOW_END} if plan.window else {}
    refs |= {column.name: ref for column, ref in zip(plan.columns, plan.refs, strict=True)}
    shown = {name.ref: name.column.name for name in relation.names if not name.hidden}
    if not refs.keys() >= set(shown.values()):  # the table has just got another column
        return None
    if keys is not None:
        keys = keys.rename_columns(list(plan.refs[: plan.key_count]))
    rows = plan.materialized.rows(BatchContext(engine.sql, {}), keys)
    return pa.table({ref: rows.column(refs[name]) for ref, name in shown.items()} | {TIMESTAMP: rows.column(TIMESTAMP)})


def _from_topic(engine: EngineCore, relation: Relation, source: Source) -> pa.Table:
    """The last version of each row among the topic's records."""
    stage = relation.stage()
    parts = [stage.process(context) for context in _read(engine, source, stage)]
    rows = pa.concat_tables([stage.empty, *parts], promote_options="default")
    refs = {name.column.name: name.ref for name in relation.names}
    bounds = (WINDOW_START, WINDOW_END) if source.windowed else ()
    keys = [refs[name] for name in (*(column.name for column in source.key_columns), *bounds)]
    rows = rows.take(pa.array(last_of_each(row_groups(rows.select(keys))[0])))
    return rows.filter(pc.invert(rows.column(DELETED)))


def _read(engine: EngineCore, source: Source, node: Node, failed: list[RecordError] | None = None) -> Iterator[BatchContext]:
    """What `node`, which reads the source's topic, has to process: the records up to its present ends."""
    log = engine.log
    cursors = [
        Cursor(0, source.topic, p, log.start_offset(source.topic, p)) for p in range(log.topics()[source.topic].partitions)
    ]
    reader = Reader(log, cursors, clocks=clocks(node, engine.sql))
    reader.close()
    while (batch := reader.read()) is not None:
        context = _context(engine, batch.inputs, failed)
        context.decoded.update(batch.decoded)
        for error in batch.errors:
            context.errors(error)
        yield context


def _numbered(rows: pa.Table) -> pa.Table:
    """`rows` with the meta columns that a stage expects; places are new."""
    n = rows.num_rows
    meta = {
        PLACE: np.arange(n),
        PARTITION: np.zeros(n, dtype=np.int32),
        DELETED: np.zeros(n, dtype=bool),
        OFFSET: np.full(n, -1),
    }
    kept = {name: rows.column(name) for name in rows.column_names if name != PLACE}
    return pa.table({**meta, **kept})
