"""Expressions that know their type, and the names they may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from sqlglot import exp

from ksql.engine.errors import did_you_mean, fail
from ksql.engine.types.sql_types import Column, SqlType, quote_duckdb


@dataclass(frozen=True, slots=True)
class Typed:
    """A piece of DuckDB SQL and the SQL type of its value. `type` None is the untyped NULL literal."""

    sql: str
    type: SqlType | None
    nullable: bool = True
    #: A constant written in the statement: it may be coerced more freely.
    literal: bool = False
    #: Of a constant with text in it: its type if text that spells numbers is taken as numbers.
    as_number: SqlType | None = None
    #: NULL says that the evaluation failed, which makes whatever is computed from it fail too.
    fails: bool = False
    #: Plain SQL may raise for some row.
    raises: bool = True
    #: ROWTIME, WINDOWSTART or WINDOWEND: compared with text, the text is read as a point in time.
    instant: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A column as an expression can refer to it: qualifier (source alias), column, and where its value lies."""

    qualifier: str
    column: Column
    ref: str
    nullable: bool = True
    instant: bool = False
    #: Not part of `*` (ROWTIME, ROWPARTITION, …).
    hidden: bool = False

    @property
    def typed(self) -> Typed:
        return Typed(quote_duckdb(self.ref), self.column.type, nullable=self.nullable, raises=False, instant=self.instant)


@dataclass(frozen=True, slots=True)
class Scope:
    """The columns an expression may name, and the parameters of the lambdas around it."""

    names: tuple[Name, ...]
    parameters: Mapping[str, Typed] = field(default_factory=dict)
    #: Said of a name that is not found, such as "GROUP BY columns".
    what: str = "columns"

    def find(self, node: exp.Expression, name: str, qualifier: str = "") -> Name:
        """The column called `name`; `node` is where it is written. Raises StatementError when none or several fit.

        Without a qualifier a column of no source comes first: once all names are qualified, only our own have none.
        """
        named = [n for n in self.names if n.column.name == name]
        fits = [n for n in named if n.qualifier == qualifier] or ([] if qualifier else named)
        if not fits:
            self._unknown(node, name, qualifier)
        if len(fits) > 1:
            owners = " and ".join(n.qualifier for n in fits)
            fail(node, f"column {name} is ambiguous: {owners} have one", hint=f"write {fits[0].qualifier}.{name}")
        return fits[0]

    def with_parameters(self, parameters: Mapping[str, Typed]) -> Scope:
        return replace(self, parameters={**self.parameters, **parameters})

    def _unknown(self, node: exp.Expression, name: str, qualifier: str) -> NoReturn:
        qualifiers = {n.qualifier for n in self.names}
        if qualifier and qualifier not in qualifiers:
            fail(node, f"there is no source {qualifier} in this query", hint=did_you_mean(qualifier, qualifiers))
        candidates = [n.column.name for n in self.names if qualifier in ("", n.qualifier)]
        hint = did_you_mean(name, candidates) or f"the {self.what} are {', '.join(candidates)}."
        if isinstance(node.parent, exp.Sub) and isinstance(node.parent.expression, exp.Column):
            hint = "a name with a dash in it stands in backticks."
        alike = name.upper() in {candidate.upper() for candidate in candidates}
        if isinstance(node, exp.Column) and node.this.quoted and not qualifier and name != name.upper() and not alike:
            hint = f"a string stands in single quotes: '{name}'; other quotes are for names."
        fail(node, f"there is no column {qualifier + '.' if qualifier else ''}{name}", hint=hint)


#: The window's bounds; refs of ours besides those that begin with `$`.
WINDOW_BOUNDS = ("WINDOWSTART", "WINDOWEND")


class Refs:
    """Hands out DuckDB column names that differ in more than case, since DuckDB ignores case, and from all our own."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.upper() for name in (*WINDOW_BOUNDS, *taken)}

    def new(self, name: str) -> str:
        """A ref like `name`, which is a user's."""
        stem = f"~{name}" if name.startswith("$") else name
        ref, number = stem, 1
        while ref.upper() in self._taken:
            number += 1
            ref = f"{stem}~{number}"
        self._taken.add(ref.upper())
        return ref
