"""Functions of text."""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.declare import STRINGS, Call, X, helper, macro, scalar_sql
from ksql.engine.functions.utf16 import joined, units

text = partial(scalar_sql, category=STRINGS)

# Lengths and positions count UTF-16 units: a character outside the basic plane is two. Texts without one go the fast way.
macro(
    "ksql_len(t)",
    "CAST(length(t) + CASE WHEN strlen(t) = length(t) THEN 0 "
    "ELSE length(regexp_replace(t, '[^\\x{10000}-\\x{10FFFF}]', '', 'g')) END AS INTEGER)",
)

text("UCASE", "STRING -> STRING", sql=lambda a: f"upper({a})", doc="Text in upper case", example=("UCASE('abc')", "'ABC'"))
text("LCASE", "STRING -> STRING", sql=lambda a: f"lower({a})", doc="Text in lower case", example=("LCASE('ABC')", "'abc'"))
text(
    "TRIM",
    "STRING -> STRING",
    sql=lambda a: f"ksql_trim({a})",
    doc="Text without the blanks at both ends",
    example=("TRIM('  a b ')", "'a b'"),
)
text(
    "LEN", "STRING -> INT", sql=lambda a: f"ksql_len({a})", doc="Number of characters, or of bytes", example=("LEN('abc')", "3")
)
text(
    "MD5",
    "STRING -> STRING",
    sql=lambda a: f"md5({a})",
    doc="MD5 digest in hexadecimal",
    example=("MD5('a')", "'0cc175b9c0f1b6a831c399e269772661'"),
)


# SUBSTRING: a negative position counts from the end, and what lies outside the text is left out.

macro("ksql_start(size, position)", "CASE WHEN position < 0 THEN size + position ELSE position - 1 END")
macro("ksql_clamp(n, size)", "CASE WHEN n < 0 THEN 0 WHEN n > size THEN size ELSE n END")
macro(
    "ksql_substring(t, position, count)",
    "CASE WHEN ksql_basic(t) THEN substr(t, ksql_clamp(ksql_start(length(t), position), length(t)) + 1, "
    "CASE WHEN count < 0 THEN 0 ELSE count END) ELSE ksql_substring_units(t, position, count) END",
)
text(
    "SUBSTRING",
    "STRING, INT -> STRING",
    sql=lambda t, position: f"ksql_substring({t}, {position}, 2147483647)",
    doc="Part of a text or of bytes, from a position counted from 1, or from the end if negative",
    example=("SUBSTRING('stream', 3)", "'ream'"),
)
text(
    "SUBSTRING",
    "STRING, INT, INT -> STRING",
    sql=lambda t, position, count: f"ksql_substring({t}, {position}, {count})",
    doc="",
    example=("SUBSTRING('stream', -3, 2)", "'ea'"),
)


@helper("ksql_substring_units", "STRING, INT, INT -> STRING")
def substring_units(value: str, position: int, count: int) -> str:
    whole = units(value)
    start = len(whole) + position if position < 0 else position - 1
    start = min(max(start, 0), len(whole))
    return joined(whole[start : start + max(count, 0)])


# Putting together and taking apart


def _replace(value: str, old: str, new: str) -> str:
    # DuckDB finds no empty text; the JVM finds one before every character and at the end.
    between = f"({new} || array_to_string(list_transform(string_split({value}, ''), lambda {X}: {X} || {new}), ''))"
    empty = f"CASE WHEN {value} = '' THEN {new} ELSE {between} END"
    return f"(CASE WHEN {old} = '' THEN {empty} ELSE replace({value}, {old}, {new}) END)"


text(
    "REPLACE",
    "STRING, STRING, STRING -> STRING",
    sql=_replace,
    doc="Text with every occurrence of one text replaced by another",
    example=("REPLACE('banana', 'an', 'o')", "'booa'"),
)


def _concat_bytes(*values: str) -> str:
    """Put together as a tree of little height."""
    if len(values) < 2:
        return f"COALESCE({values[0]}, CAST('' AS BLOB))" if values else "CAST('' AS BLOB)"
    middle = len(values) // 2
    return f"({_concat_bytes(*values[:middle])} || {_concat_bytes(*values[middle:])})"


