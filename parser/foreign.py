"""SQL that other databases have and the dialect lacks: what to say when it comes."""

from __future__ import annotations

from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind

PULL_ONLY = "is for pull queries only"

#: Pull queries may have these, as DuckDB's SQL; queries that never end may not. First word → (what it is, hint).
_QUERY = {
    "DISTINCT": ("DISTINCT", "GROUP BY gives each group once."),
    "ORDER": ("ORDER BY", "a query that never ends has no order but that of arrival."),
    "UNION": ("UNION without ALL", "UNION ALL keeps every row; GROUP BY gives each group once."),
    "EXCEPT": ("EXCEPT", "a LEFT JOIN and a test for NULL find what is missing."),
    "INTERSECT": ("INTERSECT", "an inner JOIN finds what both have."),
    "CROSS": ("CROSS JOIN", "a join needs ON a.x = b.x."),
    "USING": ("USING", "a join needs ON a.x = b.x."),
    "OVER": ("OVER (…)", "WINDOW … and GROUP BY aggregate over time."),
    "OFFSET": ("OFFSET", ""),
}
_STATEMENT = {
    "DESC": ("no statement begins with DESC", "write DESCRIBE name;"),
    "UPDATE": ("there is no UPDATE", "INSERT INTO a table replaces the row of the same key."),
    "DELETE": ("there is no DELETE", "a record with a key and no value deletes a row of a table."),
    "MERGE": ("there is no MERGE", "INSERT INTO a table replaces the row of the same key."),
    "TRUNCATE": ("there is no TRUNCATE", "DROP … DELETE TOPIC; and CREATE it again."),
    "USE": ("there are no databases to choose from", "SHOW STREAMS; and SHOW TABLES; list what exists."),
    "BEGIN": ("there are no transactions over statements", "each statement takes effect as a whole."),
    "COMMIT": ("there are no transactions over statements", "each statement takes effect as a whole."),
}


def refuse_foreign_query(s: TokenStream) -> None:
    """Refuse the present token by its name when it begins something that only other databases' queries have."""
    token = s.token
    before = s.tokens[max(s.at - 1, 0)]
    if token.is_operator("(") and before.is_word("OVER", "USING"):
        # No reserved words: they were read as an alias.
        token = before
    if token.kind is Kind.WORD and token.value in _QUERY:
        what, hint = _QUERY[token.value]
        s.fail(f"{what} {PULL_ONLY}", hint=hint, token=token)


def refuse_subquery(s: TokenStream) -> None:
    """Refuse the present token, a parenthesis or SELECT, if a query begins with it."""
    if s.token.is_operator("(") or s.token.is_word("SELECT"):
        s.fail(
            f"a query inside an expression {PULL_ONLY}",
            hint="a query may stand in FROM: JOIN (SELECT …) AS name ON a.x = name.x.",
        )


def refuse_more_selects(s: TokenStream) -> None:
    """Refuse the present token if it is no SELECT, but another form of a query that a database takes behind UNION ALL."""
    if s.token.is_operator("(") or s.token.is_word("WITH", "FROM", "VALUES"):
        s.fail("a SELECT is expected behind UNION ALL", hint="a query in parentheses may stand in FROM; WITH comes first.")


def refuse_comma_join(s: TokenStream) -> None:
    """Refuse the present token if it is the comma between two sources."""
    if s.token.is_operator(","):
        s.fail(f"a join by comma {PULL_ONLY}", hint="write FROM a JOIN b ON a.x = b.x.")


def refuse_foreign_statement(s: TokenStream) -> None:
    """Refuse the present token by its name when it begins a statement that only other databases have."""
    token = s.token
    if token.is_word("FROM", "VALUES"):
        s.fail(f"a query without SELECT {PULL_ONLY}", hint="write SELECT … FROM …;")
    if token.is_operator("("):
        s.fail(f"a query in parentheses {PULL_ONLY}", hint="leave them out.")
    if token.kind is Kind.WORD and token.value in _STATEMENT:
        message, hint = _STATEMENT[token.value]
        s.fail(message, hint=hint)
