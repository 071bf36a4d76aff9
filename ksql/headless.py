"""A file of statements that may be started again and again with one data directory.

The log's metadata remembers which statements of a file took lasting effect. A second start skips those, so an INSERT does not
happen twice and a CREATE does not fail, and the queries go on from their committed offsets.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Container, Iterator

from ksql.database import Database
from ksql.display import Display
from ksql.engine import Session
from ksql.runner import run_one
from ksql.script import Script, Statement, check, statements
from ksql.sql_text import first_word, is_push, is_query, target_of

SPACE = "ksql.run"

_LASTING = {"CREATE", "INSERT", "DROP", "ALTER", "TERMINATE", "PAUSE", "RESUME"}


def run_file(db: Database, script: Script, display: Display, *, until_idle: bool = False, only_check: bool = False) -> None:
    """Carry out the statements of a script in the database's session, except those carried out at an earlier start.

    All of it is checked first; only_check: and no more. until_idle: a pull query waits until the queries have committed all
    there is to read, and a push query ends then. Raises KsqlError, and then nothing was carried out, unless records are at
    fault.
    """
    done = set(db.log.scan(SPACE))
    check(db.session, lambda trial: (statement for statement, _ in _to_do(trial, script, done)))
    if only_check:
        return
    for statement, mark in _to_do(db.session, script, done):
        if mark is None:
            if until_idle and is_query(statement.text) and not is_push(statement.text):
                db.wait_idle()
            run_one(db.session, statement, display, finished=lambda: until_idle and db.wait_idle(0))
            continue
        run_one(db.session, statement, display, note=(SPACE, mark))
        if mark not in db.log.scan(SPACE):  # it had nothing to do, which must not change at the next start
            with db.log.change() as transaction:
                transaction.put(SPACE, mark, b"")


def _to_do(session: Session, script: Script, done: Container[str]) -> Iterator[tuple[Statement, str | None]]:
    """The statements to carry out in `session`, in turn, with the mark of those that take lasting effect."""
    seen: Counter[str] = Counter()
    missing: set[str] = set()
    for statement in statements(session, script):
        if first_word(statement.text) not in _LASTING:
            yield statement, None
            continue
        seen[statement.text] += 1
        mark = _mark(statement.text, session.variables, seen[statement.text])
        target = target_of(statement.text)
        if mark in done and target not in missing and (target is None or target in session.engine.sources):
            continue
        if mark in done and target is not None:
            missing.add(target)
        yield statement, mark


def _mark(statement: str, variables: object, occurrence: int) -> str:
    """A key for the n-th occurrence of a statement in a file, with the variables it may refer to."""
    return hashlib.sha256(json.dumps([statement, variables, occurrence], sort_keys=True).encode()).hexdigest()
