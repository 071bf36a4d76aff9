"""What is wrong with a text, and where."""

from __future__ import annotations


class ParseError(Exception):
    """A text that is no statement of the dialect. `line` and `column` count from 1; `str` shows the place with a caret."""

    def __init__(self, message: str, *, text: str = "", line: int = 0, column: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.line = line
        self.column = column
        self.hint = hint
        self.snippet = caret(text, line, column) if text else ""

    def __str__(self) -> str:
        place = f"line {self.line}:{self.column}: " if self.line else ""
        lines = [f"{place}{self.message}", self.snippet, f"Hint: {self.hint}" if self.hint else ""]
        return "\n".join(line for line in lines if line)


def caret(text: str, line: int, column: int) -> str:
    """The line of `text` with a caret under the column; '' when the place lies outside."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return ""
    shown = lines[line - 1].replace("\t", " ")
    start = max(0, column - 80)
    return f"  {shown[start : start + 120]}\n  {' ' * (column - 1 - start)}^"
