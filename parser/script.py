"""A script as its statements: a pure function of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: What can hide a semicolon, and the semicolon itself. An unterminated literal or comment reaches to the end.
_PIECE = re.compile(
    r"'(?:[^']|'')*(?:'|\Z)|`(?:[^`]|``)*(?:`|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)|;", re.DOTALL
)
_BLANK = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of a script: its text with the semicolon, and where it begins (from 1). `directives` are the `--@` lines
    before.
    """

    text: str
    line: int
    column: int
    terminated: bool
    directives: tuple[str, ...] = ()


def split(text: str) -> list[Piece]:
    """The statements of `text` in order; the last may lack its semicolon. Space and comments alone are no statement."""
    pieces = []
    start = 0
    for found in _PIECE.finditer(text):
        if found.group() == ";":
            pieces += _piece(text, start, found.end(), terminated=True)
            start = found.end()
    return pieces + _piece(text, start, len(text), terminated=False)


def is_complete(text: str) -> bool:
    """Whether an interactive user is done: the text has a statement, and every statement ends with a semicolon."""
    pieces = split(text)
    return bool(pieces) and all(piece.terminated for piece in pieces)


def _piece(text: str, start: int, end: int, *, terminated: bool) -> list[Piece]:
    blank = _BLANK.match(text, start, end)
    begin = blank.end() if blank else start
    if not text[begin:end].strip().strip(";"):
        return []
    before = text[start:begin]
    directives = tuple(line.strip()[3:].strip() for line in before.splitlines() if line.strip().startswith("--@"))
    line = text.count("\n", 0, begin) + 1
    column = begin - (text.rfind("\n", 0, begin) + 1) + 1
    return [Piece(text[begin:end].rstrip(), line, column, terminated, directives)]
