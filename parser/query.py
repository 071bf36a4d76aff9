"""WITH … SELECT … FROM … JOIN … WINDOW … WHERE … GROUP BY … PARTITION BY … HAVING … UNION ALL … EMIT … LIMIT."""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.expressions import read_expression
from ksql.parser.foreign import refuse_comma_join, refuse_foreign_query, refuse_more_selects
from ksql.parser.stream import TokenStream
from ksql.parser.times import read_window, read_within
from ksql.parser.tokens import Kind
from ksql.parser.words import RESERVED

#: The clauses in their order.
CLAUSES = ("FROM", "JOIN", "WITHIN", "ON", "WINDOW", "WHERE", "GROUP BY", "PARTITION BY", "HAVING", "EMIT", "LIMIT")


def read_query(s: TokenStream) -> nodes.Query:
    """A query of the dialect, which may be a pull query too."""
    token = s.token
    with_ = _read_with(s)
    query = _read_select(s)
    selects = [query]
    while s.accept("UNION", "ALL"):
        refuse_more_selects(s)
        selects.append(_read_select(s))
    if len(selects) > 1:
        query = nodes.UnionAll(expressions=selects)
    query.set("with_", with_)
    if s.accept("EMIT"):
        query.set("emit", s.expect_any("CHANGES", "FINAL"))
    if s.accept("LIMIT"):
        query.set("limit", exp.Limit(expression=exp.Literal.number(s.integer("LIMIT"))))
    return s.mark(query, token)


def read_lone_query(s: TokenStream) -> nodes.Query:
    """A query that is a statement. One of more than the dialect's SELECT is ours only with EMIT; else it is DuckDB's."""
    token = s.token
    query = read_query(s)
    is_more = isinstance(query, nodes.UnionAll) or query.args.get("with_") or query.find(exp.Subquery)
    refuse_foreign_query(s)
    if is_more and not query.args.get("emit"):
        s.fail("this pull query cannot be read as DuckDB's SQL", hint="a query that never ends has EMIT CHANGES.", token=token)
    return query


def _read_with(s: TokenStream) -> exp.With | None:
    token = s.token
    if not s.accept("WITH"):
        return None
    return s.mark(exp.With(expressions=s.list_of(lambda: _read_common(s))), token)


def _read_common(s: TokenStream) -> exp.CTE:
    token = s.token
    name = s.name("a name for a query")
    if s.token.kind is Kind.WORD and name.name == "RECURSIVE":
        s.fail("a query cannot read itself: there is no WITH RECURSIVE", hint="leave RECURSIVE out.", token=token)
    if s.token.is_operator("("):
        s.fail(f"the columns of {name.name} have their names in its SELECT list", hint="AS gives a column a name.")
    s.expect("AS")
    query = _read_inner(s)
    return s.mark(exp.CTE(this=query, alias=exp.TableAlias(this=name)), token)


def _read_inner(s: TokenStream) -> nodes.Query:
    """A query in parentheses."""
    s.expect_operator("(")
    query = read_query(s)
    refuse_foreign_query(s)
    s.expect_operator(")")
    return query


def _read_select(s: TokenStream) -> nodes.Query:
    token = s.token
    s.expect("SELECT")
    if s.token.is_word("DISTINCT"):
        refuse_foreign_query(s)
    query = nodes.Query(expressions=s.list_of(lambda: _read_item(s)))
    refuse_foreign_query(s)
    s.expect("FROM")
    query.set("from_", exp.From(this=_read_source(s)))
    joins = []
    while (join := _read_join(s)) is not None:
        joins.append(join)
    refuse_comma_join(s)
    if joins:
        query.set("joins", joins)
    _read_clauses(s, query)
    return s.mark(query, token)


def _read_clauses(s: TokenStream, query: nodes.Query) -> None:
    if s.accept("WINDOW"):
        query.set("time_window", read_window(s))
    if s.accept("WHERE"):
        query.set("where", exp.Where(this=read_expression(s)))
    if s.accept("GROUP"):
        s.expect("BY")
        query.set("group", exp.Group(expressions=s.list_of(lambda: read_expression(s))))
    if s.accept("PARTITION"):
        s.expect("BY")
        query.set("partition_by", s.list_of(lambda: read_expression(s)))
    if s.accept("HAVING"):
        query.set("having", exp.Having(this=read_expression(s)))


def _read_item(s: TokenStream) -> exp.Expression:
    """`*`, `a.*`, `a->*`, or an expression with an alias."""
    token = s.token
    if s.accept_operator("*"):
        return s.mark(exp.Star(), token)
    if token.kind in (Kind.WORD, Kind.QUOTED) and s.peek().is_operator(".") and s.peek(2).is_operator("*"):
        name = s.name("a source name")
        s.next()
        s.next()
        return s.mark(exp.Column(this=exp.Star(), table=name), token)
    value = read_expression(s)
    if s.token.is_operator("->") and s.peek().is_operator("*"):
        s.next()
        s.next()
        return s.mark(nodes.StructAll(this=value), token)
    alias = _read_alias(s)
    return value if alias is None else s.mark(exp.Alias(this=value, alias=alias), token)


#: Words that begin the next clause, so they are no alias unless AS says so.
_CLAUSES = ("PARTITION", "EMIT", "GRACE")


def _read_alias(s: TokenStream) -> exp.Identifier | None:
    if s.accept("AS"):
        return s.name("an alias")
    token = s.token
    if token.kind is Kind.QUOTED or (token.kind is Kind.WORD and token.value not in RESERVED and token.value not in _CLAUSES):
        return s.name("an alias")
    return None


def _read_source(s: TokenStream) -> exp.Table | exp.Subquery:
    """A stream or table, or a query in parentheses."""
    token = s.token
    inner = _read_inner(s) if token.is_operator("(") else None
    source = exp.Table(this=s.name("a stream or table")) if inner is None else exp.Subquery(this=inner)
    alias = _read_alias(s)
    if alias is not None:
        source.set("alias", exp.TableAlias(this=alias))
    return s.mark(source, token)


def _read_join(s: TokenStream) -> nodes.StreamJoin | None:
    token = s.token
    if s.accept("JOIN"):
        side = ""
    elif s.accept("INNER"):
        side = ""
        s.expect("JOIN")
    elif token.is_word("LEFT", "RIGHT", "FULL"):
        side = s.next().value
        s.accept("OUTER")
        s.expect("JOIN")
    else:
        return None
    join = nodes.StreamJoin(this=_read_source(s), side=side or None)
    if s.accept("WITHIN"):
        join.set("within", read_within(s))
    refuse_foreign_query(s)
    s.expect("ON")
    join.set("on", read_expression(s))
    return s.mark(join, token)
