"""Functions of arrays and maps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ksql.engine.functions.declare import COLLECTIONS, INDEX, MATH, Call, E, X, scalar_sql
from ksql.engine.functions.padding import LONGEST
from ksql.engine.types.casts_text import to_text
from ksql.engine.types.sql_types import BYTES, DATE, TIME, TIMESTAMP, Array, Map, SqlType, Struct

lists = partial(scalar_sql, category=COLLECTIONS)


def _any_null(*values: str) -> str:
    return " OR ".join(f"{value} IS NULL" for value in values)


def _distinct(array: str) -> str:
    """Elements where they stand first; DuckDB's own list_distinct drops NULL and keeps no order."""
    return f"list_filter({array}, lambda {X}, {INDEX}: list_position({array}, {X}) = {INDEX})"


def _lacks(array: str, value: str) -> str:
    return f"(COALESCE(list_position({array}, {value}), 0) = 0)"


lists(
    "ARRAY_LENGTH",
    "ARRAY<T> -> INT",
    sql=lambda array: f"CAST(len({array}) AS INTEGER)",
    doc="Number of elements",
    example=("ARRAY_LENGTH(ARRAY[1, 2])", "2"),
)
lists(
    "ARRAY_CONCAT",
    "ARRAY<T>, ARRAY<T> -> ARRAY<T>",
    sql=lambda a, b: f"(CASE WHEN {a} IS NULL THEN {b} ELSE list_concat({a}, {b}) END)",
    doc="Two arrays one after the other",
    example=("ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2])", "ARRAY[1, 2, 2]"),
)
lists(
    "ARRAY_CONTAINS",
    "ARRAY<T>, T -> BOOLEAN",
    sql=lambda array, value: f"(NOT {_lacks(array, value)})",
    doc="Whether a value is an element",
    example=("ARRAY_CONTAINS(ARRAY[1, 2], 2)", "TRUE"),
)
lists(
    "ARRAY_DISTINCT",
    "ARRAY<T> -> ARRAY<T>",
    sql=_distinct,
    doc="Elements without repetitions",
    example=("ARRAY_DISTINCT(ARRAY[2, 1, 2])", "ARRAY[2, 1]"),
)
lists(
    "ARRAY_EXCEPT",
    "ARRAY<T>, ARRAY<T> -> ARRAY<T>",
    sql=lambda a, b: f"(CASE WHEN {b} IS NOT NULL THEN list_filter({_distinct(a)}, lambda {E}: {_lacks(b, E)}) END)",
    doc="Elements of the first array that are not in the second, without repetitions",
    example=("ARRAY_EXCEPT(ARRAY[1, 2, 3], ARRAY[2])", "ARRAY[1, 3]"),
)
lists(
    "ARRAY_INTERSECT",
    "ARRAY<T>, ARRAY<T> -> ARRAY<T>",
    sql=lambda a, b: f"(CASE WHEN {b} IS NOT NULL THEN list_filter({_distinct(a)}, lambda {E}: NOT {_lacks(b, E)}) END)",
    doc="Elements of the first array that are in the second too, without repetitions",
    example=("ARRAY_INTERSECT(ARRAY[1, 2, 3], ARRAY[3, 1])", "ARRAY[1, 3]"),
)
lists(
    "ARRAY_UNION",
    "ARRAY<T>, ARRAY<T> -> ARRAY<T>",
    sql=lambda a, b: f"(CASE WHEN {_any_null(a, b)} THEN NULL ELSE {_distinct(f'list_concat({a}, {b})')} END)",
    doc="Elements of both arrays without repetitions",
    example=("ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])", "ARRAY[1, 2, 3]"),
)
lists(
    "ARRAY_REMOVE",
    "ARRAY<T>, T -> ARRAY<T>",
    sql=lambda array, value: f"list_filter({array}, lambda {X}: {X} IS DISTINCT FROM {value})",
    doc="An array without the elements equal to a value",
    example=("ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", "ARRAY[2]"),
)


def _of_scalars(function: str) -> Callable[[Call, str], str]:
    def build(call: Call, array: str) -> str:
        item = call.types[0].item if isinstance(call.types[0], Array) else None
        if isinstance(item, Array | Map | Struct):
            return call.fail("the elements must be numbers, texts or the like")
        return f"{function}({array})"

    return build


