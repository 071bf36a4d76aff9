"""SHOW, LIST and DESCRIBE."""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind

_SHOW: dict[str, type[exp.Expression]] = {
    "STREAMS": nodes.ShowStreams,
    "TABLES": nodes.ShowTables,
    "TOPICS": nodes.ShowTopics,
    "QUERIES": nodes.ShowQueries,
    "PROPERTIES": nodes.ShowProperties,
    "FUNCTIONS": nodes.ShowFunctions,
    "TYPES": nodes.ShowTypes,
    "VARIABLES": nodes.ShowVariables,
    "CONNECTORS": nodes.ShowConnectors,
}
_EXTENDABLE = ("STREAMS", "TABLES", "TOPICS", "QUERIES")


def read_show(s: TokenStream) -> exp.Expression:
    s.next()
    if s.accept("ALL"):
        s.expect("TOPICS")
        return nodes.ShowTopics(all=True, extended=s.accept("EXTENDED"))
    if s.token.is_word("SOURCE", "SINK") and s.peek().is_word("CONNECTORS"):
        kind = s.next().value
        s.next()
        return nodes.ShowConnectors(kind=kind)
    if s.accept("CONNECTOR"):
        s.expect("PLUGINS")
        return nodes.ShowConnectorPlugins()
    what = s.expect_any(*_SHOW)
    node = _SHOW[what]()
    if what in _EXTENDABLE and s.accept("EXTENDED"):
        node.set("extended", True)
    return node


def read_describe(s: TokenStream) -> exp.Expression:
    s.next()
    if (
        s.token.is_word("FUNCTION", "CONNECTOR")
        and s.peek().kind in (Kind.WORD, Kind.QUOTED)
        and not s.peek().is_word("EXTENDED")
    ):
        class_ = nodes.DescribeFunction if s.next().value == "FUNCTION" else nodes.DescribeConnector
        return class_(this=s.name("a name"))
    # TABLES is a valid name elsewhere; unquoted it means all tables here.
    everything = s.accept_any("STREAMS", "TABLES")
    extended = False
    if everything:
        extended = s.accept("EXTENDED")
        return nodes.DescribeStreams(extended=extended) if everything == "STREAMS" else nodes.DescribeTables(extended=extended)
    name = s.name("a stream or table")
    return nodes.Describe(this=name, extended=s.accept("EXTENDED"))
