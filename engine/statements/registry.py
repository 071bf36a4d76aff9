"""Which function carries out which statement. Adding a statement is one function with `@executes(Node)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from ksql.engine.catalog.definitions import Source
from ksql.engine.core import EngineCore
from ksql.engine.errors import StatementError, located
from ksql.engine.results import Result
from ksql.engine.session_state import SessionState
from ksql.log.contract import Transaction


@dataclass(frozen=True, slots=True)
class Request:
    """One statement to carry out: its node and text, in the session that gave it."""

    session: SessionState
    node: Any
    text: str
    #: An entry (space, key) of the log's metadata that says the statement was carried out.
    note: tuple[str, str] | None = None

    def transaction(self) -> Transaction:
        """Begin the statement's one transaction, which writes the note, too."""
        transaction = self.engine.log.transaction()
        if self.note is not None:
            transaction.put(*self.note, b"")
        return transaction

    @property
    def engine(self) -> EngineCore:
        return self.session.engine

    def source(self, name: exp.Expression) -> Source:
        """The stream or table that `name`, a part of the statement, names. Raises StatementError pointing at it."""
        try:
            return self.engine.catalog.source(name.name)
        except StatementError as error:
            raise located(error, name) from None


Executor = Callable[[Request], Result]


@dataclass(frozen=True, slots=True)
class Entry:
    """An executor; `alone`: it changes definitions, so no other such statement runs beside it."""

    execute: Executor
    alone: bool


EXECUTORS: dict[type[exp.Expression], Entry] = {}


def executes(*classes: type[exp.Expression], alone: bool = False) -> Callable[[Executor], Executor]:
    """Register a function as the executor of statements of `classes`."""

    def register(function: Executor) -> Executor:
        for class_ in classes:
            EXECUTORS[class_] = Entry(function, alone)
        return function

    return register
