"""SQL that writes values as compact JSON text, whole columns at a time.

DuckDB's to_json is fast but prints DECIMAL without its scale, BYTES raw and NaN bare. So runs of columns it prints well become
one to_json(struct), and only the others are written piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ksql.engine.formats.json_text import quoted
from ksql.engine.types.casts_text import decimal_text
from ksql.engine.types.sql_types import BYTES, DOUBLE, Array, Decimal, Map, SqlType, Struct, quote_duckdb, string_literal


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a JSON object: its name as written, its type, and the SQL of its value."""

    name: str
    type: SqlType
    value: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """Whether to_json prints the values of a type as they should be, and SQL of the text of a finite DOUBLE."""

    prints: Callable[[SqlType], bool]
    double: Callable[[str], str]


def object_text(members: Sequence[Member]) -> str:
    """SQL of the text of a JSON object; never null. Numbers that are not finite are written as quoted names."""
    doubles = [member.value for member in members if member.type == DOUBLE]
    spelling = Spelling(prints_well, _to_json)
    careful = object_spelled(members, spelling)
    if not doubles:
        return careful
    plain = " AND ".join(f"coalesce(isfinite({value}), true)" for value in doubles)
    return f"CASE WHEN {plain} THEN {object_spelled(members, spelling, usual=True)} ELSE {careful} END"


def object_read(members: Sequence[Member]) -> str:
    """SQL of the text of a JSON object as to_json would print it, but for the digits of DECIMAL."""
    return object_spelled(members, Spelling(_prints_finite, _to_json))


def bare_text(type_: SqlType, value: str) -> str:
    """SQL of the JSON text of one value; null when the value is null."""
    return f"CASE WHEN {value} IS NOT NULL THEN {text_spelled(type_, value, Spelling(prints_well, _to_json))} END"


def _to_json(value: str) -> str:
    return f"to_json({value})::VARCHAR"


# Objects


def object_spelled(members: Sequence[Member], spelling: Spelling, *, usual: bool = False) -> str:
    """SQL of the text of a JSON object, in that spelling. `usual`: to_json prints the members that are DOUBLE well."""
    pieces = []
    for run, simple in _runs(members, spelling, usual=usual):
        if simple:
            pieces.append(f"to_json({_struct(run)})::VARCHAR")
        else:
            pieces.extend(f"{_name(item.name)} || {_nullable(item.type, item.value, 0, spelling)}" for item in run)
    if len(pieces) == 1 and pieces[0].startswith("to_json("):
        return pieces[0]
    bare = [_without_braces(piece) if piece.startswith("to_json(") else piece for piece in pieces]
    return "('{' || " + " || ',' || ".join(bare) + " || '}')"


def _runs(members: Sequence[Member], spelling: Spelling, *, usual: bool) -> list[tuple[list[Member], bool]]:
    """Neighbours that one struct can print, and the others. A struct cannot hold two names that differ only in case."""
    runs: list[tuple[list[Member], bool]] = []
    for member in members:
        simple = spelling.prints(member.type) or (usual and member.type == DOUBLE)
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
    """SQL of a name and the colon behind it."""
    return string_literal(f"{quoted(name)}:")


# Values


def prints_well(type_: SqlType) -> bool:
    """Whether to_json prints every value of the type as it should be."""
    return _prints_finite(type_) and not _has_double(type_)


def _prints_finite(type_: SqlType) -> bool:
    """Whether to_json prints the values of the type as they should be, if every DOUBLE is finite."""
    if isinstance(type_, Array):
        return _prints_finite(type_.item)
    if isinstance(type_, Map):
        return _prints_finite(type_.value)
    if isinstance(type_, Struct):
        return all(_prints_finite(field) for _, field in type_.fields)
    return not isinstance(type_, Decimal) and type_ != BYTES


def _has_double(type_: SqlType) -> bool:
    if isinstance(type_, Array | Map):
        return _has_double(type_.item if isinstance(type_, Array) else type_.value)
    if isinstance(type_, Struct):
        return any(_has_double(field) for _, field in type_.fields)
    return type_ == DOUBLE


def text_spelled(type_: SqlType, value: str, spelling: Spelling, depth: int = 0) -> str:
    """SQL of the JSON text of a value that is not null. Lambda variables are numbered by depth."""
    if spelling.prints(type_):
        return _to_json(value)
    if isinstance(type_, Decimal):
        return decimal_text(value, type_)
    if isinstance(type_, Array):
        item = f"item{depth}"
        return f"('[' || {_joined(value, item, _nullable(type_.item, item, depth + 1, spelling))} || ']')"
    if isinstance(type_, Map):
        entry = f"entry{depth}"
        pair = f"to_json({entry}.key)::VARCHAR || ':' || {_nullable(type_.value, f'{entry}.value', depth + 1, spelling)}"
        return f"('{{' || {_joined(f'map_entries({value})', entry, pair)} || '}}')"
    if isinstance(type_, Struct):
        return _struct_text(type_, value, depth, spelling)
    return f"('\"' || to_base64({value}) || '\"')" if type_ == BYTES else _double_text(value, spelling)


def _struct_text(type_: Struct, value: str, depth: int, spelling: Spelling) -> str:
    fields = []
    for name, field in type_.fields:
        item = f"struct_extract({value}, {string_literal(name)})"
        fields.append(f"{_name(name)} || {_nullable(field, item, depth, spelling)}")
    return "('{' || " + " || ',' || ".join(fields) + " || '}')"


def _double_text(value: str, spelling: Spelling) -> str:
    return (
        f"CASE WHEN isfinite({value}) THEN {spelling.double(value)} WHEN isnan({value}) THEN '\"NaN\"' "
        f"WHEN {value} > 0 THEN '\"Infinity\"' ELSE '\"-Infinity\"' END"
    )


def _nullable(type_: SqlType, value: str, depth: int, spelling: Spelling) -> str:
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {text_spelled(type_, value, spelling, depth)} END"


def _joined(items: str, variable: str, item_text: str) -> str:
    return f"array_to_string(list_transform({items}, lambda {variable}: {item_text}), ',')"
