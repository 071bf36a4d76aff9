"""What runs, prints and sets things: PRINT, TERMINATE, SET, DEFINE, RUN SCRIPT and their like."""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.clauses import read_assignment
from ksql.parser.stream import Reader, TokenStream


def read_print(s: TokenStream) -> exp.Expression:
    s.next()
    node = nodes.Print(this=s.cased_name("a topic"))
    if s.accept("FROM"):
        s.expect("BEGINNING")
        node.set("from_beginning", True)
    if s.accept_any("INTERVAL", "SAMPLE"):
        node.set("interval", s.integer("an interval"))
    if s.accept("LIMIT"):
        node.set("limit", s.integer("LIMIT"))
    return node


def read_of_query(class_: type[exp.Expression]) -> Reader:
    """The reader of a statement about one query, or ALL."""

    def read(s: TokenStream) -> exp.Expression:
        s.next()
        return class_(all=True) if s.accept("ALL") else class_(this=s.name("a query id"))

    return read


def read_set(s: TokenStream) -> exp.Expression:
    s.next()
    return nodes.Set(**read_assignment(s))


def read_unset(s: TokenStream) -> exp.Expression:
    s.next()
    return nodes.Unset(this=s.literal("a property name"))


def read_define(s: TokenStream) -> exp.Expression:
    s.next()
    name = s.cased_name("a variable name", string=False)
    s.expect_operator("=")
    return nodes.Define(this=name, value=s.literal("a value"))


def read_undefine(s: TokenStream) -> exp.Expression:
    s.next()
    return nodes.Undefine(this=s.cased_name("a variable name", string=False))


def read_run(s: TokenStream) -> exp.Expression:
    s.next()
    s.expect("SCRIPT")
    return nodes.RunScript(this=s.literal("a path"))
