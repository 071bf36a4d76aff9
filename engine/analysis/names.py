"""Names: which source each column belongs to, and what each column of the result is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlglot import exp

from ksql.engine.analysis.model import RESERVED, Analysis
from ksql.engine.errors import fail
from ksql.engine.expressions.typed import WINDOW_BOUNDS, Scope
from ksql.parser import nodes, to_sql


def qualify_clauses(analysis: Analysis) -> None:
    """`qualify` all clauses after FROM."""
    scope, of_group = analysis.scope, () if analysis.window is None else WINDOW_BOUNDS
    for clause in ("expressions", "where", "group", "having", "partition_by"):
        parts = analysis.query.args.get(clause) or []
        for part in parts if isinstance(parts, list) else [parts]:
            qualify(part, scope, of_group)


def qualify(part: exp.Expression, scope: Scope, of_group: Sequence[str] = ()) -> None:
    """Give every column its source's alias, so that equal expressions are equal trees. Lambda parameters stay as they are.

    of_group: names that are said of a group, whatever source they are written with.
    """
    for column in free_columns(part):
        # How a name was written makes no difference from here on.
        for identifier in column.find_all(exp.Identifier):
            identifier.set("quoted", True)
        source = None
        if column.name not in of_group:
            source = scope.find(column, column.name, column.text("table")).qualifier
        column.set("table", exp.to_identifier(source, quoted=True) if source else None)


def free_columns(node: exp.Expression) -> Iterator[exp.Column]:
    """The columns in `node` that are not parameters of a lambda around them, as they are written."""
    waiting: list[tuple[Any, frozenset[str]]] = [(node, frozenset())]
    while waiting:
        part, bound = waiting.pop()
        if isinstance(part, exp.Column):
            if part.args.get("table") or part.name not in bound:
                yield part
            continue
        if isinstance(part, nodes.Lambda):
            bound |= set(part.args["parameters"])
        waiting += [(child, bound) for child in part.iter_expressions(reverse=True)]


def as_written(part: exp.Expression, analysis: Analysis) -> str:
    """`part` as one would write it: without the source's name if there is but one, and without needless quotes."""
    copy = part.copy()
    for column in copy.find_all(exp.Column):
        if not analysis.joins:
            column.set("table", None)
        for identifier in column.find_all(exp.Identifier):
            identifier.set("quoted", False)
    return to_sql(copy)


def name_items(analysis: Analysis) -> list[str]:
    """The name of every column of the result: its alias, its own name, its field, or KSQL_COL_n."""
    items = analysis.query.expressions
    taken = {column.name for source in analysis.sources for column in source.source.columns}
    generated = _generated(taken | {item.alias for item in items if isinstance(item, exp.Alias)})
    names: list[str] = []
    for item in items:
        name = _name(item, analysis) or (
            _field_name(item, taken.union(names)) if isinstance(item, nodes.StructDeref) else next(generated)
        )
        if name in RESERVED and analysis.persistent:
            _refuse_reserved(item, name, analysis)
        if name in names:
            fail(item, f"two columns of the result are called {name}", hint="AS gives one of them another name.")
        names.append(name)
    return names


def _refuse_reserved(item: exp.Expression, name: str, analysis: Analysis) -> None:
    """A pseudo column is no column of a result, unless the result's key is made of it."""
    column = item.unalias()
    if isinstance(column, exp.Column) and column.name == name:
        if column not in (analysis.partition_by or ()):
            fail(item, f"{name} is a reserved column name", hint=f"AS gives it another name: {name} AS name.")
    else:
        fail(item, f"{name} is a reserved column name", hint="every row has it already; choose another name.")


def _name(item: exp.Expression, analysis: Analysis) -> str | None:
    if isinstance(item, exp.Alias):
        return item.alias
    if not isinstance(item, exp.Column):
        return None
    owners = [s for s in analysis.sources if item.name in [n.column.name for n in s.names()]]
    return f"{item.text('table')}_{item.name}" if len(owners) > 1 else item.name


def _field_name(item: nodes.StructDeref, taken: Iterable[str]) -> str:
    field: str = item.args["field"].name
    name, number = field, 0
    while name in taken:
        number += 1
        name = f"{field}_{number}"
    return name


def _generated(taken: Iterable[str]) -> Iterator[str]:
    number = 0
    used = set(taken)
    while True:
        if f"KSQL_COL_{number}" not in used:
            yield f"KSQL_COL_{number}"
        number += 1
