"""Which aggregate function a call means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ksql.engine.aggregates.declare import AGGREGATES, ONCE, Binder, Bound, Declaration, Function, LiteralValue
from ksql.engine.aggregates.values import Once
from ksql.engine.errors import StatementError, did_you_mean
from ksql.engine.types.sql_types import SqlType


def resolve_aggregate(
    name: str,
    types: Sequence[SqlType],
    literals: Sequence[LiteralValue],
    settings: Mapping[str, str] = MappingProxyType({}),
    *,
    table: bool = False,
    distinct: bool = False,
) -> Function:
    """The function for the types of its columns and its literals; no implicit casts. Raises StatementError.

    settings: `ksql.functions.<name>.limit` is how many values it collects at most. table: the rows are those of a table.
    distinct: it is called as name(DISTINCT …).
    """
    declaration = AGGREGATES.get(name)
    if declaration is None:
        raise StatementError(f"there is no aggregate function {name}", hint=did_you_mean(name, AGGREGATES))
    once = distinct and declaration.distinct == ONCE
    if distinct and not once:
        declaration = _of_different(declaration)
    bound = (_on_table(declaration) if table else declaration.bind)(types, literals)
    if bound is None or (once and not types):
        given = ", ".join([str(t) for t in types] + [str(v) for v in literals])
        raise StatementError(
            f"{name} does not accept ({'DISTINCT ' * distinct}{given})",
            detail="it accepts " + ", ".join(f"{declaration.name}({s})" for s in declaration.signatures),
            hint="aggregates convert no types by themselves: CAST the argument.",
        )
    limit = settings.get(f"ksql.functions.{declaration.name.lower()}.limit", "-1")
    if int(limit) >= 0:
        bound.limit(int(limit))
    if not once:
        return bound
    assert isinstance(bound, Bound)
    return Once(bound, types[0])


def _on_table(declaration: Declaration) -> Binder:
    if declaration.tables is None:
        raise StatementError(
            f"{declaration.name} cannot be used on a table",
            detail="when a row changes, its old value is taken back, which this function cannot do",
            hint=f"on tables there are {_names(known for known in AGGREGATES.values() if known.tables)}.",
        )
    return declaration.tables


def _of_different(declaration: Declaration) -> Declaration:
    """The function that is the same without DISTINCT."""
    if not declaration.distinct:
        raise StatementError(
            f"{declaration.name} cannot have DISTINCT",
            detail="it is not clear what it would be of different values",
            hint=f"DISTINCT may stand in {_names(known for known in AGGREGATES.values() if known.distinct)}.",
        )
    return AGGREGATES[declaration.distinct]


def _names(declarations: Iterable[Declaration]) -> str:
    return ", ".join(sorted(declaration.name for declaration in declarations))
