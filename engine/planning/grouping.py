"""The SELECT list and HAVING of an aggregation, in terms of its groups and aggregates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from ksql.engine.analysis.model import Analysis, Item
from ksql.engine.analysis.names import as_written
from ksql.engine.errors import fail


@dataclass(slots=True)
class Grouping:
    """`keys` are the groups' expressions, `calls` the aggregates, each with its ref in the aggregation's output."""

    analysis: Analysis
    keys: Sequence[tuple[exp.Expression, str]]
    calls: Sequence[tuple[exp.Expression, str]]

    def rewrite(self, expression: exp.Expression) -> exp.Expression:
        """`expression` with groups and aggregates as columns of the output. Raises StatementError for any other column."""
        rewritten = _replace(expression.copy(), [*self.keys, *self.calls])
        for column in rewritten.find_all(exp.Column):
            if column.args.get("table"):
                text = as_written(column, self.analysis)
                fail(
                    column,
                    f"column {text} is neither in GROUP BY nor inside an aggregate",
                    hint=f"add it to GROUP BY, or write LATEST_BY_OFFSET({text}).",
                )
        return rewritten

    def items(self, items: Iterable[Item]) -> tuple[Item, ...]:
        return tuple(Item(item.name, self.rewrite(item.expression)) for item in items)


def _replace(expression: exp.Expression, known: Sequence[tuple[exp.Expression, str]]) -> exp.Expression:
    """Every subtree that equals a known expression becomes a column, outermost first."""

    def replaced(part: exp.Expression) -> exp.Expression:
        ref = next((ref for node, ref in known if part == node), None)
        return part if ref is None else exp.Column(this=exp.to_identifier(ref, quoted=True))

    return expression.transform(replaced, copy=False)