lists(
    "ARRAY_MAX",
    "ARRAY<T> -> T",
    typed_sql=_of_scalars("list_max"),
    doc="Largest element",
    example=("ARRAY_MAX(ARRAY[1, 3, 2])", "3"),
)
lists(
    "ARRAY_MIN",
    "ARRAY<T> -> T",
    typed_sql=_of_scalars("list_min"),
    doc="Smallest element",
    example=("ARRAY_MIN(ARRAY[3, 1, 2])", "1"),
)


def _sort(array: str, direction: str = "'ASC'") -> str:
    ascending, descending = (f"list_sort({array}, '{way}', 'NULLS LAST')" for way in ("ASC", "DESC"))
    return (
        f"(CASE WHEN upper({direction}) IN ('ASC', 'ASCENDING') THEN {ascending} "
        f"WHEN upper({direction}) IN ('DESC', 'DESCENDING') THEN {descending} END)"
    )


lists(
    "ARRAY_SORT",
    "ARRAY<T> -> ARRAY<T>",
    sql=_sort,
    doc="Elements in order, or in descending order with 'DESC'; NULL last",
    example=("ARRAY_SORT(ARRAY[3, 1])", "ARRAY[1, 3]"),
)
lists(
    "ARRAY_SORT", "ARRAY<T>, STRING -> ARRAY<T>", sql=_sort, doc="", example=("ARRAY_SORT(ARRAY[1, 3], 'desc')", "ARRAY[3, 1]")
)

_NOT_JOINED: tuple[SqlType, ...] = (BYTES, DATE, TIME, TIMESTAMP)


def _join(call: Call, array: str, delimiter: str = "','") -> str:
    item = call.types[0].item if isinstance(call.types[0], Array) else None
    if item is None or item in _NOT_JOINED or isinstance(item, Array | Map | Struct):
        return call.fail("ARRAY_JOIN takes numbers, texts and booleans")
    # array_to_string takes only a constant delimiter: so every element brings its own, and the first one's is cut off.
    texts = f"list_transform({array}, lambda {X}: COALESCE({delimiter}, '') || COALESCE({to_text(X, item)}, 'null'))"
    return f"substr(array_to_string({texts}, ''), 1 + length(COALESCE({delimiter}, '')))"


lists(
    "ARRAY_JOIN",
    "ARRAY<T> -> STRING",
    typed_sql=_join,
    doc="Elements as one text, with a comma or another text between them",
    example=("ARRAY_JOIN(ARRAY[1, 2])", "'1,2'"),
)
lists(
    "ARRAY_JOIN", "ARRAY<T>, STRING -> STRING", typed_sql=_join, doc="", example=("ARRAY_JOIN(ARRAY['a', 'b'], '-')", "'a-b'")
)


def _slice(array: str, first: str, last: str) -> str:
    start, end = f"COALESCE({first}, 1)", f"COALESCE({last}, len({array}))"
    part = f"(CASE WHEN {end} = {start} - 1 THEN list_slice({array}, 1, 0) ELSE list_slice({array}, {start}, {end}) END)"
    return f"(CASE WHEN {start} >= 1 AND {end} <= len({array}) AND {end} >= {start} - 1 THEN {part} END)"


lists(
    "SLICE",
    "ARRAY<T>, INT, INT -> ARRAY<T>",
    sql=_slice,
    doc="Elements from one position to another, both included",
    example=("SLICE(ARRAY[1, 2, 3], 2, 3)", "ARRAY[2, 3]"),
)


# Series


def _series(call: Call, start: str, end: str, step: str | None = None) -> str:
    item = call.returns.item.duckdb if isinstance(call.returns, Array) else ""
    wrong = "false"
    by = f"CASE WHEN {end} < {start} THEN -1 ELSE 1 END"
    if step is not None:
        wrong = f"{step} = 0 OR ({end} > {start} AND {step} < 0) OR ({end} < {start} AND {step} > 0)"
        by = f"CASE WHEN {step} = 0 THEN 1 ELSE {step} END"
    long = f"(CAST({end} AS HUGEINT) - {start}) // ({by}) >= {LONGEST}"
    # DuckDB computes a series of constants before it looks whether it is wanted.
    last = f"CASE WHEN {long} THEN {start} ELSE {end} END"
    series = f"CAST(generate_series(CAST({start} AS BIGINT), {last}, {by}) AS {item}[])"
    return (
        f"(CASE WHEN {wrong} THEN {call.fail('the step leads away from the end of the series')} "
        f"WHEN {long} THEN {call.fail(f'the series has more than {LONGEST} items')} ELSE {series} END)"
    )