text(
    "CONCAT",
    "STRING... -> STRING",
    sql=lambda *values: f"concat({', '.join(values) or repr('')})",
    doc="The arguments one after the other; NULL counts as empty",
    example=("CONCAT('a', NULL, 'b')", "'ab'"),
)
text("CONCAT", "BYTES... -> BYTES", sql=_concat_bytes, doc="")
text(
    "CONCAT_WS",
    "STRING, STRING, STRING... -> STRING",
    sql=lambda *values: f"concat_ws({', '.join(values)})",
    doc="The arguments that are not NULL, with the first one between them",
    example=("CONCAT_WS('-', 'a', NULL, 'b')", "'a-b'"),
)
text(
    "SPLIT",
    "STRING, STRING -> ARRAY<STRING>",
    sql=lambda value, delimiter: f"(CASE WHEN {value} = '' THEN [''] ELSE string_split({value}, {delimiter}) END)",
    doc="Parts of a text or of bytes between delimiters; single characters if the delimiter is empty",
    example=("SPLIT('a,b,,c', ',')", "ARRAY['a', 'b', '', 'c']"),
)


def _elt(number: str, *values: str) -> str:
    whens = " ".join(f"WHEN {number} = {i} THEN {value}" for i, value in enumerate(values, 1))
    return f"(CASE {whens} END)" if whens else "CAST(NULL AS VARCHAR)"


def _field(value: str, *values: str) -> str:
    whens = " ".join(f"WHEN {value} = {other} THEN {i}" for i, other in enumerate(values, 1))
    return f"(CASE {whens} ELSE 0 END)" if whens else "0"


text("ELT", "INT!, STRING... -> STRING", sql=_elt, doc="The n-th of the texts that follow", example=("ELT(2, 'a', 'b')", "'b'"))
text(
    "FIELD",
    "STRING, STRING... -> INT",
    sql=_field,
    doc="At which place the first text stands among the others; 0 if it does not",
    example=("FIELD('b', 'a', 'b')", "2"),
)


def _instr(call: Call, value: str, part: str) -> str:
    found = f"CAST(instr({value}, {part}) AS INTEGER)"
    exact = f"ksql_instr_units{'_or_null' if call.safe else ''}({value}, {part}, 1, 1)"
    fast = f"ksql_basic({value}) AND {part} <> ''"
    return f"(CASE WHEN {value} IS NULL OR {part} IS NULL THEN 0 WHEN {fast} THEN {found} ELSE {exact} END)"


def _instr_from(call: Call, value: str, part: str, position: str, occurrence: str = "1") -> str:
    udf = f"ksql_instr_units{'_or_null' if call.safe else ''}"
    return f"(CASE WHEN {value} IS NULL OR {part} IS NULL THEN 0 ELSE {udf}({value}, {part}, {position}, {occurrence}) END)"


text(
    "INSTR",
    "STRING, STRING -> INT",
    typed_sql=_instr,
    doc="Position of a part in a text, from 1, or 0; searched from a position on (backwards if negative), for the n-th time",
    example=("INSTR('banana', 'an')", "2"),
)
text("INSTR", "STRING, STRING, INT! -> INT", typed_sql=_instr_from, doc="", example=("INSTR('banana', 'an', 3)", "4"))
text("INSTR", "STRING, STRING, INT!, INT! -> INT", typed_sql=_instr_from, doc="", example=("INSTR('banana', 'an', -1, 2)", "2"))


@helper("ksql_instr_units", "STRING, STRING, INT, INT -> INT")
def instr_units(value: str, part: str, position: int, occurrence: int) -> int:
    whole, wanted = units(value), units(part)
    if position == 0 or abs(position) > len(whole) or occurrence < 1:
        return 0
    return _forwards(whole, wanted, position, occurrence) if position > 0 else _backwards(whole, wanted, position, occurrence)


def _forwards(whole: str, wanted: str, position: int, occurrence: int) -> int:
    """An empty text is found where the search begins, however often it is asked for."""
    found = position - 2
    for _ in range(occurrence if wanted else 1):
        found = whole.find(wanted, found + 1)
        if found < 0:
            return 0
    return found + 1


def _backwards(whole: str, wanted: str, position: int, occurrence: int) -> int:
    """The first match ends at the position at the latest; -1 is the last character."""
    end = len(whole) + position + 1
    for _ in range(occurrence):
        found = whole.rfind(wanted, 0, end) if end >= 0 else -1
        if found < 0:
            return 0
        end = found - 1 + len(wanted)
    return found + 1
