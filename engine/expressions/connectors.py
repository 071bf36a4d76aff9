"""AND and OR: the first operand that is not TRUE (of OR: not FALSE) decides, and one that is NULL fails the whole.

ksqlDB does not look at the operands behind, so neither must we where they may raise. A chain of any length is one level of
nesting, and holds every operand once, or twice where it is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from ksql.engine.expressions.compiler import Compiler, rule
from ksql.engine.expressions.typed import Typed
from ksql.engine.sql.binding import is_long
from ksql.engine.types.sql_types import BOOLEAN

#: Twice so much text takes DuckDB no longer than COALESCE.
_SHORT = 400


@rule(exp.And, exp.Or)
def connector(compiler: Compiler, node: exp.Expression) -> Typed:
    word = "AND" if isinstance(node, exp.And) else "OR"
    operands = [compiler.compile_as(operand, BOOLEAN, f"an operand of {word}") for operand in _operands(node)]
    conditions = list(_joined(word, operands))
    raises = any(condition.raises for condition in conditions)
    if len(conditions) == 1:
        return conditions[0]
    nullable = any(condition.nullable for condition in conditions)
    return Typed(_decided(word, conditions), BOOLEAN, nullable=nullable, fails=nullable, raises=raises)


def _operands(node: exp.Expression) -> Iterable[exp.Expression]:
    """The operands of a chain in their order, those in parentheses of its own kind too."""
    waiting = [node]
    while waiting:
        operand = waiting.pop()
        inner = operand.unnest()
        if type(inner) is type(node):
            waiting += [inner.expression, inner.this]
        else:
            yield operand


def _joined(word: str, operands: Sequence[Typed]) -> Iterable[Typed]:
    """Neighbours for which DuckDB's own logic will do, as one condition: none fails, and none behind the first raises."""
    groups: list[list[Typed]] = []
    for operand in operands:
        if groups and not (operand.nullable or operand.raises or groups[-1][0].nullable):
            groups[-1].append(operand)
        else:
            groups.append([operand])
    for first, *others in groups:
        if others:
            sql = f" {word} ".join([first.sql, *(other.sql for other in others)])
            yield Typed(f"({sql})", BOOLEAN, nullable=False, raises=first.raises)
        else:
            yield first


def _decided(word: str, conditions: Sequence[Typed]) -> str:
    """Short conditions, which may be written twice, by the branches of a CASE; all from the first long one on by COALESCE."""
    short = next((i for i, c in enumerate(conditions[:-1]) if c.nullable and is_long(c.sql, _SHORT)), len(conditions) - 1)
    *_, last = conditions
    rest = last.sql if short == len(conditions) - 1 else _by_first(word, conditions[short:])
    if short == 0:
        return rest
    decided = "WHEN NOT {0} THEN FALSE" if word == "AND" else "WHEN {0} THEN TRUE"
    whens = [("WHEN {0} IS NULL THEN NULL " if c.nullable else "") + decided for c in conditions[:short]]
    branches = " ".join(when.format(c.sql) for when, c in zip(whens, conditions, strict=False))
    return f"(CASE {branches} ELSE {rest} END)"


def _by_first(word: str, conditions: Sequence[Typed]) -> str:
    """Every operand once: COALESCE takes the first of OR that is not FALSE, with FALSE and NULL having changed places."""
    if word == "AND":
        negated = [Typed(f"(NOT {c.sql})", BOOLEAN, nullable=c.nullable) for c in conditions]
        return f"(NOT {_by_first('OR', negated)})"
    return swapped(f"COALESCE({', '.join(swapped(c.sql) if c.nullable else _or_null(c.sql) for c in conditions)})")


def swapped(sql: str, true: str = "TRUE", null: str = "FALSE") -> str:
    """`true` where a condition is TRUE, `null` where it is NULL, and NULL where it is FALSE."""
    return f"[{true}, {null}][COALESCE(CAST({sql} AS TINYINT), 2)]"


def _or_null(sql: str) -> str:
    return f"CASE WHEN {sql} THEN TRUE END"
