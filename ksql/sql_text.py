"""Questions about the text of a statement that need no parser. A statement begins with its first word, as `split` gives it."""

from __future__ import annotations

import re

_NAME = r"(?:`((?:[^`]|``)+)`|\"((?:[^\"]|\"\")+)\"|([\w@]+))"
_TARGET = re.compile(
    r"(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:SOURCE\s+)?(?:STREAM|TABLE)\s+(?:IF\s+NOT\s+EXISTS\s+)?|INSERT\s+INTO\s+)" + _NAME,
    re.IGNORECASE,
)
#: Strings and comments, which may hold anything, or a source after FROM or JOIN.
_READ = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|\b(?:FROM|JOIN)\s+" + _NAME, re.IGNORECASE | re.DOTALL)
_LIMIT = re.compile(r"\bLIMIT\s+(\d+)\s*;?\s*\Z", re.IGNORECASE)


def first_word(statement: str) -> str:
    """The first keyword of a statement in upper case; '' when there is none."""
    word = re.match(r"\w+", statement)
    return word[0].upper() if word else ""


def is_query(statement: str) -> bool:
    """Whether a statement is asked for rows (SELECT, PRINT), not to change or show definitions."""
    return first_word(statement) in ("SELECT", "PRINT", "WITH", "")


def is_push(statement: str) -> bool:
    """Whether a query is meant to run on: it has an EMIT clause."""
    return "EMIT" in statement.upper().split()


def target_of(statement: str) -> str | None:
    """The stream or table that a CREATE or an INSERT names, as the catalog spells it."""
    match = _TARGET.match(statement)
    return None if match is None else _spelling(match)


def sources_of(statement: str) -> list[str]:
    """What a query reads, as the catalog spells it, in the order of the text."""
    return [name for match in _READ.finditer(statement) if (name := _spelling(match))]


def limit_of(statement: str) -> int | None:
    """The number after a LIMIT that ends the statement."""
    match = _LIMIT.search(statement)
    return int(match[1]) if match else None


def _spelling(match: re.Match[str]) -> str:
    backticked, quoted, plain = match.groups(default="")
    return backticked.replace("``", "`") or quoted.replace('""', '"') or plain.upper()
