"""What is wrong with a text, and where."""

from __future__ import annotations

from ksql.errors import KsqlError


class ParseError(KsqlError):
    """A text that is no statement of the dialect; `str` shows the place with a caret.

    `at` is the offset of the fault in `text`. `text` may be one statement of a longer script: it then begins at
    `first_line` and `first_column` of it, and `line` and `column` (from 1) count within the whole script.
    """

    def __init__(self, message: str, *, text: str, at: int, first_line: int = 1, first_column: int = 1, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.at = at
        line, column = place(text, at)
        self.line = first_line + line - 1
        self.column = column + (first_column - 1 if line == 1 else 0)
        self._snippet = caret(text, line, column)

    @property
    def headline(self) -> str:
        return f"line {self.line}:{self.column}: {self.message}"

    @property
    def place(self) -> str:
        return self._snippet


def place(text: str, at: int) -> tuple[int, int]:
    """(line, column) of offset `at`, from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def caret(text: str, line: int, column: int) -> str:
    """The line of `text` with a caret under the column; '' when the place lies outside."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return ""
    shown = lines[line - 1].rstrip("\r").replace("\t", " ")
    start = max(0, column - 80)
    return f"  {shown[start : start + 120]}\n  {' ' * (column - 1 - start)}^"


def shorten(text: str) -> str:
    """What was written, as far as it fits into a message."""
    first = text.split("\n", maxsplit=1)[0][:40]
    return text if first == text else f"{first}…"
