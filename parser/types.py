"""Types and declared columns."""

from __future__ import annotations

from ksql.parser import nodes
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.words import FOREIGN_TYPES


def read_type(stream: TokenStream) -> nodes.TypeRef:
    """A type, with `ARRAY` suffixes."""
    type_ = _read_base(stream)
    while stream.token.is_word("ARRAY"):
        type_ = stream.mark(nodes.TypeRef(this="ARRAY", items=[type_]), stream.next())
    return type_


def _read_base(stream: TokenStream) -> nodes.TypeRef:
    token = stream.token
    if token.kind is Kind.WORD and token.value in ("ARRAY", "MAP", "STRUCT") and stream.peek().is_operator("<", "<>"):
        stream.next()
        return stream.mark(_read_nested(stream, token.value), token)
    name = stream.name("a type")
    type_ = nodes.TypeRef(this=name.this)
    if stream.token.is_operator("("):
        parameters = stream.in_parentheses(lambda: stream.list_of(lambda: stream.integer("a type parameter")))
        # The length of a text is read and means nothing.
        if name.this in ("DECIMAL",):
            type_.set("parameters", parameters)
        elif name.this not in ("VARCHAR", "STRING"):
            instead = FOREIGN_TYPES.get(name.this.upper())
            hint = f"write {instead}." if instead else "leave out what stands in parentheses."
            stream.fail(f"{name.this} takes no parameters", token=token, hint=hint)
    return stream.mark(type_, token)


def _read_nested(stream: TokenStream, name: str) -> nodes.TypeRef:
    if name == "STRUCT":
        if stream.accept_operator("<>"):
            return nodes.TypeRef(this="STRUCT", fields=[])
        stream.expect_operator("<")
        fields = stream.list_of(lambda: _read_field(stream)) if not stream.token.is_operator(">") else []
        stream.expect_operator(">")
        return nodes.TypeRef(this="STRUCT", fields=fields)
    stream.expect_operator("<")
    items = [read_type(stream)]
    if name == "MAP":
        stream.expect_operator(",")
        items.append(read_type(stream))
    stream.expect_operator(">")
    return nodes.TypeRef(this=name, items=items)


def _read_field(stream: TokenStream) -> nodes.ColumnDef:
    token = stream.token
    return stream.mark(nodes.ColumnDef(this=stream.name("a field name"), type=read_type(stream)), token)


def read_column(stream: TokenStream) -> nodes.ColumnDef:
    """A declared column: name, type, and KEY, PRIMARY KEY, HEADERS or HEADER('key')."""
    token = stream.token
    column = nodes.ColumnDef(this=stream.name("a column name"), type=read_type(stream))
    if stream.accept("PRIMARY"):
        stream.expect("KEY")
        column.set("constraint", "PRIMARY KEY")
    elif stream.accept("KEY"):
        column.set("constraint", "KEY")
    elif stream.accept("HEADERS"):
        column.set("constraint", "HEADERS")
    elif stream.accept("HEADER"):
        column.set("constraint", "HEADER")
        column.set("header_key", stream.in_parentheses(lambda: stream.string("a header key")))
    elif stream.token.kind is Kind.WORD:
        stream.fail_expecting(["PRIMARY KEY", "KEY", "HEADERS", "HEADER('…')", "a comma", "')'"])
    return stream.mark(column, token)
