"""Statements carried out one after the other with their results shown: what -e, -f, `ksql run` and the prompt share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ksql.display import Display
from ksql.engine import Session
from ksql.engine.results import Changes, Listing, Message, PushQuery, Rows

#: How often a waiting push query looks whether it should end, in seconds.
_LOOK_S = 0.2


def run_statements(
    session: Session,
    sql: str,
    display: Display,
    *,
    finished: Callable[[], bool] = lambda: False,
    note: tuple[str, str] | None = None,
) -> None:
    """Run `sql` and show every result; a push query streams until its LIMIT, Ctrl-C, or until nothing comes and `finished()`.

    note: see Session.execute. Raises what that raises, after showing what came before. KeyboardInterrupt passes through, with
    the query closed.
    """
    for result in session.execute(sql, note=note):
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
