"""What is different for a query that stands inside another one: its rows go on with all that belongs to them."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import count

from sqlglot import exp

from ksql.engine.analysis.model import Analysis, Item, QueryKind
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.expressions.typed import WINDOW_BOUNDS


def drop_own_columns(analysis: Analysis, catalog: Catalog) -> Analysis:
    """ROWTIME and the bounds of the window are no columns of its result: its rows have them anyway."""
    if analysis.kind is QueryKind.INNER:
        own = _own_columns(analysis)
        items = [item for item in analysis.query.expressions if not (isinstance(item, exp.Column) and item.name in own)]
        analysis.query.set("expressions", items)
    return analysis


def _own_columns(analysis: Analysis) -> tuple[str, ...]:
    if analysis.is_aggregate:
        return WINDOW_BOUNDS if analysis.windows else ()
    return ("ROWTIME", *(WINDOW_BOUNDS if analysis.relation.window else ()))


def keep_keys(analysis: Analysis, catalog: Catalog) -> Analysis:
    """A table has its key, whether or not it is selected; a stream whose key is not has none."""
    if analysis.kind is not QueryKind.INNER or not (analysis.is_aggregate or analysis.relation.is_table):
        return analysis
    keys = [(group,) for group in analysis.group_by] if analysis.is_aggregate else [k.columns for k in analysis.relation.keys]
    selected = [item.expression for item in analysis.items]
    missing = [key[0].copy() for key in keys if not any(column in selected for column in key)]
    names = _free_names({item.name for item in analysis.items})
    added = tuple(Item(name, key, hidden=True) for key, name in zip(missing, names, strict=False))
    return replace(analysis, items=(*analysis.items, *added))


def _free_names(taken: Container[str]) -> Iterator[str]:
    return (name for number in count() if (name := f"$key{number}") not in taken)
