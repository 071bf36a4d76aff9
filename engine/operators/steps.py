"""Stateless steps as SQL text. Neighbouring steps are nested into one statement (`Stage`).

Every step turns the SQL of its input relation into the SQL of its output relation. A relation has the batch's meta columns and
data columns called by their refs. While rows still carry `$suspect`, a step must let suspect rows through untouched: they come
again, decoded exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from ksql.engine.expressions.compiler import Compiler
from ksql.engine.expressions.typed import Scope
from ksql.engine.operators.batch import DELETED, FAILED, SUSPECT, TIMESTAMP
from ksql.engine.types.sql_types import SqlType, quote_duckdb


@dataclass(frozen=True, slots=True)
class Sql:
    """One expression for the two situations a statement runs in (see `expressions.compiler`)."""

    plain: str
    safe: str
    type: SqlType | None = None

    def of(self, safe: bool) -> str:
        return self.safe if safe else self.plain


def compile_sql(node: exp.Expression, scope: Scope, target: SqlType | None = None, what: str = "") -> Sql:
    """`node` as typed SQL, coerced to `target` when one is given."""
    plain, safe = (
        c.compile(node) if target is None else c.compile_as(node, target, what)
        for c in (Compiler(scope), Compiler(scope, safe=True))
    )
    return Sql(plain.sql, safe.sql, plain.type)


@dataclass(frozen=True, slots=True)
class Form:
    """How a statement is rendered: its meta columns, whether rows carry `$suspect`, and whether it may raise.

    tracing: safe, and rows carry `$failed`: an expression gave NULL where plain SQL raises. No step drops such a row.
    """

    meta: tuple[str, ...]
    suspects: bool
    safe: bool
    tracing: bool = False

    def meta_sql(self) -> str:
        return ", ".join(map(quote_duckdb, [*self.meta, *self._marks()]))

    def traced(self, inner: str, expressions: Iterable[Sql]) -> str:
        """The relation `inner` with rows marked for which one of the expressions raises."""
        raising = [f"TRY(({sql.plain}) IS NULL) IS NULL" for sql in expressions if sql.plain != sql.safe]
        if not self.tracing or not raising:
            return inner
        return f'SELECT * REPLACE ("{FAILED}" OR {" OR ".join(raising)} AS "{FAILED}") FROM ({inner})'

    def kept(self, condition: str) -> str:
        """The condition of a filter that lets marked rows through."""
        return " OR ".join([*map(quote_duckdb, self._marks()), f"({condition})"])

    @property
    def has_marks(self) -> bool:
        return self.suspects or self.tracing

    def _marks(self) -> list[str]:
        return [SUSPECT] * self.suspects + [FAILED] * self.tracing


class Step(Protocol):
    def sql(self, inner: str, form: Form) -> str:
        """SQL of the output relation, given the SQL of the input relation."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps the rows of a stream whose condition is true. A null value never gets through."""

    condition: Sql

    def sql(self, inner: str, form: Form) -> str:
        condition = f'NOT "{DELETED}" AND {self.condition.of(form.safe)}'
        return f"SELECT * FROM ({form.traced(inner, [self.condition])}) WHERE {form.kept(condition)}"


@dataclass(frozen=True, slots=True)
class Project:
    """New data columns, by ref."""

    columns: Sequence[tuple[str, Sql]]

    def sql(self, inner: str, form: Form) -> str:
        items = "".join(f", {sql.of(form.safe)} AS {quote_duckdb(ref)}" for ref, sql in self.columns)
        return f"SELECT {form.meta_sql()}{items} FROM ({form.traced(inner, [sql for _, sql in self.columns])})"


@dataclass(frozen=True, slots=True)
class Named:
    """The end of a query inside another one: it changes nothing."""

    name: str

    def sql(self, inner: str, form: Form) -> str:  # noqa: ARG002
        return inner


@dataclass(frozen=True, slots=True)
class Explode:
    """One row per element of the lists called `lists`, side by side; shorter ones are filled with NULL."""

    kept: Sequence[str]
    lists: Sequence[tuple[str, Sql]]

    def sql(self, inner: str, form: Form) -> str:
        kept = "".join(f", {quote_duckdb(ref)}" for ref in self.kept)
        exploded = "".join(f", unnest({self._list(sql, form)}) AS {quote_duckdb(ref)}" for ref, sql in self.lists)
        relation = form.traced(inner, [sql for _, sql in self.lists])
        where = "" if form.has_marks else f' WHERE NOT "{DELETED}"'
        return f"SELECT {form.meta_sql()}{kept}{exploded} FROM ({relation}){where}"

    def _list(self, sql: Sql, form: Form) -> str:
        if not form.has_marks:
            return sql.of(form.safe)
        return f'CASE WHEN {form.kept("false")} THEN [NULL] WHEN "{DELETED}" THEN [] ELSE {sql.of(form.safe)} END'


@dataclass(frozen=True, slots=True)
class Retime:
    """Gives rows the timestamp `timestamp`, a BIGINT of epoch ms; where it is NULL or negative, they are skipped as failed.

    Rows without a value, a table's tombstones, keep theirs.
    """

    timestamp: Sql

    def sql(self, inner: str, form: Form) -> str:
        kept = form.kept(quote_duckdb(DELETED))
        plain = f'CASE WHEN {kept} THEN "{TIMESTAMP}" ELSE ksql_time_of_record({self.timestamp.plain}) END'
        safe = f'CASE WHEN {kept} THEN "{TIMESTAMP}" ELSE {self.timestamp.safe} END'
        time = Sql(plain, safe, self.timestamp.type)
        relation = form.traced(inner, [time])
        retimed = f'SELECT * REPLACE ({time.of(form.safe)} AS "{TIMESTAMP}") FROM ({relation})'
        condition = f'COALESCE("{TIMESTAMP}" >= 0, FALSE)'
        return f"SELECT * FROM ({retimed}) WHERE {form.kept(condition)}"
