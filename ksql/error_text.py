"""Errors as a person reads them: what is wrong, where, and what to do."""

from __future__ import annotations

from ksql.config import ConfigError
from ksql.engine.errors import KsqlError, StatementError
from ksql.log.contract import LogError
from ksql.parser import ParseError


def user_error_text(error: BaseException, sql: str = "") -> str | None:
    """The lines to show for an error the user can do something about; None for a fault of the program.

    `sql` is the text in which the error's line and column count; it gives the caret.
    """
    if isinstance(error, ParseError | ConfigError):
        return str(error)
    if isinstance(error, StatementError) and error.line and sql:
        return "\n".join([f"line {error.line}, column {error.column}: {error.message}", *_caret(error, sql), *_rest(error)])
    if isinstance(error, KsqlError):
        return str(error)
    if isinstance(error, LogError):
        return f"{error}\nHint: {error.hint}" if error.hint else str(error)
    return None


def _caret(error: StatementError, sql: str) -> list[str]:
    lines = sql.splitlines()
    if not 0 < error.line <= len(lines):
        return []
    line = lines[error.line - 1].expandtabs(1)
    return [f"  {line}", "  " + " " * (error.column - 1) + "^"]


def _rest(error: KsqlError) -> list[str]:
    return [*([error.detail] if error.detail else []), *([f"Hint: {error.hint}"] if error.hint else [])]
