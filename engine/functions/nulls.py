"""Functions about NULL, and AS_VALUE."""

from __future__ import annotations

from ksql.engine.functions.declare import KEYS, NULLS, scalar_sql

scalar_sql(
    "COALESCE",
    "T, T... -> T",
    category=NULLS,
    sql=lambda *values: f"COALESCE({', '.join(values)})",
    doc="The first argument that is not NULL",
    example=("COALESCE(NULL, 2, 3)", "2"),
)
scalar_sql(
    "IFNULL",
    "T, T -> T",
    category=NULLS,
    sql=lambda value, other: f"COALESCE({value}, {other})",
    doc="The first argument, or the second where that is NULL",
    example=("IFNULL(CAST(NULL AS INT), 2)", "2"),
)
scalar_sql(
    "NULLIF",
    "T, T -> T",
    category=NULLS,
    sql=lambda value, other: f"NULLIF({value}, {other})",
    doc="NULL where both arguments are equal, else the first",
    example=("NULLIF(1, 1)", "CAST(NULL AS INT)"),
)
scalar_sql(
    "AS_VALUE",
    "T -> T",
    category=KEYS,
    sql=lambda value: value,
    doc="A key column copied into the value of the row",
    example=("AS_VALUE(5)", "5"),
)
