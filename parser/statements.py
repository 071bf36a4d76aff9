"""Statements by their leading words. Adding one is a function and a line in `STATEMENTS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.clauses import read_existence, read_properties
from ksql.parser.expressions import read_expression
from ksql.parser.foreign import refuse_foreign_query, refuse_foreign_statement
from ksql.parser.query import CLAUSES, read_duration, read_query
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.types import read_column, read_type

Reader = Callable[[TokenStream], exp.Expression]


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


def _create(s: TokenStream) -> exp.Expression:
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
    elements = s.in_parentheses(lambda: s.list_of(lambda: read_column(s))) if s.token.is_operator("(") else None
    properties = read_properties(s)
    common = {"this": name, "properties": properties, "or_replace": or_replace, "if_not_exists": if_not_exists}
    if source and elements is None and s.token.is_word("AS"):
        s.fail("a SOURCE has no query: it only reads a topic", hint=f"CREATE {kind} … AS SELECT …, without SOURCE.")
    if elements is None and s.accept("AS"):
        class_ = nodes.CreateStreamAs if kind == "STREAM" else nodes.CreateTableAs
        return class_(**common, query=read_query(s))
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


def _drop(s: TokenStream) -> exp.Expression:
    s.next()
    kind = s.expect_any("STREAM", "TABLE", "TYPE", "CONNECTOR")
    if_exists = read_existence(s)
    name = s.name("a name")
    if kind == "TYPE":
        return nodes.DropType(this=name, if_exists=if_exists)
    if kind == "CONNECTOR":
        return nodes.DropConnector(this=name, if_exists=if_exists)
    class_ = nodes.DropStream if kind == "STREAM" else nodes.DropTable
    return class_(this=name, if_exists=if_exists, delete_topic=s.accept("DELETE", "TOPIC"))


def _alter(s: TokenStream) -> exp.Expression:
    s.next()
    kind = s.expect_any("STREAM", "TABLE", "SYSTEM")
    if kind == "SYSTEM":
        return nodes.AlterSystem(**_assignment(s))

    def read_added() -> nodes.ColumnDef:
        s.expect("ADD")
        s.accept("COLUMN")
        token = s.token
        return s.mark(nodes.ColumnDef(this=s.name("a column name"), type=read_type(s)), token)

    class_ = nodes.AlterStream if kind == "STREAM" else nodes.AlterTable
    return class_(this=s.name(f"a {kind.lower()} name"), columns=s.list_of(read_added))


def _assignment(s: TokenStream) -> dict[str, exp.Expression]:
    name = exp.Literal.string(s.string("a property name"))
    s.expect_operator("=")
    return {"this": name, "value": exp.Literal.string(s.string("a value"))}


def _insert(s: TokenStream) -> exp.Expression:
    s.next()
    s.expect("INTO")
    name = s.name("a stream or table")
    columns = None
    if s.token.is_operator("("):
        columns = s.in_parentheses(lambda: s.list_of(lambda: s.name("a column name")))
    if columns is not None or s.token.is_word("VALUES"):
        s.expect("VALUES")
        return nodes.InsertValues(this=name, columns=columns, values=_values(s))
    properties = read_properties(s)
    if not s.token.is_word("SELECT"):
        s.fail_expecting(["VALUES", "SELECT"])
    return nodes.InsertInto(this=name, properties=properties, query=read_query(s))


def _values(s: TokenStream) -> list[exp.Expression]:
    values = s.in_parentheses(lambda: s.list_of(lambda: read_expression(s)))
    if s.token.is_operator(","):
        s.fail("one statement inserts one row", hint="write one INSERT for each row.")
    return values


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


def _print(s: TokenStream) -> exp.Expression:
    s.next()
    token = s.token
    name = exp.Identifier(this=s.next().value, quoted=True) if token.kind is Kind.STRING else s.name("a topic")
    if not name.args.get("quoted"):
        # Topic names keep the case they are written in.
        name = s.mark(exp.Identifier(this=token.text, quoted=False), token)
    node = nodes.Print(this=name)
    if s.accept("FROM"):
        s.expect("BEGINNING")
        node.set("from_beginning", True)
    if s.accept_any("INTERVAL", "SAMPLE"):
        node.set("interval", s.integer("an interval"))
    if s.accept("LIMIT"):
        node.set("limit", s.integer("LIMIT"))
    return node


def _of_query(class_: type[exp.Expression]) -> Reader:
    def read(s: TokenStream) -> exp.Expression:
        s.next()
        return class_(all=True) if s.accept("ALL") else class_(this=s.name("a query id"))

    return read


def _set(s: TokenStream) -> exp.Expression:
    s.next()
    return nodes.Set(**_assignment(s))


def _unset(s: TokenStream) -> exp.Expression:
    s.next()
    return nodes.Unset(this=exp.Literal.string(s.string("a property name")))


def _define(s: TokenStream) -> exp.Expression:
    s.next()
    name = _variable(s)
    s.expect_operator("=")
    return nodes.Define(this=name, value=exp.Literal.string(s.string("a value")))


def _undefine(s: TokenStream) -> exp.Expression:
    s.next()
    return nodes.Undefine(this=_variable(s))


def _variable(s: TokenStream) -> exp.Identifier:
    """A variable's name; case counts."""
    token = s.token
    s.name("a variable name")
    text = token.value if token.kind is Kind.QUOTED else token.text
    return s.mark(exp.Identifier(this=text, quoted=token.kind is Kind.QUOTED), token)


