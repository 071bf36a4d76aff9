"""A plan as lines of text, from the sink down to the sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksql.engine.operators.batch import Part
from ksql.engine.planning.plan import Plan


def describe_plan(plan: Plan) -> list[str]:
    """One line per operator; inputs are indented below what reads them."""
    return list(_lines(plan.sink or plan.output, 0))


def _lines(part: Part, depth: int) -> Iterator[str]:
    text = part.describe()
    if text:
        yield "  " * depth + text + _remembered([state.name for state in part.states])
    for input_ in part.inputs:
        yield from _lines(input_, depth + bool(text))


def _remembered(names: Sequence[str]) -> str:
    return f"; state{'s' * (len(names) > 1)} {', '.join(names)}" if names else ""
