"""CASE: the first condition that is TRUE decides, and one that fails before it fails the whole."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.errors import fail
from ksql.engine.expressions.coercion import coerce_all
from ksql.engine.expressions.compiler import Compiler, refuse_depth, rule
from ksql.engine.expressions.connectors import swapped
from ksql.engine.expressions.typed import Typed
from ksql.engine.types.sql_types import BOOLEAN

#: In SQL that holds a condition twice, however long that is.
_TWICE = " IS NULL THEN (NULL) WHEN "
#: No name of a query can be this one.
_BRANCH = '"$branch"'
#: DuckDB binds what stands in a lambda twice, and in a lambda there four times.
_MOST_LAMBDAS = 6


@rule(exp.Case)
def case(compiler: Compiler, node: exp.Expression) -> Typed:
    if node.this is not None:
        fail(node, "CASE with a value after it is not supported", hint="write CASE WHEN x = 1 THEN … END.")
    branches = node.args["ifs"]
    conditions = [compiler.compile_as(branch.this, BOOLEAN, "a condition of CASE") for branch in branches]
    default = node.args.get("default")
    results = [branch.args["true"] for branch in branches] + ([default] if default is not None else [])
    values, type_ = coerce_all(results, [compiler.compile(result) for result in results], "the results of CASE")
    nested = any(_fails(condition) and _TWICE in condition.sql for condition in conditions)
    if nested and any(value.sql.count(f"lambda {_BRANCH}") >= _MOST_LAMBDAS for value in values):
        refuse_depth(node)
    sql = _by_number(conditions, values) if nested else _by_condition(conditions, values)
    return Typed(sql, type_, raises=any(part.raises for part in (*conditions, *values)))


def _fails(condition: Typed) -> bool:
    return condition.fails and condition.nullable


def _by_condition(conditions: Sequence[Typed], values: Sequence[Typed]) -> str:
    """A condition that may fail is written twice."""
    failed = [f"WHEN {c.sql}{_TWICE}" if _fails(c) else "WHEN " for c in conditions]
    whens = [f"{f}{c.sql} THEN {v.sql}" for f, c, v in zip(failed, conditions, values, strict=False)]
    return f"(CASE {' '.join(whens)}{_otherwise(conditions, values)} END)"


def _by_number(conditions: Sequence[Typed], values: Sequence[Typed]) -> str:
    """Every condition once: they give the number of the branch, 0 if one failed, and the number gives the value."""
    numbers = [
        swapped(c.sql, true=str(i), null="0") if _fails(c) else f"CASE WHEN {c.sql} THEN {i} END"
        for i, c in enumerate(conditions, 1)
    ]
    whens = [f"WHEN {_BRANCH} = {i} THEN {v.sql}" for i, (_, v) in enumerate(zip(conditions, values, strict=False), 1)]
    body = f"CASE WHEN {_BRANCH} = 0 THEN NULL {' '.join(whens)}{_otherwise(conditions, values)} END"
    return f"list_transform([COALESCE({', '.join(numbers)})], lambda {_BRANCH}: {body})[1]"


def _otherwise(conditions: Sequence[Typed], values: Sequence[Typed]) -> str:
    return f" ELSE {values[-1].sql}" if len(values) > len(conditions) else ""