def _assert(s: TokenStream) -> exp.Expression:
    s.next()
    not_exists = s.accept("NOT", "EXISTS")
    kind = (
        s.expect_any("TOPIC", "SCHEMA") if not_exists else s.expect_any("TOPIC", "SCHEMA", "VALUES", "NULL", "STREAM", "TABLE")
    )
    if kind == "TOPIC":
        node = nodes.AssertTopic(this=_topic(s), not_exists=not_exists, properties=read_properties(s))
        return _with_timeout(s, node)
    if kind == "SCHEMA":
        return _assert_schema(s, not_exists=not_exists)
    if kind in ("VALUES", "NULL"):
        return _assert_values(s, null=kind == "NULL")
    class_ = nodes.AssertStream if kind == "STREAM" else nodes.AssertTable
    name = s.name(f"a {kind.lower()} name")
    elements = s.in_parentheses(lambda: s.list_of(lambda: read_column(s))) if s.token.is_operator("(") else None
    return class_(this=name, elements=elements, properties=read_properties(s))


def _topic(s: TokenStream) -> exp.Identifier:
    token = s.token
    if token.kind is Kind.STRING:
        return s.mark(exp.Identifier(this=s.next().value, quoted=True), token)
    s.name("a topic")
    text = token.value if token.kind is Kind.QUOTED else token.text
    return s.mark(exp.Identifier(this=text, quoted=token.kind is Kind.QUOTED), token)


def _assert_schema(s: TokenStream, *, not_exists: bool) -> exp.Expression:
    node = nodes.AssertSchema(not_exists=not_exists)
    if s.accept("SUBJECT"):
        node.set("subject", exp.Literal.string(s.string("a subject")) if s.token.kind is Kind.STRING else _topic(s))
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
    columns = None
    if s.token.is_operator("("):
        columns = s.in_parentheses(lambda: s.list_of(lambda: s.name("a column name")))
    s.expect("KEY" if null else "VALUES")
    class_ = nodes.AssertNullValues if null else nodes.AssertValues
    return class_(this=name, columns=columns, values=s.in_parentheses(lambda: s.list_of(lambda: read_expression(s))))


def _run(s: TokenStream) -> exp.Expression:
    s.next()
    s.expect("SCRIPT")
    return nodes.RunScript(this=exp.Literal.string(s.string("a path")))


def _show(s: TokenStream) -> exp.Expression:
    from ksql.parser.show import read_show

    return read_show(s)


def _describe(s: TokenStream) -> exp.Expression:
    from ksql.parser.show import read_describe

    return read_describe(s)


STATEMENTS: dict[str, Reader] = {
    "SELECT": read_query,
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "INSERT": _insert,
    "SHOW": _show,
    "LIST": _show,
    "DESCRIBE": _describe,
    "EXPLAIN": _explain,
    "PRINT": _print,
    "TERMINATE": _of_query(nodes.Terminate),
    "PAUSE": _of_query(nodes.Pause),
    "RESUME": _of_query(nodes.Resume),
    "SET": _set,
    "UNSET": _unset,
    "DEFINE": _define,
    "UNDEFINE": _undefine,
    "ASSERT": _assert,
    "RUN": _run,
}
