"""Functions of text that DuckDB computes."""

from __future__ import annotations

from functools import partial

from ksql.engine.functions.declare import STRINGS, macro, scalar_sql

text = partial(scalar_sql, category=STRINGS)

# Lengths and positions count UTF-16 units: a character outside the basic plane is two.
macro(
    "ksql_len(t)",
    "CAST(length(t) + CASE WHEN strlen(t) = length(t) THEN 0 "
    "ELSE length(regexp_replace(t, '[^\\x{10000}-\\x{10FFFF}]', '', 'g')) END AS INTEGER)",
)

text("UCASE", "STRING -> STRING", sql=lambda a: f"upper({a})", doc="Text in upper case", example=("UCASE('abc')", "'ABC'"))
text("LCASE", "STRING -> STRING", sql=lambda a: f"lower({a})", doc="Text in lower case", example=("LCASE('ABC')", "'abc'"))
text(
    "TRIM", "STRING -> STRING",
    sql=lambda a: f"ksql_trim({a})",
    doc="Text without the blanks at both ends", example=("TRIM('  a b ')", "'a b'"),
)  # fmt: skip
text(
    "LEN", "STRING -> INT", sql=lambda a: f"ksql_len({a})", doc="Number of characters, or of bytes", example=("LEN('abc')", "3")
)
text(
    "LEN",
    "BYTES -> INT",
    sql=lambda a: f"CAST(octet_length({a}) AS INTEGER)",
    doc="",
    example=("LEN(TO_BYTES('abc', 'utf8'))", "3"),
)
text(
    "MD5",
    "STRING -> STRING",
    sql=lambda a: f"md5({a})",
    doc="MD5 digest in hexadecimal",
    example=("MD5('a')", "'0cc175b9c0f1b6a831c399e269772661'"),
)


def _replace(value: str, old: str, new: str) -> str:
    # DuckDB finds no empty text; the JVM finds one before every character and at the end.
    between = f"({new} || array_to_string(list_transform(string_split({value}, ''), lambda c: c || {new}), ''))"
    empty = f"CASE WHEN {value} = '' THEN {new} ELSE {between} END"
    return f"(CASE WHEN {old} = '' THEN {empty} ELSE replace({value}, {old}, {new}) END)"


text(
    "REPLACE", "STRING, STRING, STRING -> STRING", sql=_replace,
    doc="Text with every occurrence of one text replaced by another", example=("REPLACE('banana', 'an', 'o')", "'booa'"),
)  # fmt: skip


def _concat(cast: str) -> partial[str]:
    return partial(_concat_as, cast)


def _concat_as(nothing: str, *values: str) -> str:
    return " || ".join(f"COALESCE({value}, {nothing})" for value in values).join("()")


text(
    "CONCAT",
    "STRING... -> STRING",
    sql=_concat("''"),
    doc="The arguments one after the other; NULL counts as empty",
    example=("CONCAT('a', NULL, 'b')", "'ab'"),
)
text("CONCAT", "BYTES... -> BYTES", sql=_concat("CAST('' AS BLOB)"), doc="")
