"""Functions of JSON texts. Numbers keep the digits they were written with; what follows the first value does not count."""

from __future__ import annotations

import re
import struct
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from ksql.engine.formats.json_text import MISSING, encodable, items_of, parse, quoted, write
from ksql.engine.functions.declare import JSON, Call, helper, scalar, scalar_sql
from ksql.engine.types.casts_text import to_text
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    STRING,
    TIME,
    TIMESTAMP,
    Array,
    Map,
    SqlType,
    Struct,
    string_literal,
)
from ksql.engine.types.sql_types import Decimal as DecimalType

texts = partial(scalar, category=JSON)


def _as_text(value: Any) -> str:
    return encodable(value) if isinstance(value, str) else write(value)


@texts(
    "EXTRACTJSONFIELD",
    "STRING, STRING -> STRING",
    doc="The text at a path in a JSON text: $ is the whole, then .name or [index]",
    example=("EXTRACTJSONFIELD('{\"a\": [1, 2]}', '$.a[1]')", "'2'"),
)
def extract(text: str, path: str) -> str | None:
    value = parse(text)
    for step in _steps(path):
        value = _child(value, step)
    return None if value is MISSING else _as_text(value)


@lru_cache(maxsize=256)
def _steps(path: str) -> list[str]:
    """`$.a[0].b` as a, 0, b. Raises ValueError for wildcards and the like."""
    if not path.startswith("$"):
        raise ValueError(f"the path '{path}' does not begin with $")
    steps = re.findall(r"\.\"((?:[^\"\\]|\\.)*)\"|\.([^.\[\]]+)|\[\s*(-?\d+)\s*\]|\[['\"]([^'\"]*)['\"]\]|(.)", path[1:])
    if any(step[-1] for step in steps):
        raise ValueError(f"the path '{path}' cannot be understood")
    return ["".join(step) for step in steps]


def _child(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, list) and step.isdigit() and int(step) < len(value):
        return value[int(step)]
    return MISSING


@texts(
    "IS_JSON_STRING",
    "STRING -> BOOLEAN",
    doc="Whether a text is JSON",
    null_in_null_out=False,
    example=("IS_JSON_STRING('[1]')", "TRUE"),
)
def is_json(text: str | None) -> bool:
    try:
        return text is not None and parse(text) is not MISSING
    except (ValueError, RecursionError):
        return False


@texts(
    "JSON_ARRAY_LENGTH", "STRING -> INT", doc="Number of elements of a JSON array", example=("JSON_ARRAY_LENGTH('[1, 2]')", "2")
)
def array_length(text: str) -> int | None:
    value = parse(text)
    return len(value) if isinstance(value, list) else None


@texts("JSON_KEYS", "STRING -> ARRAY<STRING>", doc="Keys of a JSON object", example=("JSON_KEYS('{\"a\": 1}')", "ARRAY['a']"))
def keys(text: str) -> list[str] | None:
    value = parse(text)
    return [encodable(key) for key in value] if isinstance(value, dict) else None


@texts(
    "JSON_RECORDS",
    "STRING -> MAP<STRING, STRING>",
    doc="Keys and values of a JSON object",
    example=("JSON_RECORDS('{\"a\": 1}')", "MAP('a' := '1')"),
)
def records(text: str) -> dict[str, str] | None:
    value = parse(text)
    return {encodable(key): _as_text(item) for key, item in value.items()} if isinstance(value, dict) else None


@texts(
    "JSON_ITEMS",
    "STRING -> ARRAY<STRING>",
    doc="Elements of a JSON array, each as JSON",
    example=("JSON_ITEMS('[1, {\"a\": 2}]')", "ARRAY['1', '{\"a\":2}']"),
)
def items(text: str) -> list[str]:
    value = parse(text)
    if not isinstance(value, list):
        raise ValueError("the text is not a JSON array")  # noqa: TRY004 - a wrong value, not a wrong type
    return [write(item) for item in value]


@texts(
    "JSON_CONCAT",
    "STRING... -> STRING",
    null_in_null_out=False,
    doc="Objects joined key by key, the last one counting, or else one array of all",
    example=("JSON_CONCAT('{\"a\":1}', '{\"b\":2}')", '\'{"a":1,"b":2}\''),
)
def concat(parts: list[str | None]) -> str | None:
    if any(part is None for part in parts):
        return None
    values = [parse(part) for part in parts if part is not None]
    if any(value is MISSING for value in values):
        return None
    if all(isinstance(value, dict) for value in values):
        return write({key: item for value in values for key, item in value.items()})
    return write([item for value in values for item in (value if isinstance(value, list) else [value])])


# JSON_ARRAY_CONTAINS: the value comes as text, with the kind of JSON value it can equal.


