"""Comparison and logic: two-valued where NULL is involved, as ksqlDB has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.coercion import coerce_all
from ksql.engine.expressions.compiler import Compiler, rule
from ksql.engine.expressions.instants import as_instant
from ksql.engine.expressions.typed import Typed
from ksql.engine.sql.binding import bind_once
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
    return _two_valued([left, right], lambda a, b: f"({a} {operator} {b})")


@rule(exp.NullSafeEQ, exp.NullSafeNEQ)
def distinct_from(compiler: Compiler, node: exp.Expression) -> Typed:
    negation = "NOT " if isinstance(node, exp.NullSafeEQ) else ""
    operands = _comparable(compiler, [node.this, node.expression])
    return _failing_with(operands, lambda a, b: f"({a} IS {negation}DISTINCT FROM {b})")


@rule(exp.Is)
def is_null(compiler: Compiler, node: exp.Expression) -> Typed:
    value = compiler.compile(node.this)
    negated = isinstance(node.expression, exp.Not)
    if not negated and not isinstance(node.expression, exp.Null):
        fail(node, "IS compares with NULL only", hint="write = for any other value.")
    if value.nullable and value.fails:
        answer = "TRUE" if negated else "FALSE"
        return Typed(f"(CASE WHEN {value.sql} IS NOT NULL THEN {answer} END)", BOOLEAN, fails=True, raises=value.raises)
    return Typed(f"({value.sql} IS {'NOT ' * negated}NULL)", BOOLEAN, nullable=False, raises=value.raises)


@rule(exp.Between)
def between(compiler: Compiler, node: exp.Expression) -> Typed:
    operands = _comparable(compiler, [node.this, node.args["low"], node.args["high"]])
    # Outside of one bound a value is outside, even if the other bound is NULL.
    strict = not any(bound.nullable for bound in operands[1:])
    return _two_valued(operands, lambda value, low, high: f"({value} BETWEEN {low} AND {high})", strict=strict)


@rule(exp.In)
def in_list(compiler: Compiler, node: exp.Expression) -> Typed:
    """NULL elements never match and have no effect."""
    if node.args.get("query") or not node.expressions:
        fail(node, "IN needs a list of values here", hint="a subquery works in a pull query only.")
    value, *elements = _comparable(compiler, [node.this, *node.expressions])
    candidates = [e for e in elements if e.type is not None and e.sql != f"NULL::{e.type.duckdb}"]
    if not candidates or value.type is None:
        return _failing_with([value], lambda _: "FALSE")
    if not any(c.nullable for c in candidates) and (value.fails or not value.nullable):
        sql = bind_once([value.sql, *(c.sql for c in candidates)], lambda a, *b: f"({a} IN ({', '.join(b)}))")
        return _boolean(sql, [value, *candidates], nullable=value.nullable)
    return _failing_with([value, *candidates], lambda a, *b: f"COALESCE({a} IN ({', '.join(b)}), FALSE)")


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
    quoted = escape.replace("'", "''")
    sql = f"({value.sql} LIKE {pattern.sql} ESCAPE '{quoted}')"
    if node.expression.is_string and not _is_cut_off(node.expression.this, escape):
        return Typed(sql, BOOLEAN, nullable=value.nullable, raises=value.raises)
    return Typed(compiler.attempt(sql), BOOLEAN)


def _is_cut_off(pattern: str, escape: str) -> bool:
    """Whether the last character of `pattern` says that another one follows; such a pattern raises."""
    return pattern.replace(escape * 2, "").endswith(escape)


@rule(exp.Not)
def negation(compiler: Compiler, node: exp.Expression) -> Typed:
    value = compiler.compile_as(node.this, BOOLEAN, "the operand of NOT")
    return Typed(f"(NOT {value.sql})", BOOLEAN, nullable=value.nullable, fails=True, raises=value.raises)


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


def _two_valued(operands: Sequence[Typed], build: Callable[..., str], *, strict: bool = True) -> Typed:
    """A comparison of `operands`: where one is NULL it is false, or fails if that one failed; the first NULL decides.

    strict: SQL's own comparison is NULL wherever an operand is.
    """
    given = [operand.sql for operand in operands]
    nullable = [operand for operand in operands if operand.nullable]
    if not any(operand.fails for operand in nullable):
        sql = build(*given)
        return _boolean(f"COALESCE({sql}, FALSE)" if nullable else sql, operands, nullable=False)
    if strict and all(operand.fails for operand in nullable):
        return _boolean(build(*given), operands, nullable=True)

    def by_first(*values: str) -> str:
        known = [(v, "NULL" if o.fails else "FALSE") for v, o in zip(values, operands, strict=True) if o.nullable]
        nulls = " ".join(f"WHEN {value} IS NULL THEN {result}" for value, result in known)
        return f"(CASE {nulls} ELSE {build(*values)} END)"

    return _boolean(bind_once(given, by_first), operands, nullable=True)


def _failing_with(operands: Sequence[Typed], build: Callable[..., str]) -> Typed:
    """What `build` makes of `operands`, which is never NULL, unless one of them failed."""
    given = [operand.sql for operand in operands]
    if not any(operand.nullable and operand.fails for operand in operands):
        return _boolean(bind_once(given, build), operands, nullable=False)

    def checked(*values: str) -> str:
        failed = [f"{v} IS NULL" for v, o in zip(values, operands, strict=True) if o.nullable and o.fails]
        return f"(CASE WHEN {' OR '.join(failed)} THEN NULL ELSE {build(*values)} END)"

    return _boolean(bind_once(given, checked), operands, nullable=True)


def _boolean(sql: str, operands: Sequence[Typed], *, nullable: bool) -> Typed:
    """A condition that fails where it is NULL."""
    return Typed(sql, BOOLEAN, nullable=nullable, fails=nullable, raises=any(operand.raises for operand in operands))
