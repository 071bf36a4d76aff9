"""Pull queries that are more than the dialect's SELECT: read by sqlglot as DuckDB's SQL."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError as DatabaseError
from sqlglot.errors import SqlglotError

from ksql.parser import nodes
from ksql.parser.errors import ParseError, shorten
from ksql.parser.foreign import PULL_ONLY
from ksql.parser.stream import TokenStream

_PUSH = ("EMIT", "WITHIN", "TUMBLING", "HOPPING")


def read_database_query(s: TokenStream) -> nodes.DatabaseQuery | None:
    """The whole text as a query in DuckDB's dialect; None when it is none, or is a push query (it says EMIT or WITHIN)."""
    try:
        return _read(s, 0)
    except SqlglotError:
        return None


def read_instead(s: TokenStream, refused: ParseError) -> exp.Expression:
    """A statement that the dialect refused, as DuckDB's, alone or behind EXPLAIN.

    Raises `refused`, or what stopped the database's grammar if that came further and we have no better idea.
    """
    explain = s.tokens[0].is_word("EXPLAIN")
    try:
        query = _read(s, 1 if explain else 0)
    except DatabaseError as error:
        further = _located(s, error)
        # That something is for pull queries only is no help, wherever both stop: this is one.
        beside_the_point = refused.message.endswith(PULL_ONLY)
        better = beside_the_point or (further.at > refused.at and not refused.hint.startswith("did you mean"))
        raise further if better else refused from None
    except SqlglotError:
        raise refused from None
    if query is None:
        raise refused from None
    return s.mark(nodes.Explain(this=query), s.tokens[0]) if explain else query


def _read(s: TokenStream, first: int) -> nodes.DatabaseQuery | None:
    """The query that begins at token number `first`. Raises SqlglotError."""
    token = s.tokens[first]
    if not (token.is_word("SELECT", "WITH", "FROM", "VALUES") or token.is_operator("(")):
        return None
    if any(token.is_word(*_PUSH) for token in s.tokens):
        return None
    text = s.text[token.start :].rstrip().rstrip(";").rstrip()
    # Line ends and blanks before it keep the places in the database's messages those of our text.
    before = "".join(c if c == "\n" else " " for c in s.text[: token.start])
    tree = sqlglot.parse_one(before + text, dialect=_grammar())
    if not isinstance(tree, exp.Query | exp.Values):
        return None
    _mark_places(s, tree)
    return s.mark(nodes.DatabaseQuery(this=tree, text=text), token)


@cache
def _grammar() -> type[Dialect]:
    """DuckDB's dialect, with names in back quotes too. Made when it is needed: loading it takes as long as all of `parser`."""
    from sqlglot.dialects.duckdb import DuckDB

    class DatabaseSql(DuckDB):
        class Tokenizer(DuckDB.Tokenizer):
            IDENTIFIERS: ClassVar = ['"', "`"]

    return DatabaseSql


def _mark_places(s: TokenStream, tree: exp.Expr) -> None:
    """Places as `TokenStream.mark` gives them: sqlglot counts from line 1 of the text and names a token's last column."""
    for node in tree.walk():
        if "start" in node.meta:
            meta = node.meta
            before = s.first_column - 1 if meta["line"] == 1 else 0
            meta["col"] += before - (meta["end"] - meta["start"])
            meta["line"] += s.first_line - 1


def _located(s: TokenStream, error: DatabaseError) -> ParseError:
    """sqlglot's error as ours: it counts lines from 1 and names the last column of a token."""
    first = error.errors[0]
    word = first.get("highlight") or ""
    lines = s.text.split("\n")
    at = sum(len(line) + 1 for line in lines[: first["line"] - 1]) + first["col"] - len(word)
    return ParseError(
        _said(first, shorten(word)),
        text=s.text,
        at=max(0, min(at, len(s.text))),
        first_line=s.first_line,
        first_column=s.first_column,
        hint="a SELECT without EMIT may use all of DuckDB's SQL.",
    )


def _said(error: dict[str, Any], word: str) -> str:
    """What is wrong at `word`, in our words; sqlglot's name classes of its own."""
    if not word:
        return "the pull query cannot be read"
    if not error["description"].startswith("Required"):
        return f"the pull query cannot go on with {word}"
    at_end = word != ")" and not error["end_context"].strip()
    return f"something is missing {'behind' if at_end else 'before'} {word}"
