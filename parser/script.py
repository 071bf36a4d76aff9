"""A script as its statements: a pure function of the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

#: A backslash at the end of a line, which old scripts have, and what may hold one that is none.
_CONTINUED = re.compile(
    r"'(?:[^']|'')*+'|`(?:[^`]|``)*+`|\"(?:[^\"]|\"\")*+\"|--[^\n]*|/\*.*?\*/|(\\)(?=[ \t\r]*(?:\n|\Z))", re.DOTALL
)
#: What can hide a semicolon, and the semicolon itself. An unterminated literal or comment reaches to the end.
_PIECE = re.compile(
    r"'(?:[^']|'')*+(?:'|\Z)|`(?:[^`]|``)*+(?:`|\Z)|\"(?:[^\"]|\"\")*+(?:\"|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)|;", re.DOTALL
)
_BLANK = re.compile(r"(?:\s++|--[^\n]*+|/\*.*?\*/)*+", re.DOTALL)
_COMMENT = re.compile(r"--([^\n]*)|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of a script: its text with the semicolon, and where it begins (from 1).

    `directives` are the texts behind `--@` in the comments before it.
    """

    text: str
    line: int
    column: int
    terminated: bool
    directives: tuple[str, ...] = ()


def split(text: str) -> list[Piece]:
    """The statements of `text` in order; the last may lack its semicolon. Space and comments alone are no statement.

    A backslash at the end of a line becomes a space.
    """
    if "\\" in text:
        text = _CONTINUED.sub(lambda found: " " if found[1] else found[0], text)
    lines = [0, *(m.end() for m in re.finditer("\n", text))]
    pieces = []
    start = 0
    for found in _PIECE.finditer(text):
        if found.group() == ";":
            pieces += _piece(text, start, found.end(), lines, terminated=True)
            start = found.end()
    return pieces + _piece(text, start, len(text), lines, terminated=False)


def is_complete(text: str) -> bool:
    """Whether an interactive user is done: the text has a statement, and every statement ends with a semicolon."""
    pieces = split(text)
    return bool(pieces) and all(piece.terminated for piece in pieces)


def _piece(text: str, start: int, end: int, lines: list[int], *, terminated: bool) -> list[Piece]:
    """The statement between two offsets, if there is one; `lines` are the offsets at which lines begin."""
    blank = _BLANK.match(text, start, end)
    begin = blank.end() if blank else start
    statement = text[begin:end].rstrip()
    if statement in ("", ";"):
        return []
    line = bisect_right(lines, begin)
    return [Piece(statement, line, begin - lines[line - 1] + 1, terminated, _directives(text[start:begin]))]


def _directives(comments: str) -> tuple[str, ...]:
    found = (comment[1] or "" for comment in _COMMENT.finditer(comments))
    return tuple(text[1:].strip() for text in found if text.startswith("@"))
