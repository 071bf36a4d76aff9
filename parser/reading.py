"""Text to nodes: scripts, statements, expressions, types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.database import read_database_query, read_instead
from ksql.parser.errors import ParseError
from ksql.parser.expressions import read_expression
from ksql.parser.script import split
from ksql.parser.statements import read_statement
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.types import read_type

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    """A statement, its text, and where it begins in the script (from 1)."""

    node: exp.Expression
    text: str
    line: int
    column: int


def parse(text: str) -> list[ParsedStatement]:
    """All statements of a script. Raises ParseError at the first that is none; places count within the whole script."""
    return [parse_one(piece.text, line=piece.line, column=piece.column) for piece in split(text)]


def parse_one(text: str, *, line: int = 1, column: int = 1) -> ParsedStatement:
    """The one statement of `text`, which begins at `line` and `column` of a longer script. Raises ParseError."""
    stream = TokenStream(text, line, column)
    try:
        node = _shallow(read_statement, stream)
    except ParseError as error:
        node = _shallow(partial(read_instead, refused=error), stream)
    return ParsedStatement(node, text, line, column)


def parse_database(text: str, *, line: int = 1, column: int = 1) -> nodes.DatabaseQuery | None:
    """`text`, which begins at `line` and `column` of a script, as a pull query in DuckDB's SQL; None when it is none."""
    return read_database_query(TokenStream(text, line, column))


def parse_expression(text: str) -> exp.Expression:
    """The expression `text`. Raises ParseError."""
    return _whole(text, read_expression, "the expression")


def parse_type(text: str) -> nodes.TypeRef:
    """The type `text`. Raises ParseError."""
    return _whole(text, read_type, "the type")


def _whole(text: str, read: Callable[[TokenStream], T], what: str) -> T:
    stream = TokenStream(text)
    result = _shallow(read, stream)
    if stream.token.kind is not Kind.END:
        stream.fail(f"{what} should end here, found {stream.found()}")
    return result


def _shallow(read: Callable[[TokenStream], T], stream: TokenStream) -> T:
    """`read`, which calls itself for each level of nesting: too many are an error like any other."""
    try:
        return read(stream)
    except RecursionError:
        pass
    stream.fail("this is nested too deeply")
