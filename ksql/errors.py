"""The root of every error that the library raises, below everything else: the parser and the log build on it, too.

    KsqlError
    ├── ParseError          the text is no statement (parser)
    ├── StatementError      a statement is wrong, or refused; with kinds of its own (engine)
    ├── QueryError          a running query failed (engine)
    ├── EngineClosedError   the engine was closed while the caller waited
    ├── LogError            topics cannot be read or written; with kinds of its own (log)
    └── ConfigError         a setting cannot be used; the message names it

A message is one short line in lower-case prose, `detail` adds what was found, `hint` says what to do.
"""

from __future__ import annotations


class KsqlError(Exception):
    """Base of all errors. `str(error)` is message, place, detail and hint, one per line."""

    def __init__(self, message: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint
        #: Of the script with the statement, where there is one.
        self.file = ""

    def __str__(self) -> str:
        said_of = f"{self.file}{', ' if self.place else ': '}" if self.file else ""
        lines = (said_of + self.headline, self.place, self.detail, self.hint and f"Hint: {self.hint}")
        return "\n".join(line for line in lines if line)

    @property
    def headline(self) -> str:
        """What is wrong, after the line and column where those are known."""
        return self.message

    @property
    def place(self) -> str:
        """The place in the text, drawn; '' when there is none."""
        return ""


class ConfigError(KsqlError):
    """A setting that cannot be used. The message names the setting, and where it came from."""
