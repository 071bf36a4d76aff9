"""The joins of the FROM clause: what is equal in them, and what they make of the two relations they join."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource, Analysis, JoinClause
from ksql.engine.analysis.names import qualify
from ksql.engine.analysis.traits import Key, Traits, reference
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import did_you_mean, fail
from ksql.engine.expressions.compiler import Compiler
from ksql.engine.expressions.typed import Scope
from ksql.engine.types.sql_types import SqlType

#: A key column that no source has: one side may lack a row, or both compute it.
_MADE = "ROWKEY"
#: The key of a join otherwise. Nobody can write that name.
JOIN_KEY = "$joinkey"


def resolve_joins(analysis: Analysis, catalog: Catalog) -> Analysis:
    """The joins of the FROM clause, left to right. Raises StatementError for conditions other than one equality."""
    left = analysis.sources[0].traits
    joins: list[JoinClause] = []
    for node, right in zip(join_nodes(analysis), analysis.sources[1:], strict=True):
        before = analysis.sources[: len(joins) + 1]
        sides = _sides(node, before, right)
        types = (_typed(sides[0], before), _typed(sides[1], [right]))
        result = _joined(left, right.traits, join_kind(node), sides, types, analysis)
        joins.append(JoinClause(join_kind(node), right, *sides, types, node.args.get("within"), node, result))
        left = result
    return replace(analysis, joins=tuple(joins))


def join_nodes(analysis: Analysis) -> list[exp.Expression]:
    """The JOIN clauses as they are written."""
    return list(analysis.query.args.get("joins") or [])


def join_kind(node: exp.Expression) -> str:
    """INNER, LEFT, RIGHT or FULL."""
    return str(node.args.get("side") or node.args.get("kind") or "INNER").upper()


def _sides(join: exp.Expression, left: Sequence[AliasedSource], right: AliasedSource) -> tuple[exp.Expression, exp.Expression]:
    """The key of what stands before, and that of `right`, columns qualified."""
    condition = join.args.get("on")
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if condition is None:
        fail(join, f"the join with {right.alias} has no ON clause", hint="JOIN b ON a.id = b.id")
    if not isinstance(condition, exp.EQ):
        fail(condition, "a join condition is one equality", hint="write ON a.x = b.y and put further conditions into WHERE.")
    sides = condition.this.unnest(), condition.expression.unnest()
    owners = [_owners(side, left, right) for side in sides]
    if owners[0] == {right.alias} and right.alias not in owners[1]:
        sides = sides[1], sides[0]
        owners.reverse()
    if owners[1] != {right.alias} or right.alias in owners[0] or len(owners[0]) != 1:
        fail(
            condition,
            f"each side of the join condition must use one source: one side {right.alias}, the other what stands before it",
        )
    qualify(sides[0], _scope(left))
    qualify(sides[1], _scope([right]))
    return sides


def _scope(sources: Sequence[AliasedSource]) -> Scope:
    return Scope(tuple(name for source in sources for name in source.names()))


def _typed(key: exp.Expression, sources: Sequence[AliasedSource]) -> SqlType | None:
    return Compiler(_scope(sources)).compile(key).type


def _owners(side: exp.Expression, left: Sequence[AliasedSource], right: AliasedSource) -> set[str]:
    """Aliases of the sources an expression uses."""
    owners = set()
    everybody = [*left, right]
    for column in side.find_all(exp.Column):
        qualifier = column.text("table")
        if qualifier:
            if qualifier not in [s.alias for s in everybody]:
                fail(
                    column,
                    f"there is no source {qualifier} in this query",
                    hint=did_you_mean(qualifier, [s.alias for s in everybody]),
                )
            owners.add(qualifier)
        else:
            owners |= {s.alias for s in everybody if column.name in [n.column.name for n in s.names()]}
    return owners


def _joined(
    left: Traits,
    right: Traits,
    kind: str,
    sides: tuple[exp.Expression, exp.Expression],
    types: tuple[SqlType | None, SqlType | None],
    analysis: Analysis,
) -> Traits:
    """What the join makes. A foreign key leaves the left table's key alone; a table's rows are looked up by a stream's."""
    keeps_key = left.is_keyed_by(sides[0])
    if left.is_table and right.is_table and not keeps_key:
        return replace(left, by_foreign_key=True)
    return replace(
        left,
        is_table=left.is_table and right.is_table,
        keys=(_key(left, kind, sides, types, analysis),),
        key_format=right.key_format if right.is_table else left.key_format,
        key_options=right.key_options if right.is_table else left.key_options,
        is_misplaced=right.is_table and (left.is_misplaced or not keeps_key),
        by_foreign_key=False,
    )


def _key(
    left: Traits,
    kind: str,
    sides: tuple[exp.Expression, exp.Expression],
    types: tuple[SqlType | None, SqlType | None],
    analysis: Analysis,
) -> Key:
    known = left.keys[0].expressions if left.is_keyed_by(sides[0]) else sides[:1]
    type_ = types[0] or types[1]
    if type_ is None:
        fail(sides[0], "a join by NULL finds nothing", hint="CAST(NULL AS …) gives it a type.")
    made = reference("", _made_name(analysis))
    if kind == "FULL":
        return Key(type_, (made,), made)
    key = Key(type_, (*known, sides[1]), reference("", JOIN_KEY))
    return key if key.columns else Key(type_, (*key.expressions, made), made)


def _made_name(analysis: Analysis) -> str:
    taken = {column.name for source in analysis.sources for column in source.source.columns}
    return next(name for name in _made_names() if name not in taken)


def _made_names() -> Iterator[str]:
    yield _MADE
    number = 1
    while True:
        yield f"{_MADE}_{number}"
        number += 1
