"""INSERT, and the assertions of test scripts and migrations."""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.clauses import read_elements, read_names, read_properties
from ksql.parser.expressions import read_expression
from ksql.parser.query import read_query
from ksql.parser.stream import TokenStream
from ksql.parser.times import read_duration


def read_insert(s: TokenStream) -> exp.Expression:
    s.next()
    s.expect("INTO")
    name = s.name("a stream or table")
    columns = read_names(s)
    if columns is not None or s.token.is_word("VALUES"):
        s.expect("VALUES")
        return nodes.InsertValues(this=name, columns=columns, values=_values(s))
    # WITH may also begin the query.
    properties = read_properties(s) if s.peek().is_operator("(") else None
    if s.token.is_word("AS"):
        s.fail("INSERT INTO has no AS", hint="leave it out: INSERT INTO … SELECT …;")
    if not s.token.is_word("SELECT", "WITH"):
        s.fail_expecting(["VALUES", "SELECT"])
    return nodes.InsertInto(this=name, properties=properties, query=read_query(s))


def _values(s: TokenStream) -> list[exp.Expression]:
    values = s.in_parentheses(lambda: s.list_of(lambda: read_expression(s)))
    if s.token.is_operator(","):
        s.fail("one statement inserts one row", hint="write one INSERT for each row.")
    return values


def read_assert(s: TokenStream) -> exp.Expression:
    s.next()
    not_exists = s.accept("NOT", "EXISTS")
    kind = (
        s.expect_any("TOPIC", "SCHEMA") if not_exists else s.expect_any("TOPIC", "SCHEMA", "VALUES", "NULL", "STREAM", "TABLE")
    )
    if kind == "TOPIC":
        node = nodes.AssertTopic(this=s.cased_name("a topic"), not_exists=not_exists, properties=read_properties(s))
        return _with_timeout(s, node)
    if kind == "SCHEMA":
        return _assert_schema(s, not_exists=not_exists)
    if kind in ("VALUES", "NULL"):
        return _assert_values(s, null=kind == "NULL")
    class_ = nodes.AssertStream if kind == "STREAM" else nodes.AssertTable
    name = s.name(f"a {kind.lower()} name")
    return class_(this=name, elements=read_elements(s), properties=read_properties(s))


def _assert_schema(s: TokenStream, *, not_exists: bool) -> exp.Expression:
    node = nodes.AssertSchema(not_exists=not_exists)
    if s.accept("SUBJECT"):
        node.set("subject", s.cased_name("a subject"))
    if s.accept("ID"):
        node.set("id", s.integer("a schema id"))
    if not node.args.get("subject") and node.args.get("id") is None:
        s.fail_expecting(["SUBJECT", "ID"])
    return _with_timeout(s, node)


def _with_timeout(s: TokenStream, node: exp.Expression) -> exp.Expression:
    if s.accept("TIMEOUT"):
        node.set("timeout", read_duration(s))
    return node


def _assert_values(s: TokenStream, *, null: bool) -> exp.Expression:
    if null:
        s.expect("VALUES")
    name = s.name("a stream or table")
    columns = read_names(s)
    s.expect("KEY" if null else "VALUES")
    class_ = nodes.AssertNullValues if null else nodes.AssertValues
    return class_(this=name, columns=columns, values=s.in_parentheses(lambda: s.list_of(lambda: read_expression(s))))