for _type in ("INT", "BIGINT"):
    scalar_sql(
        "GENERATE_SERIES",
        f"{_type}!, {_type}! -> ARRAY<{_type}> | {_type}!, {_type}!, INT! -> ARRAY<{_type}>",
        category=MATH,
        typed_sql=_series,
        doc="Numbers from one to another, both included, in steps of 1 or of a given size",
        example=("GENERATE_SERIES(1, 5, 2)", "ARRAY[1, 3, 5]"),
    )


# Maps

maps = partial(scalar_sql, category="MAP")


def in_order(map_: str, parts: str) -> str:
    """`parts` of a map's entries in the order of the JVM, which matters from two entries on."""
    ordered = f"list_transform(ksql_hash_order(map_keys({map_})), lambda {INDEX}: list_extract({parts}, {INDEX}))"
    return f"(CASE WHEN cardinality({map_}) < 2 THEN {parts} ELSE {ordered} END)"


maps(
    "MAP_KEYS",
    "MAP<STRING, T> -> ARRAY<STRING>",
    sql=lambda m: in_order(m, f"map_keys({m})"),
    doc="Keys of a map",
    example=("MAP_KEYS(MAP('a' := 1))", "ARRAY['a']"),
)
maps(
    "MAP_VALUES",
    "MAP<STRING, T> -> ARRAY<T>",
    sql=lambda m: in_order(m, f"map_values({m})"),
    doc="Values of a map, in the order of MAP_KEYS",
    example=("MAP_VALUES(MAP('a' := 1))", "ARRAY[1]"),
)
maps(
    "MAP_UNION",
    "MAP<STRING, T>, MAP<STRING, T> -> MAP<STRING, T>",
    sql=lambda a, b: f"(CASE WHEN {a} IS NULL THEN {b} WHEN {b} IS NULL THEN {a} ELSE map_concat({a}, {b}) END)",
    doc="Entries of both maps; for a key of both, that of the second",
    example=("MAP_UNION(MAP('a' := 1), MAP('a' := 2))", "MAP('a' := 2)"),
)


def _as_map(keys: str, values: str) -> str:
    """Of a key that comes several times the last one counts; NULL becomes the text null, as DuckDB's keys are never NULL."""
    keys = f"list_transform({keys}, lambda {X}: COALESCE({X}, 'null'))"
    later = f"list_slice({keys}, {INDEX} + 1, len({keys}))"
    last = f"list_filter(range(1, len({keys}) + 1), lambda {INDEX}: NOT list_contains({later}, list_extract({keys}, {INDEX})))"
    pair = f"struct_pack(key := list_extract({keys}, {INDEX}), value := list_extract({values}, {INDEX}))"
    entries = f"list_transform({last}, lambda {INDEX}: {pair})"
    return f"(CASE WHEN {_any_null(keys, values)} THEN NULL ELSE map_from_entries({entries}) END)"


maps(
    "AS_MAP",
    "ARRAY<STRING>, ARRAY<T> -> MAP<STRING, T>",
    sql=_as_map,
    doc="A map of keys and values at the same places of two arrays",
    example=("AS_MAP(ARRAY['a', 'b'], ARRAY[1, 2])", "MAP('a' := 1, 'b' := 2)"),
)


def _entries(map_: str, by_key: str) -> str:
    entries = f"list_transform(map_entries({map_}), lambda {E}: struct_pack(K := {E}.key, V := {E}.value))"
    return f"(CASE WHEN {by_key} THEN list_sort({entries}) ELSE {in_order(map_, entries)} END)"


for _type in ("INT", "BIGINT", "DOUBLE", "BOOLEAN", "STRING"):
    maps(
        "ENTRIES",
        f"MAP<STRING, {_type}>, BOOLEAN! -> ARRAY<STRUCT<K STRING, V {_type}>>",
        sql=_entries,
        doc="Entries of a map as structs of K and V, ordered by key if wanted",
        example=("ENTRIES(MAP('b' := 1, 'a' := 2), TRUE)", "ARRAY[STRUCT(K := 'a', V := 2), STRUCT(K := 'b', V := 1)]"),
    )
