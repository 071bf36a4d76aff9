"""Pull queries that are more than the dialect's SELECT: read by sqlglot as DuckDB's SQL."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ksql.parser import nodes
from ksql.parser.stream import TokenStream


def read_database_query(text: str, stream: TokenStream) -> nodes.DatabaseQuery | None:
    """A query in DuckDB's dialect; None when `text` is none, or is a query of the dialect (it says EMIT or WITHIN)."""
    first = stream.tokens[0]
    if not (first.is_word("SELECT", "WITH", "FROM", "VALUES") or first.is_operator("(")):
        return None
    if any(token.is_word("EMIT", "WITHIN", "TUMBLING", "HOPPING") for token in stream.tokens):
        return None
    try:
        tree = sqlglot.parse_one(text.rstrip().rstrip(";"), dialect="duckdb")
    except SqlglotError:
        return None
    if not isinstance(tree, exp.Query | exp.Values):
        return None
    return stream.mark(nodes.DatabaseQuery(this=tree), first)
