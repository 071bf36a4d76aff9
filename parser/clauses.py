"""Clauses that several statements share."""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.types import read_column


def read_existence(s: TokenStream, *words: str) -> bool:
    """IF EXISTS, or IF NOT EXISTS when `words` says NOT."""
    # IF may also be the name itself.
    if not s.token.is_word("IF") or s.peek().kind is not Kind.WORD or s.peek().is_word("AS", "WITH", "DELETE"):
        return False
    s.next()
    s.expect(*words, "EXISTS")
    return True


def read_elements(s: TokenStream) -> list[nodes.ColumnDef] | None:
    """Declared columns in parentheses, if they come."""
    return s.in_parentheses(lambda: s.list_of(lambda: read_column(s))) if s.token.is_operator("(") else None


def read_names(s: TokenStream) -> list[exp.Identifier] | None:
    """Names of columns in parentheses, if they come."""
    return s.in_parentheses(lambda: s.list_of(lambda: s.name("a column name"))) if s.token.is_operator("(") else None


def read_assignment(s: TokenStream) -> dict[str, exp.Expression]:
    """'name' = 'value', as the arguments this and value."""
    name = s.literal("a property name")
    s.expect_operator("=")
    return {"this": name, "value": s.literal("a value")}


def read_properties(s: TokenStream) -> nodes.WithProperties | None:
    """WITH (name = literal, …)."""
    token = s.token
    if not s.accept("WITH"):
        return None
    pairs = s.in_parentheses(lambda: [] if s.token.is_operator(")") else s.list_of(lambda: _read_property(s)))
    return s.mark(nodes.WithProperties(expressions=pairs), token)


def _read_property(s: TokenStream) -> exp.Expression:
    token = s.token
    if token.kind not in (Kind.WORD, Kind.STRING, Kind.QUOTED):
        s.fail(f"expected a property name, found {s.found()}")
    s.next()
    # Reserved words are fine here: a property is no name of anything. One of a session's may have dots.
    parts = [token.value]
    while token.kind is Kind.WORD and s.accept_operator("."):
        parts.append(s.next().value)
    name = s.mark(exp.Identifier(this=".".join(parts), quoted=token.kind is not Kind.WORD or len(parts) > 1), token)
    s.expect_operator("=")
    return s.mark(exp.PropertyEQ(this=name, expression=_read_literal(s)), token)


def _read_literal(s: TokenStream) -> exp.Expression:
    token = s.token
    if token.kind is Kind.STRING:
        return s.literal("a value")
    sign = "-" if s.accept_operator("-") else ""
    if s.token.kind is Kind.NUMBER:
        # Not Literal.number, which makes a Neg of a negative number.
        return s.mark(exp.Literal(this=sign + s.next().text, is_string=False), token)
    if s.token.is_word("TRUE", "FALSE"):
        return s.mark(exp.Var(this=s.next().value), token)
    s.fail(f"expected a value, found {s.found()}", hint="text goes into single quotes.")
