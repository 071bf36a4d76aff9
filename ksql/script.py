"""Scripts: texts of statements, and files of them, which may run others. All is checked before anything is carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ksql.engine import Session
from ksql.engine.errors import StatementError, located
from ksql.engine.results import Listing, Message, Rows
from ksql.errors import ConfigError, KsqlError
from ksql.parser import Piece, nodes, split
from ksql.reasons import reason
from ksql.sandbox import sandbox
from ksql.sql_text import first_word


@dataclass(frozen=True, slots=True)
class Script:
    """A text, and the file it comes from: '' for one without a name."""

    text: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script, and the file it stands in."""

    piece: Piece
    file: str

    @property
    def text(self) -> str:
        return self.piece.text


def read_script(file: str) -> Script:
    """The script in a file. Raises ConfigError."""
    try:
        return Script(Path(file).expanduser().read_text(encoding="utf-8-sig"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {file}: {reason(error)}") from error


def statements(session: Session, script: Script, within: tuple[str, ...] = ()) -> Iterator[Statement]:
    """The statements of a script in turn, up to an EXIT; in place of RUN SCRIPT those of that file.

    The session knows the file's name when it comes to it: there may be variables in it.
    within: the files that run this one. Raises KsqlError.
    """
    within = (*within, _absolute(script.file)) if script.file else within
    for piece in split(script.text):
        if piece.text.rstrip("; \n").upper() in ("EXIT", "QUIT"):
            return
        if first_word(piece.text) != "RUN":
            yield Statement(piece, script.file)
            continue
        with said_of(script.file):
            inner = _inner_script(session, piece, within)
        yield from statements(session, inner, within)


def _inner_script(session: Session, piece: Piece, within: tuple[str, ...]) -> Script:
    """The script that a RUN SCRIPT names."""
    node = session.parse(piece).node
    assert isinstance(node, nodes.RunScript)
    name = node.this.name
    refused = f"the script {name} would run itself, again and again"
    try:
        if _absolute(name) not in within:
            return read_script(name)
    except ConfigError as error:
        refused = error.message
    failed = located(StatementError(refused), node)
    failed.written_in(piece.text, piece.line, piece.column)
    raise failed


def _absolute(file: str) -> str:
    return str(Path(file).expanduser().resolve())


@contextmanager
def said_of(file: str) -> Iterator[None]:
    """Errors in here say in which file the statement stands."""
    try:
        yield
    except KsqlError as error:
        error.file = error.file or file
        raise


def check(session: Session, to_do: Callable[[Session], Iterable[Statement]]) -> None:
    """Refuse statements that would fail one after the other, but for what depends on records; none of them is carried out.

    to_do: the statements for a session, which they change as they are carried out. Raises KsqlError.
    """
    with sandbox(session) as trial:
        for statement in to_do(trial):
            _try(trial, statement)


def _try(trial: Session, statement: Statement) -> None:
    """Carry a statement out in a sandbox, where those after it find what it has made. Raises KsqlError."""
    with said_of(statement.file):
        if first_word(statement.text) == "ASSERT" and isinstance(trial.parse(statement.piece).node, nodes.AssertTopic):
            return  # whether it is so, only its turn can show
        result = trial.run(statement.piece)
    if not isinstance(result, Message | Listing | Rows):
        result.close()
