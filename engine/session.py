"""A session: the statements of one user, with their properties and variables. Nothing here is global."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from ksql.engine.core import EngineCore
from ksql.engine.errors import NotSupportedError, StatementError, located
from ksql.engine.results import Result
from ksql.engine.session_state import SessionState
from ksql.engine.settings import VARIABLES, is_on
from ksql.engine.statements import load_executors
from ksql.engine.statements.insert_values import insert_all
from ksql.engine.statements.parameters import bind, share_out
from ksql.engine.statements.registry import EXECUTORS, Request
from ksql.errors import KsqlError
from ksql.parser import ParsedStatement, Piece, parse_one, split, substitute


class Session(SessionState):
    """Executes text."""

    def __init__(self, engine: EngineCore, properties: Mapping[str, str], variables: Mapping[str, str]) -> None:
        super().__init__(engine, dict(properties), dict(variables))
        load_executors()

    def execute(self, text: str, *, parameters: Sequence[Any] = ()) -> Iterator[Result]:
        """Carry out the statements of `text`, one for each step of the iterator.

        parameters: values of Python for the `?` in it. Raises KsqlError at the statement that fails; those before it stay done.
        """
        pieces = split(text)
        for piece, values in zip(pieces, share_out(pieces, parameters), strict=True):
            yield self._execute_one(piece, values, None)

    def run(self, piece: Piece, *, note: tuple[str, str] | None = None) -> Result:
        """Carry out one statement of a script. Raises KsqlError.

        note: space and key of an entry of the log's metadata, written in the transaction of the statement if it has one.
        """
        share_out([piece], ())
        return self._execute_one(piece, (), note)

    def parse(self, piece: Piece, values: Sequence[Any] = ()) -> ParsedStatement:
        """The statement as it stands now, with its variables replaced, and `values` for its `?`. Raises KsqlError."""
        text = piece.text
        if is_on(self.properties, VARIABLES):
            text = substitute(text, self.variables, line=piece.line, column=piece.column)
        if values:
            text = bind(text, values, self.engine.sources)
        return parse_one(text, line=piece.line, column=piece.column)

    def insert_all(self, texts: Iterable[str]) -> tuple[int, KsqlError | None]:
        """Carry out INSERT … VALUES statements in one commit: how many, and the error of the first that failed, if one did.

        Variables are not replaced. Raises LogError, and then none is done.
        """
        return insert_all(self, texts)

    def _execute_one(self, piece: Piece, values: Sequence[Any], note: tuple[str, str] | None) -> Result:
        text = piece.text
        try:
            statement = self.parse(piece, values)
            text = statement.text
            return self._carry_out(Request(self, statement.node, text.strip(), note))
        except StatementError as error:
            error.written_in(text, piece.line, piece.column)
            raise
        except RecursionError:
            hint = "several queries, one after the other, can do in steps what is too much for one."
            message = "this has too many operators, or they are nested too deeply"
            raise StatementError(message, hint=hint, line=piece.line, column=piece.column) from None

    def _carry_out(self, request: Request) -> Result:
        entry = EXECUTORS.get(type(request.node))
        try:
            if entry is None:
                raise NotSupportedError(f"{' '.join(request.text.split()[:2]).upper()} is not supported yet")
            with self.engine.statements_lock if entry.alone else nullcontext():
                return entry.execute(request)
        except StatementError as error:
            located(error, request.node)
            raise
