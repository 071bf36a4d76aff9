"""Statements by their leading words. Adding one is a function and a line in `STATEMENTS`."""

from __future__ import annotations

from typing import NoReturn

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.control import read_define, read_of_query, read_print, read_run, read_set, read_undefine, read_unset
from ksql.parser.ddl import read_alter, read_create, read_drop
from ksql.parser.foreign import refuse_foreign_query, refuse_foreign_statement
from ksql.parser.inserts import read_assert, read_insert
from ksql.parser.query import CLAUSES, read_lone_query
from ksql.parser.show import read_describe, read_show
from ksql.parser.stream import Reader, TokenStream
from ksql.parser.tokens import Kind


def read_statement(s: TokenStream) -> exp.Expression:
    """One statement, up to its end."""
    token = s.token
    reader = STATEMENTS.get(token.value) if token.kind is Kind.WORD else None
    if reader is None:
        refuse_foreign_statement(s)
        s.fail(
            f"no statement begins with {s.found()}", hint=s.meant(STATEMENTS) or f"statements: {', '.join(sorted(STATEMENTS))}"
        )
    node = s.mark(reader(s), token)
    ended = s.accept_operator(";") or s.token.kind is Kind.END
    if s.token.kind is not Kind.END:
        _fail_to_end(s, ended=bool(ended))
    return node


def _fail_to_end(s: TokenStream, *, ended: bool) -> NoReturn:
    """Refuse what comes behind a whole statement."""
    if ended:
        s.fail("one statement is expected here, and another begins", hint="parse() reads a script.")
    refuse_foreign_query(s)
    hint = "statements are separated by ;"
    if s.token.is_word(*(word.split()[0] for word in CLAUSES)):
        hint = f"clauses have an order: {', '.join(CLAUSES)}."
    s.fail(f"the statement should end here, found {s.found()}", hint=s.meant(CLAUSES) or hint)


def _explain(s: TokenStream) -> exp.Expression:
    s.next()
    token = s.token
    if (
        token.kind is Kind.WORD
        and token.value in STATEMENTS
        and s.peek().kind is not Kind.END
        and not s.peek().is_operator(";")
    ):
        return nodes.Explain(this=s.mark(STATEMENTS[token.value](s), token))
    return nodes.Explain(this=s.name("a statement or query id"))


STATEMENTS: dict[str, Reader] = {
    "SELECT": read_lone_query,
    "WITH": read_lone_query,
    "CREATE": read_create,
    "DROP": read_drop,
    "ALTER": read_alter,
    "INSERT": read_insert,
    "SHOW": read_show,
    "LIST": read_show,
    "DESCRIBE": read_describe,
    "EXPLAIN": _explain,
    "PRINT": read_print,
    "TERMINATE": read_of_query(nodes.Terminate),
    "PAUSE": read_of_query(nodes.Pause),
    "RESUME": read_of_query(nodes.Resume),
    "SET": read_set,
    "UNSET": read_unset,
    "DEFINE": read_define,
    "UNDEFINE": read_undefine,
    "ASSERT": read_assert,
    "RUN": read_run,
}
