"""CREATE, DROP, ALTER."""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.clauses import read_assignment, read_elements, read_existence, read_properties
from ksql.parser.query import read_query
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.types import read_type


def read_create(s: TokenStream) -> exp.Expression:
    s.next()
    if s.token.is_word("SOURCE", "SINK") and s.peek().is_word("CONNECTOR"):
        return _create_connector(s)
    or_replace = s.accept("OR")
    if or_replace:
        s.expect("REPLACE")
    source = s.accept("SOURCE")
    kind = s.expect_any("STREAM", "TABLE") if or_replace or source else s.expect_any("STREAM", "TABLE", "TYPE")
    if kind == "TYPE":
        if_not_exists = read_existence(s, "NOT")
        name = s.name("a type name")
        s.expect("AS")
        return nodes.CreateType(this=name, type=read_type(s), if_not_exists=if_not_exists)
    return _create_source(s, kind, or_replace=or_replace, source=source)


def _create_source(s: TokenStream, kind: str, *, or_replace: bool, source: bool) -> exp.Expression:
    if_not_exists = read_existence(s, "NOT")
    name = s.name(f"a {kind.lower()} name")
    elements = read_elements(s)
    properties = read_properties(s)
    common = {"this": name, "properties": properties, "or_replace": or_replace, "if_not_exists": if_not_exists}
    if source and elements is None and s.token.is_word("AS"):
        s.fail("a SOURCE has no query: it only reads a topic", hint=f"CREATE {kind} … AS SELECT …, without SOURCE.")
    if elements is not None and s.token.is_word("AS", "SELECT"):
        s.fail("columns are not declared where a query makes them", hint=f"CREATE {kind} … AS SELECT a AS name, …")
    if elements is None and s.accept("AS"):
        class_ = nodes.CreateStreamAs if kind == "STREAM" else nodes.CreateTableAs
        return class_(**common, query=read_query(s))
    if s.token.is_word("SELECT"):
        s.fail("expected AS before the query", hint=f"CREATE {kind} {name.name} AS SELECT …")
    plain = nodes.CreateStream if kind == "STREAM" else nodes.CreateTable
    return plain(**common, elements=elements, source=source)


def _create_connector(s: TokenStream) -> exp.Expression:
    kind = s.next().value
    s.expect("CONNECTOR")
    if_not_exists = read_existence(s, "NOT")
    name = s.name("a connector name")
    properties = read_properties(s)
    if properties is None:
        s.fail_expecting(["WITH"])
    return nodes.CreateConnector(this=name, kind=kind, properties=properties, if_not_exists=if_not_exists)


_DROPPED = ("STREAM", "TABLE", "TYPE", "CONNECTOR")


def read_drop(s: TokenStream) -> exp.Expression:
    s.next()
    if s.token.kind is not Kind.END and s.peek().is_operator(";") and not s.token.is_word(*_DROPPED):
        found = s.token.text
        s.fail(f"expected STREAM or TABLE before {found}", hint=f"DROP STREAM {found}; or DROP TABLE {found};")
    kind = s.expect_any(*_DROPPED)
    if_exists = read_existence(s)
    name = s.name("a name")
    if kind == "TYPE":
        return nodes.DropType(this=name, if_exists=if_exists)
    if kind == "CONNECTOR":
        return nodes.DropConnector(this=name, if_exists=if_exists)
    class_ = nodes.DropStream if kind == "STREAM" else nodes.DropTable
    return class_(this=name, if_exists=if_exists, delete_topic=s.accept("DELETE", "TOPIC"))


def read_alter(s: TokenStream) -> exp.Expression:
    s.next()
    kind = s.expect_any("STREAM", "TABLE", "SYSTEM")
    if kind == "SYSTEM":
        return nodes.AlterSystem(**read_assignment(s))

    def read_added() -> nodes.ColumnDef:
        s.expect("ADD")
        s.accept("COLUMN")
        token = s.token
        return s.mark(nodes.ColumnDef(this=s.name("a column name"), type=read_type(s)), token)

    class_ = nodes.AlterStream if kind == "STREAM" else nodes.AlterTable
    return class_(this=s.name(f"a {kind.lower()} name"), columns=s.list_of(read_added))
