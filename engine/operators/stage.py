"""A stage: stateless steps run as one DuckDB statement over a batch, straight from a topic or after an operator."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import (
    FAILED,
    META_TYPES,
    OFFSET,
    PARTITION,
    PLACE,
    RAW_SCHEMA,
    SUSPECT,
    TIMESTAMP,
    BatchContext,
    Node,
    Part,
    RecordError,
    empty,
    in_order,
    meta_columns,
    places_of,
)
from ksql.engine.operators.source import SourceInput
from ksql.engine.operators.steps import Explode, Filter, Form, Named, Step
from ksql.engine.operators.tally import FAILED_EXPRESSION, FILTERED, NO_KEY
from ksql.engine.sql.runner import BIND_ERRORS, may_be_a_rows_fault, only_wraps, reason
from ksql.engine.types.sql_types import SqlType

_NO_RECORDS = RAW_SCHEMA.empty_table()
#: So many failed rows of a batch are reported each by itself, with a statement each (1 to 10 ms) that says why.
_REPORTED = 256
#: Statements kept: one for each form and each shape of records that was common for a while.
_STATEMENTS = 64
#: Fewer records than this are decoded one by one: cheaper than to bind the SQL that decodes a batch (2 to 5 ms).
_SMALL = 64


class Stage:
    """Runs `steps` over what `input` makes. `columns` are the data columns that come out, by ref.

    ordered: rows come out in the order of their places; else, straight from a topic, in any order.
    """

    def __init__(
        self, input_: SourceInput | Node, steps: Sequence[Step], columns: Mapping[str, SqlType], *, ordered: bool = True
    ) -> None:
        self.input = input_
        self.inputs, self.states = (input_,), ()
        self._ordered = ordered
        self.steps = tuple(steps)
        #: The part of the plan that rows left out are counted for.
        self.counted_for: Part = self
        self._filters = any(isinstance(step, Filter) for step in steps) and not any(isinstance(step, Explode) for step in steps)
        self.columns = dict(columns)
        self._statements: dict[tuple[Form, str], str] = {}
        self._learned = False

    def describe(self) -> str:
        return f"Stage: {' → '.join(map(_described, self.steps))}" if self.steps else ""

    @property
    def empty(self) -> pa.Table:
        return empty({ref: type_.arrow for ref, type_ in self.columns.items()})

    def decode(self, context: BatchContext) -> None:
        if isinstance(self.input, SourceInput):
            context.decoded[self.input.index] = self._from_topic(self.input, context)
        else:
            self.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        if isinstance(self.input, SourceInput):
            decoded = context.decoded.pop(self.input.index, None)
            return self._from_topic(self.input, context) if decoded is None else decoded
        batch = self.input.process(context)
        if batch.num_rows == 0 and not context.binding:
            return self.empty
        if not self.steps:
            return batch
        rows = self._run(batch, context)
        self._count(batch.num_rows, rows.num_rows, context)
        return rows

    def run_over(self, batch: pa.Table, context: BatchContext) -> pa.Table:
        """What the steps make of rows given by hand."""
        return self._run(batch, context) if batch.num_rows or context.binding else self.empty

    def statement(self, form: Form, relation: str) -> str:
        """The one statement of this stage; `relation` is what its first step reads."""
        sql = relation
        for step in self.steps:
            sql = step.sql(sql, form)
        return sql

    def _from_topic(self, source: SourceInput, context: BatchContext) -> pa.Table:
        left_out = context.tally.left_out(source)
        rows = self._decoded(source, context)
        arrived = context.inputs[source.index].num_rows if source.index in context.inputs else 0
        self._count(arrived - context.tally.left_out(source) + left_out, rows.num_rows, context)
        return in_order(rows) if self._ordered else rows

    def _count(self, arrived: int, left: int, context: BatchContext) -> None:
        if self._filters:
            context.tally.count(self.counted_for, FILTERED, arrived - left)

    def _decoded(self, source: SourceInput, context: BatchContext) -> pa.Table:
        raw = context.inputs.get(source.index, _NO_RECORDS)
        if raw.num_rows == 0 and not context.binding:
            return self.empty
        readable, everything = source.prepare(raw)
        context.tally.count(source, NO_KEY, raw.num_rows - everything.num_rows)
        if everything.num_rows < _SMALL:
            exact = source.decode_exactly(everything, context)
            return self._run(exact, context) if exact.num_rows or context.binding else self.empty
        if not self._learned:
            source.learn(everything)
            self._learned = True
        rows = self._run(readable, context, source)
        suspect = rows.column(SUSPECT).to_numpy()
        rows = rows.drop_columns([SUSPECT])
        if not suspect.any() and readable.num_rows == everything.num_rows:
            return rows
        again = places_of(everything)
        again_mask = np.isin(again, places_of(rows)[suspect]) | ~np.isin(again, places_of(readable))
        exact = source.decode_exactly(everything.filter(pa.array(again_mask)), context)
        parts = [rows.filter(pa.array(~suspect))]
        if exact.num_rows:
            parts.append(self._run(exact, context).select(rows.column_names))
        return pa.concat_tables(parts)

    def _run(self, batch: pa.Table, context: BatchContext, source: SourceInput | None = None) -> pa.Table:
        """Plain SQL; when a row makes it raise, safe SQL for the whole batch and a search for the rows to report.

        Should a row make even that raise, then each half of the batch by itself, until only that row is left out.
        """
        try:
            return self._query(batch, context, source, safe=False)
        except duckdb.Error as error:
            if not may_be_a_rows_fault(error):
                raise
            reported = error
        try:
            result = self._query(batch, context, source, safe=True)
        except duckdb.Error as error:
            # Safe SQL may be none that DuckDB binds, which tries no expression with RANDOM.
            if not (may_be_a_rows_fault(error) or isinstance(error, BIND_ERRORS)) or not batch.num_rows:
                raise
            if batch.num_rows > 1:
                middle = batch.num_rows // 2
                halves = batch.slice(0, middle), batch.slice(middle)
                return pa.concat_tables([self._run(half, context, source) for half in halves])
            context.errors(_record_error(batch, str(reported), context, source))
            context.tally.count(self.counted_for, FAILED_EXPRESSION, 1)
            return self._query(batch.slice(0, 0), context, source, safe=False)
        if context.most_failures != 0:
            self._report(batch if source is None else _without_suspects(batch, result), context, source)
        return result

    def _query(self, batch: pa.Table, context: BatchContext, source: SourceInput | None, *, safe: bool) -> pa.Table:
        form = Form(tuple(meta_columns(batch)) if source is None else source.meta(batch), source is not None, safe)
        relation = source.decode_sql(form) if source else "SELECT * FROM batch"
        statement = self._statements.get((form, relation))
        if statement is None:
            if len(self._statements) == _STATEMENTS:
                self._statements.clear()
            statement = self._statements[form, relation] = self.statement(form, relation)
        return context.sql.run(statement, batch)

    def _report(self, batch: pa.Table, context: BatchContext, source: SourceInput | None) -> None:
        """Find the rows that raise, and report each, up to a limit; what is beyond it, as a number."""
        failed = batch.filter(pa.array(np.isin(places_of(batch), self._failed_places(batch, context, source))))
        context.tally.count(self.counted_for, FAILED_EXPRESSION, failed.num_rows)
        for i in range(min(failed.num_rows, _REPORTED)):
            row = failed.slice(i, 1)
            try:
                self._query(row, context, source, safe=False)
            except duckdb.Error as error:
                if not only_wraps(str(error)):
                    context.errors(_record_error(row, str(error), context, source))
        if failed.num_rows > _REPORTED:
            more = f"expressions gave NULL in up to {failed.num_rows - _REPORTED} more records of this batch"
            context.errors(RecordError("recordProcessingError", more, place=failed.column(PLACE)[-1].as_py()))

    def _failed_places(self, batch: pa.Table, context: BatchContext, source: SourceInput | None) -> np.ndarray:
        """Places of the rows for which an expression raises; all, where DuckDB cannot trace them."""
        meta = tuple(meta_columns(batch)) if source is None else source.meta(batch)
        form = Form(meta, source is not None, safe=True, tracing=True)
        relation = source.decode_sql(form) if source else "SELECT * FROM batch"
        traced = self.statement(form, f'SELECT *, false AS "{FAILED}" FROM ({relation})')
        try:
            limit = "" if context.most_failures is None else f" LIMIT {context.most_failures}"
            places = places_of(context.sql.run(f'SELECT "{PLACE}" FROM ({traced}) WHERE "{FAILED}"{limit}', batch))
        except duckdb.Error:  # it cannot try an expression with a function such as RANDOM
            places = places_of(batch)
        return places[: context.most_failures]


def _described(step: Step) -> str:
    return f"query {step.name}" if isinstance(step, Named) else type(step).__name__


def _record_error(row: pa.Table, message: str, context: BatchContext, source: SourceInput | None) -> RecordError:
    decoded = row if source is None else source.decode_exactly(row, context)
    values = decoded.to_pylist()[0]
    columns = {name: value for name, value in values.items() if name not in META_TYPES}
    return RecordError(
        "recordProcessingError",
        reason(message),
        cause=reason(message),
        record=json.dumps(columns, default=_shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        partition=values.get(PARTITION, 0),
        offset=values.get(OFFSET, -1),
        timestamp=values.get(TIMESTAMP, 0),
        place=values[PLACE],
    )


def _shown(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _without_suspects(batch: pa.Table, result: pa.Table) -> pa.Table:
    """The rows whose values are what `result` was computed from; those of the others come from the exact decoder."""
    suspects = places_of(result.filter(result.column(SUSPECT)))
    return batch.filter(pa.array(~np.isin(places_of(batch), suspects)))
