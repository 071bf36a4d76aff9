"""Arithmetic with Java's results: integers wrap, division truncates, DOUBLE follows IEEE 754, DECIMAL is exact."""

from __future__ import annotations

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.compiler import Compiler, rule
from ksql.engine.expressions.typed import Typed
from ksql.engine.expressions.values import integer_literal
from ksql.engine.types.casts import arithmetic_type, implicit_cast
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, STRING, Decimal, SqlType

_OPERATORS: dict[type[exp.Expression], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


@rule(*_OPERATORS)
def binary(compiler: Compiler, node: exp.Expression) -> Typed:
    operator = _OPERATORS[type(node)]
    left, right = compiler.compile(node.this), compiler.compile(node.expression)
    if left.type is None or right.type is None:
        fail(node, f"{operator} cannot be applied to a bare NULL", hint="CAST(NULL AS …) gives the NULL a type.")
    if operator == "+" and left.type == right.type == STRING:
        return Typed(f"({left.sql} || {right.sql})", STRING)
    result = arithmetic_type(operator, left.type, right.type)
    if result is None:
        fail(node, f"{operator} cannot be applied to {left.type} and {right.type}")
    sql = _apply(compiler, operator, left, right, result)
    if compiler.scope.parameters and (left.nullable or right.nullable):
        # Outside of lambdas a NULL operand just makes the result NULL; here it must raise, to make the whole call fail.
        sql = f"(CASE WHEN ({left.sql}) IS NULL OR ({right.sql}) IS NULL THEN 'a NULL operand'::INTEGER ELSE {sql} END)"
    return Typed(sql, result, fails=True)


@rule(exp.Neg)
def negative(compiler: Compiler, node: exp.Expression) -> Typed:
    if isinstance(node.this, exp.Literal) and node.this.this.isdigit() and not node.this.is_string:
        return integer_literal(node.this, -int(node.this.this))
    value = compiler.compile(node.this)
    if value.type not in (INTEGER, BIGINT, DOUBLE) and not isinstance(value.type, Decimal):
        fail(node, f"- cannot be applied to {value.type or 'NULL'}")
    sql = f"(-({value.sql}))"
    if compiler.safe and value.type in (INTEGER, BIGINT):
        sql = _wrapped(f"-({value.sql}::HUGEINT)", value.type)
    return Typed(sql, value.type, nullable=value.nullable, literal=value.literal, fails=True)


def _apply(compiler: Compiler, operator: str, left: Typed, right: Typed, result: SqlType) -> str:
    if isinstance(result, Decimal):
        return _decimal(compiler, operator, left, right, result)
    a, b = _as(left, result), _as(right, result)
    if result == DOUBLE:
        return f"({a} {operator} {b})"
    if operator in "/%":
        # The one quotient that does not fit, MIN / -1, wraps like everything else.
        symbol = "//" if operator == "/" else "%"
        if compiler.safe:
            return _wrapped(_attempt(compiler, f"({a})::HUGEINT {symbol} ({b})::HUGEINT"), result)
        return f"({a} {symbol} {b})"
    return _wrapped(f"({a})::HUGEINT {operator} ({b})::HUGEINT", result) if compiler.safe else f"({a} {operator} {b})"


def _attempt(compiler: Compiler, sql: str) -> str:
    """`sql`, made to give NULL where it raises; within a lambda it raises on, to make the whole call fail."""
    return sql if compiler.scope.parameters else compiler.attempt(sql)


def _wrapped(hugeint_sql: str, result: SqlType | None) -> str:
    """The low bits of a wide result, as two's complement."""
    bits = 32 if result == INTEGER else 64
    name = "INTEGER" if result == INTEGER else "BIGINT"
    half, whole = 1 << (bits - 1), 1 << bits
    return f"((((({hugeint_sql}) + {half}) % {whole} + {whole}) % {whole}) - {half})::{name}"


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
