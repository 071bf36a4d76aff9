"""Writing the demo's data into topics, as a program that produces JSON records would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from ksql.log.contract import RECORD_SCHEMA, Log


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows on their way into partition 0 of a topic: the `key` column as text, the others as one JSON object.

    `timestamp` is the SQL expression of a record's time in epoch milliseconds. Row i becomes the record with offset i, so
    the topic itself tells how far an earlier run came.
    """

    topic: str
    rows: pa.Table
    key: str
    timestamp: str

    def written(self, log: Log) -> int:
        """How many of the rows the topic holds already."""
        return log.end_offset(self.topic, 0)

    def steps(self, log: Log, rows_per_step: int) -> Iterator[int]:
        """Append what is missing, each step in a transaction of its own; yields the number of rows after each."""
        missing = self._records(self.rows.slice(self.written(log)))
        for start in range(0, missing.num_rows, rows_per_step):
            [step] = missing.slice(start, rows_per_step).combine_chunks().to_batches()
            with log.transaction() as transaction:
                transaction.append(self.topic, 0, step)
            yield step.num_rows

    def append_all(self, log: Log) -> None:
        """Append what is missing, in one transaction."""
        for _ in self.steps(log, max(1, self.rows.num_rows)):
            pass

    def _records(self, rows: pa.Table) -> pa.Table:
        fields = ", ".join(f'"{name}" := "{name}"' for name in rows.column_names if name != self.key)
        query = f"""
            SELECT encode("{self.key}") AS key, encode(to_json(struct_pack({fields}))::VARCHAR) AS value,
                   ({self.timestamp})::BIGINT AS timestamp, NULL AS headers
            FROM rows
        """
        with duckdb.connect() as con:
            con.register("rows", rows)
            return con.sql(query).to_arrow_table().cast(RECORD_SCHEMA)
