"""What a relation is, besides its columns: a source, a join of some, the result of a query."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ksql.engine.catalog.definitions import Source, Window
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.types.sql_types import SqlType


@dataclass(frozen=True, slots=True)
class Key:
    """A key column. `expressions` are equal to it in every row (a join's key is that of both sides); `value` computes it."""

    type: SqlType
    expressions: tuple[exp.Expression, ...]
    value: exp.Expression

    @property
    def columns(self) -> tuple[exp.Expression, ...]:
        """What a SELECT list may call it."""
        return tuple(expression for expression in self.expressions if isinstance(expression, exp.Column))

    @property
    def is_made(self) -> bool:
        """No source has such a column."""
        return self.columns == (self.value,) and not self.value.args.get("table")


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a relation."""

    is_table: bool
    keys: tuple[Key, ...]
    window: Window | None
    #: The left-most source: the topic of a result takes after its.
    origin: Source
    #: How a key is written where rows are spread by it.
    key_format: str
    key_options: FormatOptions
    #: The key is another than the one that has put rows into their partitions.
    is_misplaced: bool = False
    #: A table that was joined with another by a foreign key.
    by_foreign_key: bool = False

    @property
    def kind(self) -> str:
        return "table" if self.is_table else "stream"

    @property
    def partitions(self) -> int:
        return self.origin.partitions

    @property
    def made_keys(self) -> list[Key]:
        """The key columns that no source has."""
        return [key for key in self.keys if key.is_made]

    def is_keyed_by(self, *expressions: exp.Expression) -> bool:
        """Whether these are its key columns, in whatever order."""
        found = [key for key in self.keys if any(expression in key.expressions for expression in expressions)]
        return len(found) == len(self.keys) == len(expressions)

    def lies_by(self, *expressions: exp.Expression) -> bool:
        """Whether they are its key columns in their order, and so say in which partition a row lies."""
        if self.is_misplaced or len(expressions) != len(self.keys):
            return False
        return all(expression in key.expressions for key, expression in zip(self.keys, expressions, strict=True))


def reference(qualifier: str, name: str) -> exp.Column:
    """The column called `name` as it stands in a qualified tree."""
    table = exp.to_identifier(qualifier, quoted=True) if qualifier else None
    return exp.Column(this=exp.to_identifier(name, quoted=True), table=table)
