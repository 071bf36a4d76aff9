"""Errors as a person reads them: what is wrong, where, and what to do."""

from __future__ import annotations

from ksql.config import ConfigError
from ksql.engine.errors import KsqlError
from ksql.log.contract import LogError
from ksql.parser import ParseError


def user_error_text(error: BaseException) -> str | None:
    """The lines to show for an error the user can do something about; None for a fault of the program."""
    if isinstance(error, LogError):
        return f"{error}\nHint: {error.hint}" if error.hint else str(error)
    return str(error) if isinstance(error, KsqlError | ParseError | ConfigError) else None
