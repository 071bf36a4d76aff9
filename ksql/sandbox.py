"""A place to try statements in: what exists is there, and nothing that is done there lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ksql.engine import Engine, Session
from ksql.engine.catalog.catalog import SPACES
from ksql.log import MemoryLog


@contextmanager
def sandbox(session: Session) -> Iterator[Session]:
    """A session like `session` on an engine with the same definitions and topics, but without a record; no query runs."""
    real = session.engine
    log = MemoryLog()
    with log.change() as change:
        for name, config in real.log.topics().items():
            change.create_topic(name, config)
        for space in SPACES:
            for key, value in real.log.scan(space).items():
                change.put(space, key, value)
    engine = Engine(log, config=real.config, clock=real.clock, sql=real.sql)
    try:
        trial = engine.session(variables=session.variables)
        trial.properties = dict(session.properties)
        yield trial
    finally:
        engine.close()
