"""SELECT … FROM … JOIN … WINDOW … WHERE … GROUP BY … PARTITION BY … HAVING … EMIT … LIMIT."""

from __future__ import annotations

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.expressions import read_expression
from ksql.parser.foreign import refuse_comma_join, refuse_foreign_query, refuse_subquery
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind
from ksql.parser.words import RESERVED, UNITS

#: The clauses in their order.
CLAUSES = ("FROM", "JOIN", "WITHIN", "ON", "WINDOW", "WHERE", "GROUP BY", "PARTITION BY", "HAVING", "EMIT", "LIMIT")


def read_query(s: TokenStream) -> nodes.Query:
    """A query of the dialect, which may be a pull query too."""
    token = s.token
    if token.is_word("WITH"):
        refuse_foreign_query(s)
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
        query.set("time_window", _read_window(s))
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
    if s.accept("EMIT"):
        query.set("emit", s.expect_any("CHANGES", "FINAL"))
    if s.accept("LIMIT"):
        query.set("limit", exp.Limit(expression=exp.Literal.number(s.integer("LIMIT"))))


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


def _read_source(s: TokenStream) -> exp.Table:
    token = s.token
    refuse_subquery(s)
    table = exp.Table(this=s.name("a stream or table"))
    alias = _read_alias(s)
    if alias is not None:
        table.set("alias", exp.TableAlias(this=alias))
    return s.mark(table, token)


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
        join.set("within", _read_within(s))
    refuse_foreign_query(s)
    s.expect("ON")
    join.set("on", read_expression(s))
    return s.mark(join, token)


def _read_within(s: TokenStream) -> nodes.Within:
    token = s.token
    if s.accept_operator("("):
        before = read_duration(s)
        s.expect_operator(",")
        after = read_duration(s)
        s.expect_operator(")")
    else:
        before = read_duration(s)
        after = before.copy()
    return s.mark(nodes.Within(before=before, after=after, grace=_read_grace(s)), token)


def _read_grace(s: TokenStream) -> nodes.Duration | None:
    if not s.accept("GRACE"):
        return None
    s.expect("PERIOD")
    return read_duration(s)


#: Times of events plus this stay within 64 bits.
_LONGEST_MS = 10_000_000_000 * 86_400_000


def read_duration(s: TokenStream) -> nodes.Duration:
    """A whole number and a unit of time."""
    token = s.token
    amount = s.integer("a length of time")
    unit = s.token
    if unit.kind is not Kind.WORD or unit.value not in UNITS:
        s.fail_expecting(["DAYS", "HOURS", "MINUTES", "SECONDS", "MILLISECONDS"])
    duration = s.mark(nodes.Duration(this=amount, unit=UNITS[unit.value]), token)
    if duration.milliseconds > _LONGEST_MS:
        s.fail(f"{amount} {unit.text} are too long", hint="a time has an end: at most 10000000000 DAYS.", token=token)
    s.next()
    return duration


def _read_window(s: TokenStream) -> exp.Expression:
    # A name before the window is allowed and means nothing.
    if s.token.kind in (Kind.WORD, Kind.QUOTED) and not s.peek().is_operator("("):
        s.name("a window name")
    token = s.token
    kind = s.expect_any("TUMBLING", "HOPPING", "SESSION")
    s.expect_operator("(")
    if kind == "SESSION":
        window: exp.Expression = nodes.SessionWindow(gap=read_duration(s))
    else:
        s.expect("SIZE")
        size = read_duration(s)
        if kind == "TUMBLING":
            window = nodes.TumblingWindow(size=size)
        else:
            s.expect_operator(",")
            s.expect("ADVANCE", "BY")
            window = nodes.HoppingWindow(size=size, advance=read_duration(s))
    if s.token.is_operator(",") and s.peek().is_word("RETENTION"):
        s.next()
        s.next()
        window.set("retention", read_duration(s))
    if s.token.is_operator(",") and s.peek().is_word("GRACE"):
        s.next()
        window.set("grace", _read_grace(s))
        if s.token.is_operator(",") and s.peek().is_word("RETENTION"):
            s.fail("RETENTION comes too late", hint="write it before GRACE PERIOD.", token=s.peek())
    s.expect_operator(")")
    return s.mark(window, token)
