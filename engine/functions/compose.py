"""Texts made of other texts, of code points and of nothing."""

from __future__ import annotations

import re
import uuid
from functools import partial

from ksql.engine.functions.bind import bound
from ksql.engine.functions.declare import STRINGS, scalar, scalar_sql
from ksql.engine.functions.utf16 import joined

text = partial(scalar_sql, category=STRINGS)
text_python = partial(scalar, category=STRINGS)


def _join_bytes(separator: str, *values: str) -> str:
    pieces = ", ".join(f"{separator} || {value}" for value in values)
    # What is not NULL, each piece behind a separator; then the first separator is cut off.
    whole = f"list_reduce([CAST('' AS BLOB), {pieces}], lambda \"$a\", \"$b\": \"$a\" || COALESCE(\"$b\", CAST('' AS BLOB)))"
    cut = bound((whole, separator), lambda w, s: f"array_slice({w}, octet_length({s}) + 1, octet_length({w}))")
    given = " AND ".join(f"{value} IS NULL" for value in values)
    return f"(CASE WHEN {separator} IS NULL THEN NULL WHEN {given} THEN CAST('' AS BLOB) ELSE {cut} END)"


text(
    "CONCAT_WS", "STRING, STRING, STRING... -> STRING",
    sql=lambda *values: f"concat_ws({', '.join(values)})",
    doc="The arguments after the first that are not NULL, with the first between them",
    example=("CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b')", "'a-b'"),
)  # fmt: skip
text("CONCAT_WS", "BYTES, BYTES, BYTES... -> BYTES", sql=_join_bytes, doc="")


def _elt(position: str, *values: str) -> str:
    cases = " ".join(f"WHEN {number} THEN {value}" for number, value in enumerate(values, 1))
    return f"(CASE {position} {cases} END)" if values else f"(CASE WHEN {position} IS NULL THEN NULL END)::VARCHAR"


def _field(wanted: str, *values: str) -> str:
    cases = " ".join(f"WHEN {wanted} = {value} THEN {number}" for number, value in enumerate(values, 1))
    return f"(CASE {cases} ELSE 0 END)" if values else "CAST(0 AS INTEGER)"


text(
    "ELT", "INT!, STRING... -> STRING", sql=_elt,
    doc="The n-th of the arguments after n", example=("ELT(2, 'a', 'b')", "'b'"),
)  # fmt: skip
text(
    "FIELD", "STRING, STRING... -> INT", sql=_field,
    doc="Position of the first argument among the others, 0 if it is not there", example=("FIELD('b', 'a', 'b')", "2"),
)  # fmt: skip


_LETTER = re.compile(r"[^ \t-\r\x1c-\x1f]+")


@text_python(
    "INITCAP", "STRING -> STRING",
    doc="Text with every word in lower case but for its first letter", example=("INITCAP('the QUICK fox')", "'The Quick Fox'"),
)  # fmt: skip
def initcap(value: str) -> str:
    return _LETTER.sub(lambda word: word[0][0].upper() + word[0][1:], value.lower())


@text_python(
    "CHR", "INT -> STRING",
    doc="The character of a code point, a number or a text such as \\u004b", example=("CHR(75)", "'K'"),
)  # fmt: skip
def character(code: int) -> str | None:
    return joined(chr(code)) if 0 <= code <= 0x10FFFF else None


_ESCAPE = re.compile(r"\\(u+\+?(?P<code>.{0,4})|(?P<octal>[0-3]?[0-7]{1,2})|(?P<other>.)|$)", re.DOTALL)
_CONTROLS = {"b": "\b", "n": "\n", "t": "\t", "f": "\f", "r": "\r"}


@text_python("CHR", "STRING -> STRING", doc="", example=("CHR('\\u004b')", "'K'"))
def escaped_character(escape: str) -> str | None:
    if len(escape) < 6 or not escape.startswith("\\u"):
        return None
    return joined(_ESCAPE.sub(_unescaped, escape))


def _unescaped(found: re.Match[str]) -> str:
    if found["octal"]:
        return chr(int(found["octal"], 8))
    if found["other"]:
        return _CONTROLS.get(found["other"], found["other"])
    if found["code"] is None:
        return ""
    if not re.fullmatch("[0-9a-fA-F]{4}", found["code"]):
        raise ValueError(f"{found[0]} is not a code point")
    return chr(int(found["code"], 16))


text("UUID", "-> STRING", sql=lambda: "CAST(gen_random_uuid() AS VARCHAR)", doc="A random UUID", example=("LEN(UUID())", "36"))


@text_python(
    "UUID", "BYTES -> STRING", doc="The UUID of 16 bytes",
    example=("UUID(TO_BYTES('00112233445566778899aabbccddeeff', 'hex'))", "'00112233-4455-6677-8899-aabbccddeeff'"),
)  # fmt: skip
def uuid_of_bytes(value: bytes) -> str | None:
    return str(uuid.UUID(bytes=value)) if len(value) == 16 else None
