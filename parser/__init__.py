"""The ksql dialect: text to statements and back.

text ──split──▶ pieces ──tokens──▶ statements (nodes) ──to_sql──▶ text
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.database import read_database_query
from ksql.parser.errors import ParseError, caret
from ksql.parser.expressions import read_expression
from ksql.parser.generator import to_sql
from ksql.parser.nodes import position
from ksql.parser.script import Piece, is_complete, split
from ksql.parser.statements import read_statement
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.types import read_type
from ksql.parser.variables import substitute

__all__ = [
    "ParseError",
    "ParsedStatement",
    "Piece",
    "caret",
    "is_complete",
    "nodes",
    "parse",
    "parse_database",
    "parse_expression",
    "parse_one",
    "parse_type",
    "position",
    "split",
    "substitute",
    "to_sql",
]


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
    """The one statement of `text`, which begins at `line` of a longer script."""
    stream = TokenStream(text, line)
    try:
        node = read_statement(stream)
    except ParseError as error:
        database = read_database_query(text, stream)
        if database is None:
            raise error from None
        node = database
    return ParsedStatement(node, text, line, column)


def parse_database(text: str) -> nodes.DatabaseQuery | None:
    """`text` as a pull query in DuckDB's SQL; None when it is none."""
    return read_database_query(text, TokenStream(text))


def parse_expression(text: str) -> exp.Expression:
    """The expression `text`. Raises ParseError."""
    stream = TokenStream(text)
    node = read_expression(stream)
    if stream.token.kind is not Kind.END:
        stream.fail(f"the expression should end here, found {stream.found()}")
    return node


def parse_type(text: str) -> nodes.TypeRef:
    """The type `text`. Raises ParseError."""
    stream = TokenStream(text)
    node = read_type(stream)
    if stream.token.kind is not Kind.END:
        stream.fail(f"the type should end here, found {stream.found()}")
    return node
