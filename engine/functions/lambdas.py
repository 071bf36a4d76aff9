"""Functions that take a lambda. A map's lambda has two parameters, a key and a value; DuckDB's has an entry.

A lambda that fails for one element makes the whole call NULL.
"""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.collections import in_order
from ksql.engine.functions.declare import LAMBDAS, Call, E, LambdaSql, scalar_sql

lambdas = partial(scalar_sql, category=LAMBDAS)


def _of_entry(lambda_: LambdaSql) -> str:
    """The body for one entry: its key and value bound to the last two parameters."""
    *_, key, value = lambda_.parameters
    inner = f"list_transform([{E}.value], lambda {value}: {lambda_.body})[1]"
    return f"list_transform([{E}.key], lambda {key}: {inner})[1]"


def _transform_map(call: Call, map_: str, key: LambdaSql, value: LambdaSql) -> str:
    entry = f"struct_pack(key := {_of_entry(key)}, value := {_of_entry(value)})"
    return call.attempt(f"map_from_entries(list_transform(map_entries({map_}), lambda {E}: {entry}))")


lambdas(
    "TRANSFORM",
    "ARRAY<T>, LAMBDA<T, R> -> ARRAY<R>",
    typed_sql=lambda call, array, body: call.attempt(f"list_transform({array}, {body})"),
    doc="A collection with every element, or every key and value, replaced by what a lambda makes of it",
    example=("TRANSFORM(ARRAY[1, 2], x => x * 10)", "ARRAY[10, 20]"),
)
lambdas(
    "TRANSFORM",
    "MAP<K, V>, LAMBDA<K, V, R>, LAMBDA<K, V, T> -> MAP<R, T>",
    typed_sql=_transform_map,
    doc="",
    example=("TRANSFORM(MAP('a' := 1), (k, v) => UCASE(k), (k, v) => v + 1)", "MAP('A' := 2)"),
)
lambdas(
    "FILTER",
    "ARRAY<T>, LAMBDA<T, BOOLEAN> -> ARRAY<T>",
    typed_sql=lambda call, array, body: call.attempt(f"list_filter({array}, {body})"),
    doc="Elements or entries of a collection for which a lambda is true",
    example=("FILTER(ARRAY[1, 2, 3], x => x > 1)", "ARRAY[2, 3]"),
)
lambdas(
    "FILTER",
    "MAP<K, V>, LAMBDA<K, V, BOOLEAN> -> MAP<K, V>",
    typed_sql=lambda call, map_, body: call.attempt(
        f"map_from_entries(list_filter(map_entries({map_}), lambda {E}: {_of_entry(body)}))"
    ),
    doc="",
    example=("FILTER(MAP('a' := 1, 'b' := 2), (k, v) => v > 1)", "MAP('b' := 2)"),
)


def _reduce_array(call: Call, array: str, initial: str, body: LambdaSql) -> str:
    return _folded(call, array, initial, f"list_reduce({array}, {body}, {initial})")


def _reduce_map(call: Call, map_: str, initial: str, body: LambdaSql) -> str:
    entries = in_order(map_, f"map_entries({map_})")
    step = f"lambda {body.parameters[0]}, {E}: {_of_entry(body)}"
    return _folded(call, map_, initial, f"list_reduce({entries}, {step}, {initial})")


def _folded(call: Call, collection: str, initial: str, sql: str) -> str:
    return f"(CASE WHEN {collection} IS NULL OR {initial} IS NULL THEN {initial} ELSE {call.attempt(sql)} END)"


lambdas(
    "REDUCE",
    "ARRAY<T>, S, LAMBDA<S, T, S> -> S",
    typed_sql=_reduce_array,
    doc="One value from a collection: a lambda joins the value so far, at first the given one, and the next element or entry",
    example=("REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x)", "16"),
)
lambdas(
    "REDUCE",
    "MAP<K, V>, S, LAMBDA<S, K, V, S> -> S",
    typed_sql=_reduce_map,
    doc="",
    example=("REDUCE(MAP('a' := 1, 'b' := 2), 0, (s, k, v) => s + v)", "3"),
)
