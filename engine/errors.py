"""Errors a user of the engine can meet.

    KsqlError
    ├── StatementError          the statement is wrong, or refused: message, place, hint; nothing was changed
    │   └── NotSupportedError   correct ksqlDB that this engine does not do yet
    ├── QueryError              a running query failed; says which and why
    └── EngineClosedError       the engine was closed while the caller waited

A message is one short line in lower-case prose, `detail` adds what was found, `hint` says what to do.
"""

from __future__ import annotations

from typing import NoReturn

from sqlglot import exp

from ksql.parser.nodes import position


class KsqlError(Exception):
    """Base of the engine's errors. `str(error)` is message, detail and hint, one per line."""

    def __init__(self, message: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.detail:
            lines.append(self.detail)
        if self.hint:
            lines.append(f"Hint: {self.hint}")
        return "\n".join(lines)


class StatementError(KsqlError):
    """A statement that cannot be carried out. `line` and `column` count from 1 in the text given; 0 = unknown."""

    def __init__(self, message: str, *, detail: str = "", hint: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.line = line
        self.column = column
        #: The statement, once it is known; then `str` shows the place with a caret.
        self.text = ""


class NotSupportedError(StatementError):
    """Correct ksqlDB that this engine does not do yet."""


class QueryError(KsqlError):
    """A running query failed. `query_id` names it."""

    def __init__(self, message: str, *, query_id: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.query_id = query_id


class EngineClosedError(KsqlError):
    """The engine was closed while the caller waited."""


def fail(node: exp.Expression, message: str, *, detail: str = "", hint: str = "") -> NoReturn:
    """Raise a StatementError that points at `node`."""
    raise StatementError(message, detail=detail, hint=hint, **place(node))


def place(node: exp.Expression) -> dict[str, int]:
    """`line` and `column` of the first thing in `node` that knows its position."""
    for part in node.walk():
        found = position(part)
        if found:
            return {"line": found[0], "column": found[1]}
    return {"line": 0, "column": 0}
