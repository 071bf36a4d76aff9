"""SQL that writes keys as JSON, byte by byte as Jackson does: the bytes of a key choose its partition.

Beyond what values need, large and small numbers have an exponent, and characters beyond U+FFFF are escapes of their halves.
That costs more than all other writing, so a row whose values are usual is written as a value is.
"""

from __future__ import annotations

from collections.abc import Sequence

from ksql.engine.formats.json_write import Member, Spelling, object_spelled, prints_well, text_spelled
from ksql.engine.types.sql_types import DOUBLE, STRING, Array, Map, SqlType, Struct

_CAREFUL = Spelling(prints_well, lambda value: f"ksql_double_text({value})")


def object_text(members: Sequence[Member]) -> str:
    """SQL of the text of a JSON object; never null."""
    usual = [_usual_double(member.value) for member in members if member.type == DOUBLE]
    careful = _escaped(object_spelled(members, _CAREFUL), members)
    if not usual:
        return careful
    fast = _escaped(object_spelled(members, _CAREFUL, usual=True), members)
    return f"CASE WHEN {' AND '.join(usual)} THEN {fast} ELSE {careful} END"


def bare_text(type_: SqlType, value: str) -> str:
    """SQL of the JSON text of one value; null when the value is null."""
    text = _escaped(text_spelled(type_, value, _CAREFUL), [Member("", type_, value)])
    return f"CASE WHEN {value} IS NOT NULL THEN {text} END"


def _usual_double(value: str) -> str:
    """SQL that is true for null and for a DOUBLE that DuckDB and the JVM print alike."""
    return f"coalesce({value} = 0 OR (abs({value}) >= 1e-3 AND abs({value}) < 1e7), true)"


def _escaped(text: str, members: Sequence[Member]) -> str:
    """SQL of `text` without characters beyond U+FFFF, which only the values of text columns can hold."""
    holders = [member for member in members if not member.name.isascii() or _has_text(member.type)]
    if not holders:
        return text
    plain = all(member.type == STRING and member.name.isascii() for member in holders)
    searched = [member.value for member in holders] if plain else [text]
    return f"CASE WHEN {' OR '.join(map(_reaches_beyond, searched))} THEN ksql_json_pairs({text}) ELSE {text} END"


def _reaches_beyond(text: str) -> str:
    return f"coalesce(strlen({text}) <> length({text}) AND regexp_matches({text}, '[\\x{{10000}}-\\x{{10FFFF}}]'), false)"


def _has_text(type_: SqlType) -> bool:
    if isinstance(type_, Array):
        return _has_text(type_.item)
    if isinstance(type_, Struct):
        return any(_has_text(field) or not name.isascii() for name, field in type_.fields)
    return type_ == STRING or isinstance(type_, Map)
