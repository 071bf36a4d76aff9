"""The joins of the FROM clause: what is equal in them, and what they make of the two relations they join."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from sqlglot import exp

from ksql.engine.analysis.join_condition import read_condition
from ksql.engine.analysis.model import Analysis, Equality, JoinClause
from ksql.engine.analysis.traits import Key, Traits, reference
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.catalog.definitions import Window
from ksql.engine.errors import fail

#: A key column that no source has: one side may lack a row, or both compute it.
_MADE = "ROWKEY"
#: The key of a join otherwise. Nobody can write that name.
JOIN_KEY = "$joinkey"


def resolve_joins(analysis: Analysis, catalog: Catalog) -> Analysis:
    """The joins of the FROM clause, left to right. Raises StatementError for conditions without an equality."""
    left = analysis.sources[0].traits
    joins: list[JoinClause] = []
    for node, right in zip(join_nodes(analysis), analysis.sources[1:], strict=True):
        before = analysis.sources[: len(joins) + 1]
        on, condition = read_condition(node, left, before, right)
        left = _joined(left, right.traits, join_kind(node), on, analysis)
        joins.append(JoinClause(join_kind(node), right, on, condition, node.args.get("within"), node, left))
    return replace(analysis, joins=tuple(joins))


def join_nodes(analysis: Analysis) -> list[exp.Expression]:
    """The JOIN clauses as they are written."""
    return list(analysis.query.args.get("joins") or [])


def join_kind(node: exp.Expression) -> str:
    """INNER, LEFT, RIGHT or FULL."""
    return str(node.args.get("side") or node.args.get("kind") or "INNER").upper()


def _joined(left: Traits, right: Traits, kind: str, on: Sequence[Equality], analysis: Analysis) -> Traits:
    """What the join makes. A foreign key leaves the left table's key alone; a table's rows are looked up by a stream's."""
    sides = [equality.left for equality in on]
    if left.is_table and right.is_table and not left.is_keyed_by(*sides):
        return replace(left, by_foreign_key=True)
    made = _made_names(analysis)
    return replace(
        left,
        is_table=left.is_table and right.is_table,
        window=_window(left, right),
        keys=tuple(_key(i, equality, left, kind, made) for i, equality in enumerate(on)),
        key_format=right.key_format if right.is_table else left.key_format,
        key_options=right.key_options if right.is_table else left.key_options,
        is_misplaced=right.is_table and not (left.lies_by(*sides) and left.key_format == right.key_format),
        by_foreign_key=False,
    )


def _window(left: Traits, right: Traits) -> Window | None:
    """The left one's, kept for as long as either side is: so long its rows may change."""
    if left.window is None or right.window is None:
        return left.window
    times = (left.window.retention_ms, right.window.retention_ms)
    return replace(left.window, retention_ms=None if None in times else max(time or 0 for time in times))


def _key(number: int, equality: Equality, left: Traits, kind: str, made: Iterator[str]) -> Key:
    """One column of the join's key."""
    type_ = equality.types[0] or equality.types[1]
    if type_ is None:
        fail(equality.left, "a join by NULL finds nothing", hint="CAST(NULL AS …) gives it a type.")
    if kind == "FULL":
        return Key(type_, (column := reference("", next(made)),), column)
    known = next((key.expressions for key in left.keys if equality.left in key.expressions), (equality.left,))
    key = Key(type_, (*known, equality.right), reference("", join_key(number)))
    return key if key.columns else Key(type_, (*key.expressions, column := reference("", next(made))), column)


def join_key(number: int) -> str:
    """What the join's key column of this number is called, unless it is one that nobody can ask for otherwise."""
    return f"{JOIN_KEY}-{number}" if number else JOIN_KEY


def _made_names(analysis: Analysis) -> Iterator[str]:
    """Names that no source's column has."""
    taken = {column.name for source in analysis.sources for column in source.source.columns}
    names = (f"{_MADE}_{number}" if number else _MADE for number in count())
    return (name for name in names if name not in taken)
