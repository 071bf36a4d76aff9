"""Errors a user of the engine can meet, besides those of the parser and the log.

KsqlError                   see ksql/errors.py
├── StatementError          the statement is wrong, or refused: message, place, hint; nothing was changed
│   ├── NotSupportedError   correct ksqlDB that this engine does not do yet
│   └── AssertionFailedError  an ASSERT found something else
├── QueryError              a running query failed; says which and why
└── EngineClosedError       the engine was closed while the caller waited
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NoReturn, TypeVar

from sqlglot import exp

from ksql.errors import KsqlError
from ksql.parser.errors import caret
from ksql.parser.nodes import position


class StatementError(KsqlError):
    """A statement that cannot be carried out. `line` and `column` count from 1 in the text given; 0 = unknown."""

    def __init__(self, message: str, *, detail: str = "", hint: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.line = line
        self.column = column
        self._text, self._first = "", (1, 1)

    def written_in(self, text: str, line: int, column: int) -> None:
        """Say which statement it is about, and where that begins in the text given: `str` then shows the place with a caret."""
        self._text, self._first = text, (line, column)

    @property
    def headline(self) -> str:
        return f"line {self.line}:{self.column}: {self.message}" if self.place else self.message

    @property
    def place(self) -> str:
        if not (self._text and self.line):
            return ""
        line, column = self._first
        return caret(self._text, self.line - line + 1, self.column - (column - 1 if self.line == line else 0))


class NotSupportedError(StatementError):
    """Correct ksqlDB that this engine does not do yet."""


class AssertionFailedError(StatementError):
    """What an ASSERT statement says is not so."""


class QueryError(KsqlError):
    """A running query failed. `query_id` names it."""

    def __init__(self, message: str, *, query_id: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.query_id = query_id


class EngineClosedError(KsqlError):
    """The engine was closed while the caller waited."""


E = TypeVar("E", bound=StatementError)

#: How like a name must be, from 0 to 1: COSH is not what somebody meant by NOSUCH.
_ALIKE = 0.65


def fail(node: exp.Expression, message: str, *, detail: str = "", hint: str = "") -> NoReturn:
    """Raise a StatementError that points at `node`."""
    raise located(StatementError(message, detail=detail, hint=hint), node)


def located(error: E, node: exp.Expression) -> E:
    """`error` with the place of the first thing in `node` that knows where it was written, unless it has one already."""
    if not error.line:
        for part in node.walk():
            found = position(part)
            if found:
                error.line, error.column = found
                break
    return error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known names, or '' when none is near."""
    by_upper = {candidate.upper(): candidate for candidate in known}
    near = get_close_matches(name.upper(), by_upper, n=2, cutoff=_ALIKE)
    return f"did you mean {' or '.join(by_upper[n] for n in near)}?" if near else ""
