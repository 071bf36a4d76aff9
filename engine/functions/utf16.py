"""Texts the way the JVM counts them: in UTF-16 units, a character outside the basic plane being two."""

from __future__ import annotations

import re

from ksql.engine.functions.declare import macro

_FAR = re.compile("[\U00010000-\U0010ffff]")
_HALF = re.compile("[\ud800-\udfff]")

# Most texts have no such character; for them DuckDB's own functions count right.
macro("ksql_basic(t)", "strlen(t) = length(t) OR NOT regexp_matches(t, '[\\x{10000}-\\x{10FFFF}]')")


def units(text: str) -> str:
    """`text` with one character per UTF-16 unit."""
    if text.isascii() or not _FAR.search(text):
        return text
    return _FAR.sub(_halves, text)


def joined(text: str) -> str:
    """The text of UTF-16 units; half a pair cannot be encoded and becomes a question mark."""
    if text.isascii() or not _HALF.search(text):
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return _HALF.sub("?", whole)


def _halves(found: re.Match[str]) -> str:
    code = ord(found[0]) - 0x10000
    return chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))
