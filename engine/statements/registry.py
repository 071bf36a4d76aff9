"""Which function carries out which statement. Adding a statement is one function with `@executes(Node)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from ksql.engine.catalog.definitions import QueryInfo, Source
from ksql.engine.core import EngineCore
from ksql.engine.errors import StatementError, did_you_mean, fail, located
from ksql.engine.results import Result
from ksql.engine.session_state import SessionState
from ksql.log.contract import MetadataTransaction, Transaction


@dataclass(frozen=True, slots=True)
class Request:
    """One statement to carry out: its node and text, in the session that gave it."""

    session: SessionState
    node: Any
    text: str
    #: An entry (space, key) of the log's metadata that says the statement was carried out.
    note: tuple[str, str] | None = None

    def change(self) -> MetadataTransaction:
        """Begin the statement's one transaction, which writes the note, too."""
        change = self.engine.log.change()
        if self.note is not None:
            change.put(*self.note, b"")
        return change

    def transaction(self) -> Transaction:
        """The same, for a statement that only writes records."""
        return self.engine.log.transaction() if self.note is None else self.change()

    @property
    def engine(self) -> EngineCore:
        return self.session.engine

    def source(self, name: exp.Expression) -> Source:
        """The stream or table that `name`, a part of the statement, names. Raises StatementError pointing at it."""
        try:
            return self.engine.catalog.source(name.name)
        except StatementError as error:
            raise located(error, name) from None

    def query(self, name: exp.Expression) -> QueryInfo:
        """The persistent query that `name` names, whatever its case. Raises StatementError pointing at it."""
        queries = self.engine.catalog.queries
        by_upper = {query_id.upper(): info for query_id, info in queries.items()}
        info = queries.get(name.name) or by_upper.get(name.name.upper())
        if info is None:
            hint = did_you_mean(name.name, queries) or "SHOW QUERIES; lists what runs."
            fail(name, f"there is no query {name.name}", hint=hint)
        return info


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
