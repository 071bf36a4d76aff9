"""Comparison and logic: two-valued where NULL is involved, as ksqlDB has it."""

from __future__ import annotations

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.coercion import coerce_all
from ksql.engine.expressions.compiler import Compiler, rule
from ksql.engine.expressions.instants import as_instant
from ksql.engine.expressions.typed import Typed
from ksql.engine.types.casts import is_number
from ksql.engine.types.sql_types import BOOLEAN, STRING, Array, Map, Struct

_OPERATORS: dict[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}


@rule(*_OPERATORS)
def comparison(compiler: Compiler, node: exp.Expression) -> Typed:
    """A comparison with NULL is false, never unknown; one with an operand that fails, fails too."""
    operator = _OPERATORS[type(node)]
    left, right = _comparable(compiler, [node.this, node.expression])
    if operator not in ("=", "<>") and (left.type == BOOLEAN or isinstance(left.type, Array | Map | Struct)):
        fail(node, f"{left.type} values have no order, so {operator} cannot compare them")
    return _two_valued(f"({left.sql} {operator} {right.sql})", left, right)


@rule(exp.NullSafeEQ, exp.NullSafeNEQ)
def distinct_from(compiler: Compiler, node: exp.Expression) -> Typed:
    negation = "NOT " if isinstance(node, exp.NullSafeEQ) else ""
    left, right = _comparable(compiler, [node.this, node.expression])
    return _failing_with(f"({left.sql} IS {negation}DISTINCT FROM {right.sql})", left, right)


@rule(exp.Is)
def is_null(compiler: Compiler, node: exp.Expression) -> Typed:
    value = compiler.compile(node.this)
    wanted = node.expression
    if isinstance(wanted, exp.Not):
        return _failing_with(f"({value.sql} IS NOT NULL)", value)
    if not isinstance(wanted, exp.Null):
        fail(node, "IS compares with NULL only", hint="write = for any other value.")
    return _failing_with(f"({value.sql} IS NULL)", value)


@rule(exp.Between)
def between(compiler: Compiler, node: exp.Expression) -> Typed:
    value, low, high = _comparable(compiler, [node.this, node.args["low"], node.args["high"]])
    return _two_valued(f"({value.sql} BETWEEN {low.sql} AND {high.sql})", value, low, high)


@rule(exp.In)
def in_list(compiler: Compiler, node: exp.Expression) -> Typed:
    """NULL elements never match and have no effect."""
    if node.args.get("query") or not node.expressions:
        fail(node, "IN needs a list of values here", hint="a subquery works in a pull query only.")
    value, *elements = _comparable(compiler, [node.this, *node.expressions])
    candidates = [e.sql for e in elements if e.sql != f"NULL::{e.type.duckdb if e.type else ''}" and e.type is not None]
    if not candidates or value.type is None:
        return _failing_with("FALSE", value)
    return _failing_with(f"COALESCE({value.sql} IN ({', '.join(candidates)}), FALSE)", value, *elements)


@rule(exp.Like)
def like(compiler: Compiler, node: exp.Expression) -> Typed:
    return _like(compiler, node, "\\")


@rule(exp.Escape)
def like_escape(compiler: Compiler, node: exp.Expression) -> Typed:
    escape = node.expression
    if not isinstance(node.this, exp.Like) or not escape.is_string or len(escape.this) != 1:
        fail(node, "ESCAPE takes one character", hint="write LIKE 'a!%' ESCAPE '!'.")
    return _like(compiler, node.this, escape.this)


def _like(compiler: Compiler, node: exp.Expression, escape: str) -> Typed:
    value = compiler.compile_as(node.this, STRING, "the left side of LIKE")
    pattern = compiler.compile_as(node.expression, STRING, "the pattern of LIKE")
    escape = escape.replace("'", "''")
    return Typed(compiler.attempt(f"({value.sql} LIKE {pattern.sql} ESCAPE '{escape}')"), BOOLEAN)


@rule(exp.And, exp.Or)
def connector(compiler: Compiler, node: exp.Expression) -> Typed:
    """A NULL operand is an error in ksqlDB (the result is NULL), unless the left one has decided already."""
    word = "AND" if isinstance(node, exp.And) else "OR"
    left = compiler.compile_as(node.this, BOOLEAN, f"the left side of {word}")
    right = compiler.compile_as(node.expression, BOOLEAN, f"the right side of {word}")
    if not left.nullable and not right.nullable:
        return Typed(f"({left.sql} {word} {right.sql})", BOOLEAN, nullable=False)
    decided = f"NOT {left.sql} THEN FALSE" if word == "AND" else f"{left.sql} THEN TRUE"
    return Typed(f"(CASE WHEN {left.sql} IS NULL THEN NULL WHEN {decided} ELSE {right.sql} END)", BOOLEAN, fails=True)


@rule(exp.Not)
def negation(compiler: Compiler, node: exp.Expression) -> Typed:
    value = compiler.compile_as(node.this, BOOLEAN, "the operand of NOT")
    return Typed(f"(NOT {value.sql})", BOOLEAN, nullable=value.nullable, fails=True)


@rule(exp.Paren)
def parenthesised(compiler: Compiler, node: exp.Expression) -> Typed:
    return compiler.compile(node.this)


def _comparable(compiler: Compiler, nodes: list[exp.Expression]) -> list[Typed]:
    values = [compiler.compile(node) for node in nodes]
    if any(value.instant for value in values):
        values = [as_instant(node, value) for node, value in zip(nodes, values, strict=True)]
    if not isinstance(nodes[0].parent, exp.In):
        _refuse_null_and_text(nodes, values)
    return coerce_all(nodes, values, "the compared values")[0]


def _refuse_null_and_text(nodes: list[exp.Expression], values: list[Typed]) -> None:
    """A number is not compared with text, not even with text that spells a number; only lists convert that."""
    numbers = [value for value in values if value.type is not None and is_number(value.type)]
    for node, value in zip(nodes, values, strict=True):
        if value.type is None:
            fail(node, "nothing can be compared with NULL", hint="write IS NULL, or IS NOT NULL.")
        if value.type == STRING and numbers:
            fail(node, f"{numbers[0].type} cannot be compared with STRING", hint="CAST one of them.")


def _two_valued(sql: str, *operands: Typed) -> Typed:
    if not any(operand.nullable for operand in operands):
        return Typed(sql, BOOLEAN, nullable=False)
    if not any(operand.nullable and operand.fails for operand in operands):
        return Typed(f"COALESCE({sql}, FALSE)", BOOLEAN, nullable=False)
    # The first operand that is NULL decides.
    nulls = [f"WHEN {o.sql} IS NULL THEN {'NULL' if o.fails else 'FALSE'}" for o in operands if o.nullable]
    return Typed(f"(CASE {' '.join(nulls)} ELSE {sql} END)", BOOLEAN, fails=True)


def _failing_with(sql: str, *operands: Typed) -> Typed:
    """`sql`, which is never NULL, unless one of the operands failed."""
    failed = [f"{operand.sql} IS NULL" for operand in operands if operand.nullable and operand.fails]
    if not failed:
        return Typed(sql, BOOLEAN, nullable=False)
    return Typed(f"(CASE WHEN {' OR '.join(failed)} THEN NULL ELSE {sql} END)", BOOLEAN, fails=True)
