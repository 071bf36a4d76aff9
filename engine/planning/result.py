"""The columns of a query's result: which are its key, which its value, and what they are called."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ksql.engine.analysis.model import Analysis, Item, QueryKind
from ksql.engine.analysis.names import as_written
from ksql.engine.analysis.traits import Traits
from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import StatementError, fail, located
from ksql.parser import nodes


@dataclass(frozen=True, slots=True)
class Result:
    """Select items split into key and value."""

    keys: tuple[Item, ...]
    values: tuple[Item, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        return (*self.keys, *self.values)


def split_by_key(analysis: Analysis, traits: Traits, what: str, into: Source | None, *, lenient: bool = False) -> Result:
    """`split` by the key that the rows have already: that of a join is the same, whichever side it is selected from."""
    result = split(analysis, [key.columns for key in traits.keys], what, into, lenient=lenient)
    values = {column: key.value for key in traits.keys for column in key.columns}
    return replace(result, keys=tuple(Item(item.name, values[item.expression]) for item in result.keys))


def split(
    analysis: Analysis, keys: Sequence[Sequence[exp.Expression]], what: str, into: Source | None, *, lenient: bool = False
) -> Result:
    """Find each key among the select items.

    `keys`: for every key column the expressions that may stand for it, the best one first. A persistent query must select one
    of them, and that once, unless `lenient`; in a push query a key may be missing, and then the result has none. `into` has
    made the choice if it has keys already.
    """
    found: list[Item] = []
    chosen = () if into is None else [column.name for column in into.key_columns]
    for expressions in keys:
        fits = _chosen(analysis, expressions, chosen) or _first(analysis, expressions)
        if len(fits) > 1 and analysis.kind is QueryKind.PERSISTENT:
            text, names = as_written(fits[0].expression, analysis), " and ".join(item.name for item in fits)
            fail(
                fits[1].expression,
                f"the key {text} is selected more than once: as {names}",
                hint=f"AS_VALUE({text}) copies it into the value.",
            )
        if fits:
            found.append(fits[0])
        elif analysis.kind is QueryKind.PERSISTENT and not lenient:
            _missing(analysis, expressions, what)
    if len(found) < len(keys):
        found = []
    if lenient:
        found.sort(key=analysis.items.index)
    return Result(tuple(found), tuple(item for item in analysis.items if item not in found))


def _chosen(analysis: Analysis, expressions: Sequence[exp.Expression], names: Collection[str]) -> list[Item]:
    """The item that has one of the names."""
    return [item for item in analysis.items if item.expression in expressions and item.name in names][:1]


def _first(analysis: Analysis, expressions: Sequence[exp.Expression]) -> list[Item]:
    """The items that are the first of the expressions that any item is."""
    all_fits = ([item for item in analysis.items if item.expression == expression] for expression in expressions)
    return next((fits for fits in all_fits if fits), [])


def _missing(analysis: Analysis, keys: Sequence[exp.Expression], what: str) -> None:
    texts = [as_written(key, analysis) for key in keys]
    unseen = [_unseen(analysis, key) for key in keys]
    if all(unseen):
        hint = f"add {unseen[0]} to the SELECT list of the query inside, then to that around it."
        raise located(StatementError("the result must have the key of its table among its columns", hint=hint), analysis.query)
    hint = f"add {texts[0]} to the SELECT list; AS gives it another name."
    error = StatementError(f"the result must have {what} {' or '.join(texts)} among its columns", hint=hint)
    raise located(located(error, keys[0]), analysis.query)


def _unseen(analysis: Analysis, key: exp.Expression) -> str:
    """What is the key in a query inside this one, as it is written there, if that one has not selected it; else ''."""
    for source in analysis.sources:
        if source.derived is not None and source.alias == key.text("table"):
            (member, *_) = source.derived.members
            unseen = (item.expression for item in member.items if item.hidden and item.name == key.name)
            return next((_unseen(member, column) or as_written(column, member) for column in unseen), "")
    return ""


def unwrap_as_value(item: Item) -> Item:
    """AS_VALUE(x) is x in the value."""
    call = item.expression
    if isinstance(call, nodes.FunctionCall) and call.name == "AS_VALUE" and len(call.expressions) == 1:
        return Item(item.name, call.expressions[0])
    return item
