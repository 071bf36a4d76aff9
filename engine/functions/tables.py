"""Table functions: SQL of an array with one element per row."""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.declare import INDEX, TABLE_FUNCTIONS, Call, E, X, scalar_sql

rows = partial(scalar_sql, category=TABLE_FUNCTIONS, kind="table")
rows(
    "EXPLODE",
    "ARRAY<DECIMAL> -> DECIMAL | ARRAY<T> -> T",
    sql=lambda array: array,
    doc="One row per element of an array",
    example=("EXPLODE(ARRAY[1, 2])", "ARRAY[1, 2]"),
)

_MOST = 20


def _cube(call: Call, array: str) -> str:
    """Combination c keeps element i where bit n - i of c is set; that of a NULL stays clear, lest a combination come twice."""
    size = f"len({array})"
    bit = f"(({E} >> ({size} - {INDEX})) & 1)"
    kept = f"list_transform({array}, lambda {X}, {INDEX}: CASE WHEN {bit} = 1 THEN {X} END)"
    once = f"len(list_filter({array}, lambda {X}, {INDEX}: {X} IS NULL AND {bit} = 1)) = 0"
    combinations = f"list_transform(list_filter(range(0, CAST(1 AS BIGINT) << {size}), lambda {E}: {once}), lambda {E}: {kept})"
    return f"(CASE WHEN {size} > {_MOST} THEN {call.fail('CUBE_EXPLODE takes at most 20 elements')} ELSE {combinations} END)"


rows(
    "CUBE_EXPLODE",
    "ARRAY<T> -> ARRAY<T>",
    typed_sql=_cube,
    doc="One row per combination of the elements of an array, each kept or replaced by NULL",
    example=("CUBE_EXPLODE(ARRAY[1])", "ARRAY[ARRAY[CAST(NULL AS INT)], ARRAY[1]]"),
)
