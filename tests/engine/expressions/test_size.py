"""A generated statement grows with the query's text, however deep or wide an expression is, and never by doubling."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.engine.errors import StatementError
from ksql.engine.expressions.typed import Name, Scope
from ksql.engine.functions import declared
from ksql.engine.operators.steps import Form, Project, Sql, compile_sql
from ksql.engine.types.sql_types import Column
from ksql.parser import nodes, parse_expression
from tests.engine.expressions.random_expressions import COLUMNS, expression

SCOPE = Scope(tuple(Name("", Column(name, type_), name) for name, type_ in COLUMNS.items()))
#: The most characters of SQL that a character of an expression may cause, and what comes on top of that.
FACTOR, BASE = 60, 3_000


def sizes(sql: Sql) -> list[int]:
    """Lengths of the statement's three forms."""
    traced = Project([("x", sql)]).sql("SELECT * FROM batch", Form(("$n",), suspects=False, safe=True, tracing=True))
    return [len(sql.plain), len(sql.safe), len(traced)]


def compiled(text: str) -> Sql:
    return compile_sql(parse_expression(text), SCOPE)


@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_any_expression(random: Random, depth: int) -> None:
    text = expression(random, depth)
    try:
        sql = compiled(text)
    except StatementError:  # a number may fit into no type
        return
    assert max(sizes(sql)) <= FACTOR * len(text) + BASE


#: What nests in itself, with what stands inmost; {0} is the place.
DEEP = [
    ("({0} AND I + 1 > 2)", "F"),
    ("(I + 1 > 2 OR ({0} AND S LIKE 'a%'))", "F"),
    ("(NOT ({0} = F))", "(I + 1 > 2)"),
    ("({0} = (L * 2 > 3))", "(I + 1 > 2)"),
    ("(({0} IS NULL) OR F)", "(I + 1 > 2)"),
    ("({0} IN (F, I + 1 > 2))", "F"),
    ("(CASE WHEN {0} THEN 1 ELSE I + 1 END IS DISTINCT FROM 2)", "F"),
    ("({0} + 1)", "I"),
    ("(I - {0} * 2)", "L"),
    ("({0} / N)", "N"),
    ("CASE WHEN I + 1 > 3 AND L * 2 > 1 THEN {0} ELSE I + 2 END", "1"),
    ("CASE WHEN I + 1 > 3 OR L * 2 > 1 THEN 1 ELSE {0} END", "1"),
    ("CASE WHEN {0} THEN I + 1 > 2 ELSE L + 1 > 3 END", "F"),
    ("CAST(CAST({0} AS STRING) AS INT)", "I"),
    ("ROUND({0}, 2)", "N"),
    ("NULLIF({0}, S)", "S"),
    ("SUBSTRING({0}, 2)", "S"),
    ("REPLACE({0}, S, 'a')", "S"),
    ("SPLIT({0}, S)[1]", "S"),
    ("ARRAY_JOIN(ARRAY[{0}, S], S)", "S"),
    ("ARRAY_DISTINCT({0})", "LS"),
    ("TRANSFORM({0}, x => x + S)", "LS"),
    ("MAP_UNION(M, {0})", "M"),
    ("CAST(ARRAY[{0}] AS STRING)", "S"),
    ("STRUCT(A := {0}, B := I)->A", "S"),
    ("(S || ({0} || 'x'))", "S"),
    ("COALESCE({0}, S)", "S"),
    ("ELT(LEN({0}), S, S)", "S"),
]


@pytest.mark.parametrize(("form", "inmost"), DEEP)
def test_depth(form: str, inmost: str) -> None:
    """Twice as deep is about twice as long."""
    shallow, deep = (sizes(compiled(_nest(form, inmost, levels))) for levels in (10, 20))
    assert all(long <= 2.2 * short for long, short in zip(deep, shallow, strict=True))


def _nest(form: str, inmost: str, levels: int) -> str:
    for _ in range(levels):
        inmost = form.format(inmost)
    return inmost


EXAMPLES = [(name, example) for name, function in sorted(declared().items()) for example, _ in function.examples]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_functions_nested_in_themselves(name: str, example: str) -> None:
    call = next(c for c in parse_expression(example).find_all(nodes.FunctionCall) if c.name == name)
    for place in _places_for_itself(call):
        shallow, deep = (sizes(compile_sql(_self_nested(call, place, levels), Scope(()))) for levels in (8, 16))
        assert all(long <= 2.2 * short for long, short in zip(deep, shallow, strict=True))


def _places_for_itself(call: nodes.FunctionCall) -> list[int]:
    """Arguments of the call's own type."""
    result = compile_sql(call, Scope(())).type
    values = [(i, a) for i, a in enumerate(call.expressions) if not isinstance(a, nodes.Lambda | nodes.IntervalUnit)]
    return [i for i, argument in values if compile_sql(argument, Scope(())).type == result]


def _self_nested(call: nodes.FunctionCall, place: int, levels: int) -> nodes.FunctionCall:
    nested = call.copy()
    for _ in range(levels):
        outer = call.copy()
        outer.expressions[place].replace(nested)
        nested = outer
    return nested
