"""A file of statements that may be started again and again with one data directory.

The log's metadata remembers which statements of a file took lasting effect. A second start skips those, so an INSERT does not
happen twice and a CREATE does not fail, and the queries go on from their committed offsets.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from ksql.database import Database
from ksql.display import Display
from ksql.parser import split
from ksql.runner import run_statements
from ksql.sql_text import first_word, is_push, is_query, target_of

SPACE = "ksql.run"

_LASTING = {"CREATE", "INSERT", "DROP", "ALTER", "TERMINATE", "PAUSE", "RESUME"}


def run_file(db: Database, sql: str, display: Display, *, until_idle: bool = False) -> None:
    """Carry out the statements of `sql` in the database's session, except those carried out at an earlier start.

    until_idle: a pull query waits until the queries have committed all there is to read, and a push query ends then.
    Raises what Session.execute raises.
    """
    done = set(db.log.scan(SPACE))
    seen: Counter[str] = Counter()
    missing: set[str] = set()
    for piece in split(sql):
        # Blank lines in front keep the line numbers of the file in error messages.
        statement, text = piece.text, "\n" * (piece.line - 1) + piece.text
        if first_word(statement) not in _LASTING:
            if until_idle and is_query(statement) and not is_push(statement):
                db.wait_idle()
            run_statements(db.session, text, display, finished=lambda: until_idle and db.wait_idle(0))
            continue
        seen[statement] += 1
        mark = _mark(statement, db.session.variables, seen[statement])
        target = target_of(statement)
        if mark in done and target not in missing and (target is None or target in db.engine.sources):
            continue
        if mark in done and target is not None:
            missing.add(target)
        run_statements(db.session, text, display, note=(SPACE, mark))
        if mark not in db.log.scan(SPACE):  # it had nothing to do, which must not change at the next start
            with db.log.change() as transaction:
                transaction.put(SPACE, mark, b"")


def _mark(statement: str, variables: object, occurrence: int) -> str:
    """A key for the n-th occurrence of a statement in a file, with the variables it may refer to."""
    return hashlib.sha256(json.dumps([statement, variables, occurrence], sort_keys=True).encode()).hexdigest()
