"""The keys that WHERE asks for: rows with them are looked up in a table that a query keeps, instead of looked for.

What is looked up may be more than WHERE wants, never less: the condition itself picks again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource
from ksql.engine.errors import StatementError
from ksql.engine.expressions.typed import Scope
from ksql.engine.kernels.distinct import row_groups
from ksql.engine.operators.steps import compile_sql
from ksql.engine.sql.runner import SqlRunner
from ksql.engine.types.sql_types import Column

#: More keys than this are looked for: a scan is no slower.
_MOST = 1 << 16


def wanted_keys(where: exp.Expression | None, aliased: AliasedSource, sql: SqlRunner) -> pa.Table | None:
    """The key columns of the rows that `where` can be true for, each key once; None where it does not name them all."""
    source = aliased.source
    named = dict(_equalities(where))
    if source.query_id is None or not source.key_columns or any(column.name not in named for column in source.key_columns):
        return None
    values = [_values(named[column.name], column, sql) for column in source.key_columns]
    known = [each for each in values if each is not None]
    if len(known) < len(values) or math.prod(map(len, known)) > _MOST:
        return None
    rows = np.meshgrid(*(np.arange(len(each)) for each in known), indexing="ij")
    taken = [each.take(pa.array(row.ravel())) for each, row in zip(known, rows, strict=True)]
    return pa.table(taken, names=[column.name for column in source.key_columns])


def _equalities(where: exp.Expression | None) -> Iterator[tuple[str, list[exp.Expression]]]:
    """Columns that must equal one of some constants for `where` to be true."""
    conditions = [where]
    while conditions:
        match conditions.pop():
            case exp.Paren(this=inner):
                conditions.append(inner)
            case exp.And(this=left, expression=right):
                conditions += [right, left]
            case exp.EQ(this=left, expression=right):
                yield from _equality(left, [right])
                yield from _equality(right, [left])
            case exp.In(this=column, expressions=constants):
                yield from _equality(column, constants)


def _equality(column: exp.Expression, constants: list[exp.Expression]) -> Iterator[tuple[str, list[exp.Expression]]]:
    if isinstance(column, exp.Column) and not any(constant.find(exp.Column) for constant in constants):
        yield column.name, constants


def _values(constants: list[exp.Expression], column: Column, sql: SqlRunner) -> pa.Array | None:
    """The constants as values of the column, each once; None where a scan has to tell what is equal to them."""
    if "DOUBLE" in str(column.type):
        return None  # 0.0 equals -0.0, but is another key
    try:
        compiled = [compile_sql(constant, Scope(()), column.type, f"key {column.name}").plain for constant in constants]
        found = pa.array(sql.row("SELECT " + ", ".join(compiled)), column.type.arrow).drop_null()
    except (StatementError, duckdb.Error):  # of another type, or no value at all
        return None
    return found.take(pa.array(row_groups(pa.table({column.name: found}))[1]))