@helper("ksql_json_contains", "STRING, STRING, STRING -> BOOLEAN")
def contains(text: str, kind: str, wanted: str) -> bool:
    try:
        return any(_equals(item, kind, wanted) for item in items_of(text))
    except (ValueError, RecursionError):
        return False


def _equals(item: Any, kind: str, wanted: str) -> bool:
    if kind == "null":
        return item is None
    if isinstance(item, bool) or kind == "boolean":
        return isinstance(item, bool) and kind == "boolean" and write(item) == wanted
    if isinstance(item, str) or kind == "text":
        return isinstance(item, str) and kind == "text" and item == wanted
    if kind in _LIMITS:
        return isinstance(item, int) and _within(item, _LIMITS[kind]) == int(wanted)
    if kind == "double":
        return isinstance(item, Decimal) and float(item) == float(wanted)
    return isinstance(item, Decimal) and item == Decimal(wanted)


def _within(number: int, limit: int) -> int:
    """A number that is too large for what is looked for ends the search, as a text that is no JSON does."""
    if not -limit <= number < limit:
        raise ValueError(f"{number} is too large")
    return number


_LIMITS = {"int": 1 << 31, "bigint": 1 << 63}
_KINDS: dict[SqlType, str] = {INTEGER: "int", BIGINT: "bigint", DOUBLE: "double", BOOLEAN: "boolean", STRING: "text"}


def _contains(call: Call, text: str, value: str) -> str:
    type_ = call.types[1]
    kind = "decimal" if isinstance(type_, DecimalType) else _KINDS.get(type_)
    if kind is None:
        return "FALSE"
    wanted = f"CAST({value} AS VARCHAR)"
    return f"ksql_json_contains({text}, CASE WHEN {value} IS NULL THEN 'null' ELSE '{kind}' END, COALESCE({wanted}, ''))"


scalar_sql(
    "JSON_ARRAY_CONTAINS",
    "STRING, T -> BOOLEAN",
    category=JSON,
    typed_sql=_contains,
    doc="Whether a value is an element of a JSON array; 1 is not 1.0 and not '1'",
    example=("JSON_ARRAY_CONTAINS('[1, 2]', 2)", "TRUE"),
)


@helper("ksql_json_pairs", "STRING -> STRING")
def with_pairs(text: str) -> str:
    """JSON with each character beyond U+FFFF as the escapes of its two halves."""
    return _BEYOND.sub(lambda found: "\\u{:04X}\\u{:04X}".format(*struct.unpack(">HH", found[0].encode("utf-16-be"))), text)


_BEYOND = re.compile("[\U00010000-\U0010ffff]")


# TO_JSON_STRING


def _to_json(sql: str, type_: SqlType, depth: int = 0) -> str:
    """SQL of JSON text, the text null for NULL. `depth` counts the lambdas around it."""
    x = f'"$x{depth}"'
    if isinstance(type_, Array):
        parts = f"array_to_string(list_transform({sql}, lambda {x}: {_to_json(x, type_.item, depth + 1)}), ',')"
        text = f"'[' || {parts} || ']'"
    elif isinstance(type_, Map):
        entry = f"{_to_json(f'{x}.key', type_.key, depth + 1)} || ':' || {_to_json(f'{x}.value', type_.value, depth + 1)}"
        text = f"'{{' || array_to_string(list_transform(list_sort(map_entries({sql})), lambda {x}: {entry}), ',') || '}}'"
    elif isinstance(type_, Struct):
        parts = " || ',' || ".join(_member(sql, name, field, depth) for name, field in sorted(type_.fields))
        text = f"CASE WHEN {sql} IS NOT NULL THEN '{{' || {parts} || '}}' END"
    elif type_ in (STRING, BYTES, DATE, TIME, TIMESTAMP):
        text = f"CAST(to_json({to_text(sql, type_)}) AS VARCHAR)"
    elif type_ == DOUBLE:
        text = f"CASE WHEN isfinite({sql}) THEN {to_text(sql, type_)} ELSE '\"' || {to_text(sql, type_)} || '\"' END"
    else:
        text = to_text(sql, type_)
    return f"COALESCE({text}, 'null')"


def _member(sql: str, name: str, field: SqlType, depth: int) -> str:
    key = string_literal(quoted(name) + ":")
    return f"{key} || {_to_json(f'struct_extract({sql}, {string_literal(name)})', field, depth)}"


scalar_sql(
    "TO_JSON_STRING",
    "T -> STRING",
    category=JSON,
    typed_sql=lambda call, value: _to_json(value, call.types[0]),
    doc="A value as JSON",
    example=("TO_JSON_STRING(ARRAY[1, 2])", "'[1,2]'"),
)
