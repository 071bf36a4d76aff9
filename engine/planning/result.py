"""The columns of a query's result: which are its key, which its value, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from ksql.engine.analysis.model import Analysis, Item
from ksql.engine.errors import StatementError, fail, located
from ksql.parser import nodes, to_sql


@dataclass(frozen=True, slots=True)
class Result:
    """Select items split into key and value."""

    keys: tuple[Item, ...]
    values: tuple[Item, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        return (*self.keys, *self.values)


def split(analysis: Analysis, keys: Sequence[Sequence[exp.Expression]], what: str, *, lenient: bool = False) -> Result:
    """Find each key among the select items.

    `keys`: for every key column the expressions that denote it (a join key has two). A persistent query must select each
    once, unless `lenient`; in a push query a key may be missing, and then the result has none.
    """
    found: list[Item] = []
    for expressions in keys:
        fits = [item for item in analysis.items if item.expression in expressions]
        if len(fits) > 1 and analysis.persistent and not _is_join(keys):
            text, names = _text(expressions[0], analysis), " and ".join(item.name for item in fits)
            fail(
                fits[1].expression,
                f"the key {text} is selected more than once: as {names}",
                hint=f"AS_VALUE({text}) copies it into the value.",
            )
        if fits:
            found.append(fits[0])
        elif analysis.persistent and not lenient:
            _missing(analysis, expressions[0], what)
    if len(found) < len(keys):
        found = []
    if lenient:
        found.sort(key=analysis.items.index)
    return Result(tuple(found), tuple(item for item in analysis.items if item not in found))


def _is_join(keys: Sequence[Sequence[exp.Expression]]) -> bool:
    return any(len(expressions) > 1 for expressions in keys)


def _missing(analysis: Analysis, key: exp.Expression, what: str) -> None:
    text = _text(key, analysis)
    hint = f"add {text} to the SELECT list; AS gives it another name."
    error = StatementError(f"the result must have {what} {text} among its columns", hint=hint)
    raise located(located(error, key), analysis.query)


def _text(key: exp.Expression, analysis: Analysis) -> str:
    """`key` as one would write it: without the source's name if there is but one, and without needless quotes."""
    copy = key.copy()
    for column in copy.find_all(exp.Column):
        if not analysis.joins:
            column.set("table", None)
        for identifier in column.find_all(exp.Identifier):
            identifier.set("quoted", False)
    return to_sql(copy)


def unwrap_as_value(item: Item) -> Item:
    """AS_VALUE(x) is x in the value."""
    call = item.expression
    if isinstance(call, nodes.FunctionCall) and call.name == "AS_VALUE" and len(call.expressions) == 1:
        return Item(item.name, call.expressions[0])
    return item
