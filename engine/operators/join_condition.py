"""What must be true of two rows, besides their keys, to be partners in a join."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import ALWAYS, DELETED, BatchContext
from ksql.engine.operators.stage import Stage

#: Columns of the stage: the number of a pair of rows; whether the condition is true of it.
PAIR, HOLDS = "$pair", "$holds"


class JoinCondition:
    """`stage` makes PAIR and HOLDS of pairs; `columns` are the refs of both sides that it needs. Where it fails it is false."""

    def __init__(self, stage: Stage, columns: Collection[str]) -> None:
        self._stage = stage
        self._columns = columns

    def holds(self, causes: pa.Table, sides: Collection[tuple[pa.Table, np.ndarray]], context: BatchContext) -> np.ndarray:
        """Whether it is true of each pair. causes: the rows that made the pairs, for their meta columns; sides: tables, and
        the row of each for every pair.
        """
        n = causes.num_rows
        result = np.zeros(n, dtype=bool)
        if n or context.binding:
            found = self._stage.run_over(self._pairs(causes, sides), context)
            result[found.column(PAIR).to_numpy()] = found.column(HOLDS).fill_null(False).to_numpy()
        return result

    def _pairs(self, causes: pa.Table, sides: Collection[tuple[pa.Table, np.ndarray]]) -> pa.Table:
        n = causes.num_rows
        columns = {name: causes.column(name) for name in ALWAYS if name != DELETED}
        columns |= {DELETED: pa.array(np.zeros(n, dtype=bool)), PAIR: pa.array(np.arange(n))}
        for table, rows in sides:
            needed = table.select([name for name in table.column_names if name in self._columns])
            columns |= dict(zip(needed.column_names, needed.take(pa.array(rows)).columns, strict=True))
        return pa.table(columns)
