"""Decoding a source first of all, because its TIMESTAMP column says when its records happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from ksql.engine.operators.batch import BatchContext, RecordError, in_order
from ksql.engine.operators.source import SourceInput
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.steps import Retime
from ksql.engine.sql.runner import SqlRunner
from ksql.engine.types.sql_types import SqlType

#: Makes rows with their times of records (RAW_SCHEMA), each with the place of its record, in order; and says what is wrong with
#: the records that make no row.
Clock = Callable[[pa.Table], tuple[pa.Table, Sequence[RecordError]]]


class TimedSource(Stage):
    """The rows of `source` with the times of its TIMESTAMP column.

    Where several partitions are read in the order of their times, they are decoded while they are read (`clock`).
    """

    def __init__(self, source: SourceInput, retime: Retime, columns: Mapping[str, SqlType]) -> None:
        super().__init__(source, [retime], columns)
        self.source = source

    def describe(self) -> str:
        return f"Timestamp: {self.source.source.timestamp_column}"

    def clock(self, sql: SqlRunner) -> Clock:
        def read(raw: pa.Table) -> tuple[pa.Table, Sequence[RecordError]]:
            errors: list[RecordError] = []
            return super(TimedSource, self).process(BatchContext(sql, {self.source.index: raw}, errors=errors.append)), errors

        return read

    def decode(self, context: BatchContext) -> None:
        if self.source.index not in context.decoded:
            super().decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        return in_order(super().process(context))
