"""The ON clause: the equalities by which rows are found, and what else must be true of rows that meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource, Equality
from ksql.engine.analysis.names import qualify
from ksql.engine.analysis.traits import Traits
from ksql.engine.errors import did_you_mean, fail
from ksql.engine.expressions.compiler import Compiler
from ksql.engine.expressions.typed import Scope
from ksql.engine.types.sql_types import SqlType


def read_condition(
    join: exp.Expression, left: Traits, before: Sequence[AliasedSource], right: AliasedSource
) -> tuple[tuple[Equality, ...], exp.Expression | None]:
    """The equalities that are the join's key, in the order of its columns, and the rest of ON. Raises StatementError."""
    condition = join.args.get("on")
    if condition is None:
        fail(join, f"the join with {right.alias} has no ON clause", hint="JOIN b ON a.id = b.id")
    parts = _conjuncts(condition)
    found = {i: e for i, part in enumerate(parts) if (e := _equality(part, before, right, only=len(parts) == 1))}
    if not found:
        fail(
            condition.unnest(),
            f"the join with {right.alias} needs an equality between it and what stands before it",
            hint="ON a.x = b.y; further conditions follow it with AND.",
        )
    on = _key(list(found.values()), left, right.traits)
    rest = [part for i, part in enumerate(parts) if found.get(i) not in on]
    for part in rest:
        qualify(part, _scope([*before, right]))
    return on, _all(rest)


def _conjuncts(condition: exp.Expression) -> list[exp.Expression]:
    """The parts of a condition that AND holds together, in order."""
    waiting: list[exp.Expression] = [condition]
    parts: list[exp.Expression] = []
    while waiting:
        part = waiting.pop()
        if isinstance(part, exp.Paren):
            waiting.append(part.this)
        elif isinstance(part, exp.And):
            waiting += [part.expression, part.this]
        else:
            parts.append(part)
    return parts


def _all(parts: Sequence[exp.Expression]) -> exp.Expression | None:
    """One condition of several, each of which must be true."""
    return reduce(lambda left, right: exp.And(this=left, expression=right), parts) if parts else None


def _equality(part: exp.Expression, before: Sequence[AliasedSource], right: AliasedSource, *, only: bool) -> Equality | None:
    """What `part` says is equal in the two sides. None if it says something else, which is wrong of the `only` part."""
    if not isinstance(part, exp.EQ):
        return None
    sides = part.this.unnest(), part.expression.unnest()
    owners = [_owners(side, before, right) for side in sides]
    if owners[0] == {right.alias} and right.alias not in owners[1]:
        sides = sides[1], sides[0]
        owners.reverse()
    if owners[1] != {right.alias} or right.alias in owners[0] or len(owners[0]) != 1:
        if only:
            message = f"one side {right.alias}, the other what stands before it"
            fail(part, f"each side of the join condition must use one source: {message}")
        return None
    qualify(sides[0], _scope(before))
    qualify(sides[1], _scope([right]))
    return Equality(*sides, (_typed(sides[0], before), _typed(sides[1], [right])))


def _key(found: Sequence[Equality], left: Traits, right: Traits) -> tuple[Equality, ...]:
    """Those of the equalities that rows are found by: a table's rows by its primary key, windowed ones by their key.

    Where they are the key of a side, they stand in its order, the left side's before the right one's.
    """
    if right.is_table:
        # A table that could be found by another's own key is, rather than by a foreign key.
        own = [e for e in found if any(e.left in key.expressions for key in left.keys)]
        chosen = _of_key([*own, *found] if left.is_table else found, right, _right)
    elif left.window is not None:
        chosen = _of_key([e for e in found if any(e.right in key.expressions for key in right.keys)], left, _left)
    else:
        chosen = _distinct(found)
    chosen = chosen or _distinct(found)
    for traits, side in ((right, _right), (left, _left)):
        if traits.is_keyed_by(*map(side, chosen)) and not (right.is_table and not left.is_table):
            chosen = _of_key(chosen, traits, side)
    return tuple(chosen)


def _left(equality: Equality) -> exp.Expression:
    return equality.left


def _right(equality: Equality) -> exp.Expression:
    return equality.right


def _of_key(found: Sequence[Equality], traits: Traits, side: Callable[[Equality], exp.Expression]) -> list[Equality]:
    """For each key column, in their order, the first equality that has it on a side."""
    fits = (next((e for e in found if side(e) in key.expressions), None) for key in traits.keys)
    return [equality for equality in fits if equality is not None]


def _distinct(found: Sequence[Equality]) -> list[Equality]:
    """The equalities without those that say something more of what another has said something of."""
    chosen: list[Equality] = []
    for equality in found:
        if all(equality.left != other.left and equality.right != other.right for other in chosen):
            chosen.append(equality)
    return chosen


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
