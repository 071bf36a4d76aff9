"""The ON clause: one equality whose sides belong to one source each."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource, JoinClause
from ksql.engine.errors import NotSupportedError, did_you_mean, fail, located


def resolve_join(join: exp.Expression, left: Sequence[AliasedSource], right: AliasedSource) -> JoinClause:
    """`join` with its two key expressions told apart. Raises StatementError for any other condition."""
    condition = join.args.get("on")
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if condition is None:
        fail(join, f"the join with {right.alias} has no ON clause", hint="JOIN b ON a.id = b.id")
    if not isinstance(condition, exp.EQ):
        fail(condition, "a join condition is one equality", hint="write ON a.x = b.y and put further conditions into WHERE.")
    sides = [condition.this, condition.expression]
    owners = [_owners(side, left, right) for side in sides]
    if owners[0] == {right.alias} and right.alias not in owners[1]:
        sides.reverse()
        owners.reverse()
    if owners[1] != {right.alias} or right.alias in owners[0] or len(owners[0]) != 1:
        fail(
            condition,
            f"each side of the join condition must use one source: one side {right.alias}, the other what stands before it",
        )
    kind = (join.args.get("side") or join.args.get("kind") or "INNER").upper()
    return JoinClause(kind, right, sides[0], sides[1], join.args.get("within"), join)


def refuse_unsupported(joins: Sequence[JoinClause], left: AliasedSource) -> None:
    """Refuse joins of other kinds than a stream with tables, before anything about their columns is said."""
    for join in joins:
        if left.source.is_table or not join.right.source.is_table:
            kinds = f"{left.source.kind}-{join.right.source.kind}".lower()
            raise located(NotSupportedError(f"a {kinds} join is not supported yet"), join.node)


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
