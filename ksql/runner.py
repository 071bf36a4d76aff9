"""Statements carried out one after the other with their results shown: what -e, -f, `ksql run` and the prompt share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ksql.display import Display
from ksql.engine import Session
from ksql.engine.results import Changes, Listing, Message, PushQuery, Rows
from ksql.parser import split
from ksql.script import Script, Statement, check, said_of, statements

#: How often a waiting push query looks whether it should end, in seconds.
_LOOK_S = 0.2


def run_scripts(session: Session, scripts: Sequence[Script], display: Display, *, only_check: bool = False) -> None:
    """Run scripts and show every result; a push query streams until its LIMIT or Ctrl-C.

    Nothing is carried out unless all can be, but for what depends on records; only_check: nor then. Raises KsqlError.
    KeyboardInterrupt passes through, with the query closed.
    """

    def to_do(session: Session) -> Iterator[Statement]:
        return (statement for script in scripts for statement in statements(session, script))

    if only_check or any(script.file for script in scripts) or sum(len(split(script.text)) for script in scripts) > 1:
        check(session, to_do)
    if only_check:
        return
    for statement in to_do(session):
        run_one(session, statement, display)


def run_one(
    session: Session,
    statement: Statement,
    display: Display,
    *,
    finished: Callable[[], bool] = lambda: False,
    note: tuple[str, str] | None = None,
) -> None:
    """Run a statement and show its result; a push query ends, too, when nothing comes and `finished()`.

    note: see Session.run. Raises KsqlError.
    """
    with said_of(statement.file):
        result = session.run(statement.piece, note=note)
        if isinstance(result, Message | Listing | Rows):
            display.show(result)
        else:
            stream(result, display, finished)


def stream(query: PushQuery, display: Display, finished: Callable[[], bool] = lambda: False) -> None:
    """Show the changes of a push query until it ends."""
    shown = display.changes(query.columns)
    for changes in changes_of(query):
        if changes is not None:
            shown.show(changes)
        elif finished():
            return


def changes_of(query: PushQuery, wait_s: float = _LOOK_S) -> Iterator[Changes | None]:
    """What a push query gives, and None whenever nothing came for `wait_s`; closes the query at the end."""
    try:
        while True:
            try:
                changes = query.next_changes(wait_s)
            except StopIteration:
                return
            yield changes
    finally:
        query.close()
