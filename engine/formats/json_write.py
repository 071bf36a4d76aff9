"""SQL that writes values as compact JSON text, whole columns at a time.

DuckDB's to_json is fast but prints DECIMAL without its scale, BYTES raw and NaN bare. So runs of columns it prints well
become one to_json(struct), and only the others are written piece by piece.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ksql.engine.types.casts_text import decimal_text
from ksql.engine.types.sql_types import BYTES, DOUBLE, Array, Decimal, Map, SqlType, Struct, quote_duckdb, string_literal


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a JSON object: its name as written, its type, and the SQL of its value."""

    name: str
    type: SqlType
    value: str


def object_text(members: Sequence[Member], *, finite: bool = False) -> str:
    """SQL of the text of a JSON object; never null. Numbers that are not finite are written as quoted names.

    finite: all numbers are known to be finite.
    """
    doubles = [member.value for member in members if member.type == DOUBLE]
    fast = _object(members, finite=True)
    if finite or not doubles:
        return fast
    plain = " AND ".join(f"coalesce(isfinite({value}), true)" for value in doubles)
    return f"CASE WHEN {plain} THEN {fast} ELSE {_object(members, finite=False)} END"


def bare_text(type_: SqlType, value: str) -> str:
    """SQL of the JSON text of one value; null when the value is null."""
    return f"CASE WHEN {value} IS NOT NULL THEN {_text(type_, value, depth=0)} END"


def _object(members: Sequence[Member], *, finite: bool) -> str:
    pieces = []
    for run, simple in _runs(members, finite=finite):
        if simple:
            pieces.append(f"to_json({_struct(run)})::VARCHAR")
        else:
            pieces.extend(f"{string_literal(_name(item.name) + ':')} || {_nullable(item.type, item.value, 0)}" for item in run)
    if len(pieces) == 1 and pieces[0].startswith("to_json("):
        return pieces[0]
    bare = [_without_braces(piece) if piece.startswith("to_json(") else piece for piece in pieces]
    return "('{' || " + " || ',' || ".join(bare) + " || '}')"


def _runs(members: Sequence[Member], *, finite: bool) -> list[tuple[list[Member], bool]]:
    """Neighbours that one struct can print, and the others. A struct cannot hold two names that differ only in case."""
    runs: list[tuple[list[Member], bool]] = []
    for member in members:
        simple = _prints_well(member.type) or (finite and member.type == DOUBLE)
        taken = {item.name.lower() for item in runs[-1][0]} if runs else set()
        if runs and runs[-1][1] == simple and member.name.lower() not in taken:
            runs[-1][0].append(member)
        else:
            runs.append(([member], simple))
    return runs


def _struct(members: Sequence[Member]) -> str:
    return "struct_pack(" + ", ".join(f"{quote_duckdb(item.name)} := {item.value}" for item in members) + ")"


def _without_braces(object_sql: str) -> str:
    return f"array_slice({object_sql}, 2, -2)"


def _name(name: str) -> str:
    """A name as a JSON string."""
    return json.dumps(name, ensure_ascii=False)


def _prints_well(type_: SqlType) -> bool:
    """True when to_json prints every value of the type as the format wants it."""
    if isinstance(type_, Array):
        return _prints_well(type_.item)
    if isinstance(type_, Map):
        return _prints_well(type_.value)
    if isinstance(type_, Struct):
        return all(_prints_well(field) for _, field in type_.fields)
    return not isinstance(type_, Decimal) and type_ not in (BYTES, DOUBLE)


def _text(type_: SqlType, value: str, depth: int) -> str:
    """SQL of the JSON text of a value that is not null. Lambda variables are numbered by depth."""
    if _prints_well(type_):
        return f"to_json({value})::VARCHAR"
    if isinstance(type_, Decimal):
        return decimal_text(value, type_)
    if isinstance(type_, Array):
        item = f"item{depth}"
        return f"('[' || {_joined(value, item, _nullable(type_.item, item, depth + 1))} || ']')"
    if isinstance(type_, Map):
        entry = f"entry{depth}"
        pair = f"to_json({entry}.key)::VARCHAR || ':' || {_nullable(type_.value, f'{entry}.value', depth + 1)}"
        return f"('{{' || {_joined(f'map_entries({value})', entry, pair)} || '}}')"
    if isinstance(type_, Struct):
        return _struct_text(type_, value, depth)
    return f"('\"' || to_base64({value}) || '\"')" if type_ == BYTES else _double_text(value)


def _struct_text(type_: Struct, value: str, depth: int) -> str:
    fields = []
    for name, field in type_.fields:
        item = f"struct_extract({value}, {string_literal(name)})"
        fields.append(f"{string_literal(_name(name) + ':')} || {_nullable(field, item, depth)}")
    return "('{' || " + " || ',' || ".join(fields) + " || '}')"


def _double_text(value: str) -> str:
    return (
        f"CASE WHEN isfinite({value}) THEN to_json({value})::VARCHAR WHEN isnan({value}) THEN '\"NaN\"' "
        f"WHEN {value} > 0 THEN '\"Infinity\"' ELSE '\"-Infinity\"' END"
    )


def _nullable(type_: SqlType, value: str, depth: int) -> str:
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {_text(type_, value, depth)} END"


def _joined(items: str, variable: str, item_text: str) -> str:
    return f"array_to_string(list_transform({items}, lambda {variable}: {item_text}), ',')"
