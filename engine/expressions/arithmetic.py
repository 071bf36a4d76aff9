"""Arithmetic with Java's results: integers wrap, division truncates, DOUBLE follows IEEE 754, DECIMAL is exact."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.compiler import Compiler, refuse_depth, rule
from ksql.engine.expressions.typed import Typed
from ksql.engine.expressions.values import integer_literal
from ksql.engine.types.casts import arithmetic_type, implicit_cast
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, STRING, Decimal, SqlType

_OPERATORS: dict[type[exp.Expression], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
#: A longer run of operators is folded: the time DuckDB takes to bind a tree grows with the square of its height.
_LONG_RUN = 32
#: So many operators of a chain may stand unfolded.
_LONG_CHAIN = 200
#: Parameters of a fold: no name of a query can be one of them.
_SO_FAR, _NEXT = '"$x"', '"$y"'


@rule(*_OPERATORS)
def binary(compiler: Compiler, node: exp.Expression) -> Typed:
    """A chain of operators, however long; it leans to the left."""
    links: list[exp.Expression] = []
    while type(node) in _OPERATORS:
        links.append(node)
        node = node.this
    links.reverse()
    value = compiler.compile(node)
    operands = [compiler.compile(link.expression) for link in links]
    at = unfolded = 0
    while at < len(links):
        count = _run(value, links[at:], operands[at:]) if len(links) > _LONG_RUN else 0
        if count > _LONG_RUN:
            value = _folded(compiler, value, links[at : at + count], operands[at : at + count])
        else:
            count = 1
            unfolded += 1
            value = _applied(compiler, links[at], value, operands[at])
        at += count
        if unfolded > _LONG_CHAIN:
            refuse_depth(links[at - 1])
    return value


def _applied(compiler: Compiler, node: exp.Expression, left: Typed, right: Typed) -> Typed:
    operator = _OPERATORS[type(node)]
    result = _result(node, left, right)
    raises = left.raises or right.raises
    if result == STRING:
        return Typed(f"({left.sql} || {right.sql})", STRING, raises=raises)
    sql = _checked(compiler, _apply(compiler, operator, left, right, result), [left, right], result)
    return Typed(sql, result, fails=True, raises=raises or result != DOUBLE)


def _result(node: exp.Expression, left: Typed, right: Typed) -> SqlType:
    operator = _OPERATORS[type(node)]
    if left.type is None or right.type is None:
        fail(node, f"{operator} cannot be applied to a bare NULL", hint="CAST(NULL AS …) gives the NULL a type.")
    result = arithmetic_type(operator, left.type, right.type)
    if result is None:
        fail(node, f"{operator} cannot be applied to {left.type} and {right.type}")
    return result


def _checked(compiler: Compiler, sql: str, operands: Sequence[Typed], result: SqlType) -> str:
    """Outside of lambdas a NULL operand just makes the result NULL; in one it must raise, to make the whole call fail."""
    if not compiler.scope.parameters or not any(operand.nullable for operand in operands):
        return sql
    return f"COALESCE({sql}, 'a NULL operand'::{result.duckdb})"


# Long chains


def _run(value: Typed, links: Sequence[exp.Expression], operands: Sequence[Typed]) -> int:
    """How many of the first links may be folded: one operator (+ and - are one), and the type of the value stays."""
    kinds = [(exp.Add, exp.Sub)] if type(links[0]) in (exp.Add, exp.Sub) else [(type(links[0]),)]
    if value.type is None or (isinstance(value.type, Decimal) and exp.Add not in kinds[0]):
        return 0
    count = 0
    for link, operand in zip(links, operands, strict=True):
        if type(link) not in kinds[0] or operand.type is None:
            break
        if arithmetic_type(_OPERATORS[type(link)], value.type, operand.type) != value.type:
            break
        count += 1
    return count


def _folded(compiler: Compiler, value: Typed, links: Sequence[exp.Expression], operands: Sequence[Typed]) -> Typed:
    """The chain over a list of its operands, from the left to the right like the chain itself."""
    result, raises = value.type, any(operand.raises for operand in (value, *operands))
    assert result is not None
    if result == STRING:
        return Typed(_halved([value.sql, *(operand.sql for operand in operands)]), STRING, raises=raises)
    items = [value.sql]
    for link, operand in zip(links, operands, strict=True):
        item = Typed(_as(operand, result), result)
        items.append(_negated(compiler, item) if isinstance(link, exp.Sub) else item.sql)
    operator = "+" if isinstance(links[0], exp.Sub) else _OPERATORS[type(links[0])]
    step = _apply(compiler, operator, Typed(_SO_FAR, result), Typed(_NEXT, result), result)
    step = _checked(compiler, step, [value, *operands], result)
    sql = f"list_reduce([{', '.join(items)}], lambda {_SO_FAR}, {_NEXT}: {step})"
    return Typed(sql, result, fails=True, raises=raises or result != DOUBLE)


def _halved(texts: Sequence[str]) -> str:
    """Texts one after the other, put together as a tree of little height."""
    if len(texts) == 1:
        return texts[0]
    middle = len(texts) // 2
    return f"({_halved(texts[:middle])} || {_halved(texts[middle:])})"


# Signs and single operations


@rule(exp.Neg)
def negative(compiler: Compiler, node: exp.Expression) -> Typed:
    if isinstance(node.this, exp.Literal) and node.this.this.isdigit() and not node.this.is_string:
        return integer_literal(node.this, -int(node.this.this))
    value = compiler.compile(node.this)
    if value.type not in (INTEGER, BIGINT, DOUBLE) and not isinstance(value.type, Decimal):
        fail(node, f"- cannot be applied to {value.type or 'NULL'}")
    raises = value.raises or value.type in (INTEGER, BIGINT)
    sql = _negated(compiler, value)
    return Typed(sql, value.type, nullable=value.nullable, literal=value.literal, fails=True, raises=raises)


def _negated(compiler: Compiler, value: Typed) -> str:
    if compiler.safe and value.type is not None and value.type in _WIDER:
        return _wrapped(f"-({value.sql}::{_WIDER[value.type]})", value.type)
    return f"(-({value.sql}))"


def _apply(compiler: Compiler, operator: str, left: Typed, right: Typed, result: SqlType) -> str:
    if isinstance(result, Decimal):
        return _decimal(compiler, operator, left, right, result)
    a, b = _as(left, result), _as(right, result)
    if result == DOUBLE:
        return f"({a} {operator} {b})"
    symbol = "//" if operator == "/" else operator
    if compiler.safe:
        # The one quotient that does not fit, MIN / -1, wraps like everything else.
        wide = f"({a})::{_WIDER[result]} {symbol} ({b})::{_WIDER[result]}"
        return _wrapped(_attempt(compiler, wide) if operator in "/%" else wide, result)
    sql = f"({a} {symbol} {b})"
    # DuckDB makes a > 1 of a + 1 > 2, which does not overflow: it does not look through bits.
    return f"({sql} | 0)" if operator in "+-*" and (_is_constant(a) or _is_constant(b)) else sql


def _is_constant(sql: str) -> bool:
    return '"' not in sql


def _attempt(compiler: Compiler, sql: str) -> str:
    """`sql`, made to give NULL where it raises; within a lambda it raises on, to make the whole call fail."""
    return sql if compiler.scope.parameters else compiler.attempt(sql)


#: Types that hold every sum, difference and product of two whole numbers.
_WIDER: dict[SqlType, str] = {INTEGER: "BIGINT", BIGINT: "HUGEINT"}


def _wrapped(wide_sql: str, result: SqlType) -> str:
    """The low bits of a wide result, as two's complement."""
    low, sign = (0xFFFFFFFF, 1 << 31) if result == INTEGER else (0xFFFFFFFFFFFFFFFF, 1 << 63)
    return f"(xor(({wide_sql}) & {low}, {sign}) - {sign})::{result.duckdb}"


def _decimal(compiler: Compiler, operator: str, left: Typed, right: Typed, result: Decimal) -> str:
    """Exact within 38 digits; a result that does not fit raises (NULL when safe)."""
    a, b = _decimal_operand(left), _decimal_operand(right)
    if operator in "+-":
        return _attempt(compiler, f"(({a})::{result.duckdb} {operator} ({b})::{result.duckdb})::{result.duckdb}")
    if operator == "*":
        return _attempt(compiler, f"({a} * {b})::{result.duckdb}")
    name = "ksql_decimal_divide" if operator == "/" else "ksql_decimal_modulo"
    return _attempt(compiler, f"{name}({a}::VARCHAR, {b}::VARCHAR, {result.scale})::{result.duckdb}")


def _decimal_operand(value: Typed) -> str:
    widths: dict[SqlType, Decimal] = {INTEGER: Decimal(10, 0), BIGINT: Decimal(19, 0)}
    assert value.type is not None
    target = widths.get(value.type)
    return f"({value.sql})::{target.duckdb}" if target else value.sql


def _as(value: Typed, target: SqlType) -> str:
    assert value.type is not None
    return value.sql if value.type == target else implicit_cast(value.sql, value.type, target)
