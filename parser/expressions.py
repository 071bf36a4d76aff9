"""Expressions, by precedence: OR, AND, NOT, comparison, ||, +, *, unary, access to parts, values."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ksql.parser import nodes
from ksql.parser.foreign import refuse_subquery
from ksql.parser.stream import TokenStream
from ksql.parser.tokens import Kind, Token
from ksql.parser.types import read_type
from ksql.parser.words import UNITS

#: Binding strength, weakest first.
_OR, _AND, _NOT, _COMPARISON, _CONCATENATION, _SUM, _PRODUCT = range(7)

_OPERATORS: dict[str, tuple[int, type[exp.Expression]]] = {
    "OR": (_OR, exp.Or),
    "AND": (_AND, exp.And),
    "=": (_COMPARISON, exp.EQ),
    "<>": (_COMPARISON, exp.NEQ),
    "!=": (_COMPARISON, exp.NEQ),
    "<": (_COMPARISON, exp.LT),
    "<=": (_COMPARISON, exp.LTE),
    ">": (_COMPARISON, exp.GT),
    ">=": (_COMPARISON, exp.GTE),
    "||": (_CONCATENATION, exp.DPipe),
    "+": (_SUM, exp.Add),
    "-": (_SUM, exp.Sub),
    "*": (_PRODUCT, exp.Mul),
    "/": (_PRODUCT, exp.Div),
    "%": (_PRODUCT, exp.Mod),
}
_NONE: tuple[int, type[exp.Expression] | None] = (_OR, None)
#: What a comparison or test makes: one value takes one of them.
_TESTED = (*(class_ for level, class_ in _OPERATORS.values() if level == _COMPARISON), exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ)
_TESTED += (exp.Between, exp.In, exp.Like, exp.Escape, exp.Not)


def read_expression(s: TokenStream, level: int = _OR) -> exp.Expression:
    """An expression whose operators bind at least as strongly as `level`; operators of one level group from the left."""
    left = _read_operand(s, level)
    while True:
        token = s.token
        binds, class_ = _OPERATORS.get(token.value, _NONE) if token.kind in (Kind.OPERATOR, Kind.WORD) else _NONE
        if class_ is not None and binds >= level:
            _refuse_chain(s, left, binds)
            s.next()
            left = s.mark(class_(this=left, expression=read_expression(s, binds + 1)), token)
        elif level <= _COMPARISON and _begins_test(s):
            _refuse_chain(s, left, _COMPARISON)
            left = _read_test(s, left)
        else:
            return left


def _refuse_chain(s: TokenStream, left: exp.Expression, binds: int) -> None:
    if binds == _COMPARISON and isinstance(left, _TESTED):
        s.fail("comparisons do not chain", hint="join them by AND, or put one in parentheses.")


def _read_operand(s: TokenStream, level: int) -> exp.Expression:
    """A value with what stands before it (NOT, signs) and behind it ([index], ->field)."""
    token = s.token
    if level <= _NOT and token.is_word("NOT"):
        s.next()
        return s.mark(exp.Not(this=read_expression(s, _NOT)), token)
    if s.accept_operator("-"):
        return s.mark(exp.Neg(this=_read_operand(s, _PRODUCT)), token)
    if s.accept_operator("+"):
        return _read_operand(s, _PRODUCT)
    value = _read_parts(s, _read_value(s))
    if s.token.is_word("AT") and s.peek().is_word("TIME"):
        s.fail("AT TIME ZONE is not supported", hint="CONVERT_TZ(timestamp, from, to) shifts a timestamp between zones.")
    return value


def _begins_test(s: TokenStream) -> bool:
    following = s.peek() if s.token.is_word("NOT") else s.token
    return s.token.is_word("IS") or following.is_word("IN", "BETWEEN", "LIKE")


def _read_test(s: TokenStream, left: exp.Expression) -> exp.Expression:
    """IS …, or [NOT] and IN, BETWEEN or LIKE."""
    token = s.token
    if token.is_word("IS"):
        return _read_is(s, left)
    negated = s.accept("NOT")
    test = _read_membership(s, left)
    return s.mark(exp.Not(this=test), token) if negated else test


def _read_is(s: TokenStream, left: exp.Expression) -> exp.Expression:
    token = s.next()
    negated = s.accept("NOT")
    if s.accept("NULL"):
        node: exp.Expression = exp.Is(this=left, expression=exp.Not(this=exp.Null()) if negated else exp.Null())
    elif s.accept("DISTINCT"):
        s.expect("FROM")
        class_ = exp.NullSafeEQ if negated else exp.NullSafeNEQ
        node = class_(this=left, expression=read_expression(s, _CONCATENATION))
    else:
        s.fail_expecting(["NULL", "DISTINCT FROM"] if negated else ["NULL", "NOT NULL", "DISTINCT FROM"])
    return s.mark(node, token)


def _read_membership(s: TokenStream, left: exp.Expression) -> exp.Expression:
    token = s.next()
    if token.value == "BETWEEN":
        low = read_expression(s, _CONCATENATION)
        s.expect("AND")
        return s.mark(exp.Between(this=left, low=low, high=read_expression(s, _CONCATENATION)), token)
    if token.value == "IN":
        return s.mark(exp.In(this=left, expressions=s.in_parentheses(lambda: s.list_of(lambda: read_expression(s)))), token)
    like = s.mark(exp.Like(this=left, expression=read_expression(s, _CONCATENATION)), token)
    if s.accept("ESCAPE"):
        return s.mark(exp.Escape(this=like, expression=s.literal("an escape character")), token)
    return like


def _read_parts(s: TokenStream, value: exp.Expression) -> exp.Expression:
    """What follows a value: [index], ->field."""
    while True:
        token = s.token
        if s.accept_operator("["):
            value = s.mark(exp.Bracket(this=value, expressions=[read_expression(s)]), token)
            s.expect_operator("]")
        elif token.is_operator("->") and not s.peek().is_operator("*"):
            s.next()
            value = s.mark(nodes.StructDeref(this=value, field=s.name("a field name")), token)
        else:
            return value


def _read_value(s: TokenStream) -> exp.Expression:
    token = s.token
    if token.kind is Kind.STRING:
        return s.literal("a string")
    if token.kind is Kind.NUMBER:
        return s.mark(exp.Literal.number(s.next().text), token)
    if token.is_operator("("):
        return _read_parentheses(s)
    if token.kind is Kind.WORD and token.value in _SPECIAL:
        special = _SPECIAL[token.value](s, token)
        if special is not None:
            return s.mark(special, token)
    if token.is_word("SELECT"):
        refuse_subquery(s)
    if token.kind in (Kind.WORD, Kind.QUOTED):
        return _read_name(s)
    doubled = token.is_operator("=") and s.at > 0 and s.tokens[s.at - 1].is_operator("=")
    s.fail(f"expected an expression, found {s.found()}", hint="equality is written with one =." if doubled else "")


def _read_parentheses(s: TokenStream) -> exp.Expression:
    token = s.next()
    items = s.list_of(lambda: read_expression(s))
    s.expect_operator(")")
    return s.mark(exp.Paren(this=items[0]) if len(items) == 1 else exp.Tuple(expressions=items), token)


def _read_name(s: TokenStream) -> exp.Expression:
    """A column, perhaps qualified, or a function call."""
    token = s.token
    if s.peek().is_operator("(") and (token.kind is Kind.QUOTED or token.value not in ("IN", "AND", "OR", "NOT")):
        return _read_call(s)
    name = s.name("an expression")
    column = exp.Column(this=name)
    if s.token.is_operator(".") and not s.peek().is_operator("*"):
        s.next()
        column = exp.Column(this=s.name("a column name"), table=name)
    return s.mark(column, token)


def _read_call(s: TokenStream) -> nodes.FunctionCall:
    token = s.next()
    s.expect_operator("(")
    call = s.mark(nodes.FunctionCall(this=token.value), token)
    if s.token.is_operator("*") and s.peek().is_operator(")"):
        s.next()
        call.set("star", True)
    elif not s.token.is_operator(")"):
        if s.accept("DISTINCT"):
            call.set("distinct", True)
        call.set("expressions", s.list_of(lambda: _read_argument(s)))
    s.expect_operator(")")
    return call


def _read_argument(s: TokenStream) -> exp.Expression:
    """An expression, a lambda, or a bare unit of time: only the function knows whether it takes one, or the column DAY."""
    token = s.token
    if token.kind is Kind.WORD and s.peek().is_operator(",", ")"):
        if token.value in UNITS:
            s.next()
            return s.mark(nodes.IntervalUnit(this=token.value), token)
        if token.value in ("MONTHS", "YEARS"):
            s.fail(f"{token.value} is no unit of an interval", hint="the longest is DAYS.")
    parameters = _lambda_parameters(s)
    if parameters is None:
        return read_expression(s)
    return s.mark(nodes.Lambda(parameters=parameters, this=read_expression(s)), token)


def _lambda_parameters(s: TokenStream) -> list[str] | None:
    """The names before `=>`, if that is what comes; reads them and the arrow."""
    at = s.at
    if s.token.kind in (Kind.WORD, Kind.QUOTED) and s.peek().is_operator("=>"):
        names = [s.name("a lambda parameter").name]
    elif s.token.is_operator("(") and _arrow_behind_parenthesis(s):
        names = s.in_parentheses(lambda: s.list_of(lambda: s.name("a lambda parameter").name))
    else:
        return None
    if not s.accept_operator("=>"):
        s.at = at
        return None
    return names


def _arrow_behind_parenthesis(s: TokenStream) -> bool:
    ahead = 1
    while s.peek(ahead).kind in (Kind.WORD, Kind.QUOTED) or s.peek(ahead).is_operator(","):
        ahead += 1
    return s.peek(ahead).is_operator(")") and s.peek(ahead + 1).is_operator("=>")


def _read_case(s: TokenStream, token: Token) -> exp.Expression:
    s.next()
    operand = None if s.token.is_word("WHEN") else read_expression(s)
    branches = []
    while s.accept("WHEN"):
        condition = read_expression(s)
        s.expect("THEN")
        branches.append(exp.If(this=condition, true=read_expression(s)))
    if not branches:
        s.fail_expecting(["WHEN"])
    default = read_expression(s) if s.accept("ELSE") else None
    s.expect("END")
    return exp.Case(this=operand, ifs=branches, default=default)


def _read_cast(s: TokenStream, token: Token) -> exp.Expression:
    s.next()
    s.expect_operator("(")
    value = read_expression(s)
    s.expect("AS")
    cast = exp.Cast(this=value, to=read_type(s))
    s.expect_operator(")")
    return cast


def _read_array(s: TokenStream, token: Token) -> exp.Expression | None:
    if not s.peek().is_operator("["):
        return None
    s.next()
    s.next()
    items = [] if s.token.is_operator("]") else s.list_of(lambda: read_expression(s))
    s.expect_operator("]")
    return exp.Array(expressions=items)


def _read_map(s: TokenStream, token: Token) -> exp.Expression | None:
    if not s.peek().is_operator("("):
        return None
    s.next()
    s.expect_operator("(")
    pairs = [] if s.token.is_operator(")") else s.list_of(lambda: _read_pair(s, lambda: read_expression(s)))
    s.expect_operator(")")
    return nodes.MapConstructor(keys=[k for k, _ in pairs], values=[v for _, v in pairs])


def _read_struct(s: TokenStream, token: Token) -> exp.Expression | None:
    if not s.peek().is_operator("("):
        return None
    s.next()
    s.expect_operator("(")
    pairs = [] if s.token.is_operator(")") else s.list_of(lambda: _read_pair(s, lambda: s.name("a field name")))
    s.expect_operator(")")
    return nodes.StructConstructor(names=[k for k, _ in pairs], values=[v for _, v in pairs])


def _read_pair(s: TokenStream, key: Callable[[], exp.Expression]) -> tuple[exp.Expression, exp.Expression]:
    name = key()
    s.expect_operator(":=")
    return name, read_expression(s)


def _read_constant(s: TokenStream, token: Token) -> exp.Expression:
    s.next()
    return exp.Null() if token.value == "NULL" else exp.Boolean(this=token.value == "TRUE")


def _read_decimal(s: TokenStream, token: Token) -> exp.Expression | None:
    if s.peek().kind is not Kind.STRING:
        return None
    s.next()
    return nodes.TypedLiteral(this=s.next().value, type_name="DECIMAL")


_SPECIAL: dict[str, Callable[[TokenStream, Token], exp.Expression | None]] = {
    "CASE": _read_case,
    "CAST": _read_cast,
    "ARRAY": _read_array,
    "MAP": _read_map,
    "STRUCT": _read_struct,
    "NULL": _read_constant,
    "TRUE": _read_constant,
    "FALSE": _read_constant,
    "DECIMAL": _read_decimal,
}
