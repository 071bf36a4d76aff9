"""Clauses that several statements share."""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind


def read_existence(s: TokenStream, *words: str) -> bool:
    """IF EXISTS, or IF NOT EXISTS when `words` says NOT."""
    if not s.token.is_word("IF"):
        return False
    s.next()
    s.expect(*words, "EXISTS")
    return True


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
    # Reserved words are fine here: a property is no name of anything.
    name = exp.Identifier(this=token.value, quoted=token.kind is not Kind.WORD)
    s.expect_operator("=")
    return s.mark(exp.PropertyEQ(this=name, expression=_read_literal(s)), token)


def _read_literal(s: TokenStream) -> exp.Expression:
    token = s.token
    if token.kind is Kind.STRING:
        return exp.Literal.string(s.next().value)
    sign = "-" if s.accept_operator("-") else ""
    if s.token.kind is Kind.NUMBER:
        return exp.Literal.number(sign + s.next().text)
    if s.token.is_word("TRUE", "FALSE"):
        return exp.Var(this=s.next().value)
    s.fail(f"expected a value, found {s.found()}", hint="text goes into single quotes.")
