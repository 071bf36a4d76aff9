"""What a query means, as the passes work it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from sqlglot import exp

from ksql.engine.analysis.traits import Key, Traits, reference
from ksql.engine.analysis.windows import Windows
from ksql.engine.catalog.definitions import Source
from ksql.engine.expressions.typed import WINDOW_BOUNDS, Name, Scope
from ksql.engine.types.names import type_reference
from ksql.engine.types.sql_types import BIGINT, INTEGER, Column, SqlType
from ksql.parser import nodes

#: Columns that every row has, and every windowed one: no result may call a column so.
RESERVED = ("ROWTIME", "ROWPARTITION", "ROWOFFSET", *WINDOW_BOUNDS)


@dataclass(frozen=True, slots=True)
class Derived:
    """What a query inside another one makes: the rows of its `members`, more than one where they are joined by UNION ALL."""

    #: The name that WITH gives it; '' where it is written in FROM.
    name: str
    members: tuple[Analysis, ...]
    #: Its columns, as those of a source.
    source: Source
    traits: Traits
    #: Keys of a table that nobody has selected.
    hidden: frozenset[str]
    #: Its rows do not lie where their key puts them: they have to be moved there.
    moves: bool


@dataclass(frozen=True, slots=True)
class AliasedSource:
    """A source in the FROM clause, by the name expressions use for it."""

    alias: str
    source: Source
    derived: Derived | None = None

    @property
    def traits(self) -> Traits:
        source = self.source
        keys = tuple(Key(c.type, (column := reference(self.alias, c.name),), column) for c in source.key_columns)
        if self.derived is not None:
            return replace(self.derived.traits, keys=keys)
        return Traits(source.is_table, keys, source.window, source, source.key_format, source.key_options)

    def names(self) -> tuple[Name, ...]:
        """Everything an expression may take from this source; refs are the plain column names."""
        keys = set(self.source.key_columns)
        unseen = self.derived.hidden if self.derived else ()
        visible = [Name(self.alias, c, c.name, hidden=c.name in unseen) for c in self.source.columns]
        if not self.source.windowed:
            return (*visible, *self._hidden())
        # The window belongs to the key and follows it.
        return (
            *(name for name in visible if name.column in keys),
            *self._bounds(),
            *(name for name in visible if name.column not in keys),
            *self._hidden(),
        )

    def _bounds(self) -> tuple[Name, ...]:
        taken = {column.name for column in self.source.columns}
        names = [name for name in WINDOW_BOUNDS if name not in taken]
        return tuple(Name(self.alias, Column(name, BIGINT), name, instant=True) for name in names)

    def _hidden(self) -> tuple[Name, ...]:
        hidden = [
            Name(self.alias, Column("ROWTIME", BIGINT), "$ts", nullable=False, instant=True, hidden=True),
            Name(self.alias, Column("ROWPARTITION", INTEGER), "$p", nullable=False, hidden=True),
            Name(self.alias, Column("ROWOFFSET", BIGINT), "$off", nullable=False, hidden=True),
        ]
        # Rows that a query makes lie in no topic.
        hidden = hidden[:1] if self.derived else hidden
        taken = {column.name for column in self.source.columns}
        return tuple(name for name in hidden if name.column.name not in taken)


@dataclass(frozen=True, slots=True)
class Equality:
    """What a join finds rows by: `left`, of what stands before, equals `right`, of what is joined with it."""

    left: exp.Expression
    right: exp.Expression
    types: tuple[SqlType | None, SqlType | None]


@dataclass(frozen=True, slots=True)
class JoinClause:
    """One join of the FROM clause: rows meet by the equalities `on`, if `condition` (where there is one) is true of them."""

    #: INNER, LEFT, RIGHT or FULL.
    kind: str
    right: AliasedSource
    on: tuple[Equality, ...]
    condition: exp.Expression | None
    within: nodes.Within | None
    node: exp.Expression
    result: Traits

    @property
    def left_keys(self) -> tuple[exp.Expression, ...]:
        return tuple(equality.left for equality in self.on)

    @property
    def right_keys(self) -> tuple[exp.Expression, ...]:
        return tuple(equality.right for equality in self.on)


@dataclass(frozen=True, slots=True)
class Item:
    """A column of the result, by its final name."""

    name: str
    expression: exp.Expression
    #: Not of the SELECT list: a key that nobody selected.
    hidden: bool = False


class QueryKind(Enum):
    """What becomes of the rows of a query: records of a topic, an answer to somebody, rows of a query around it."""

    PERSISTENT = auto()
    PUSH = auto()
    INNER = auto()


@dataclass(frozen=True, slots=True)
class Analysis:
    """A query, resolved. `query` is the tree the passes rewrite; the rest is read off it."""

    query: nodes.Query
    kind: QueryKind
    #: For each source of the FROM clause the query that makes it, where it is none of the catalog's.
    derived: tuple[Derived | None, ...] = ()
    #: What its WITH clause defines.
    common: tuple[Derived, ...] = ()
    sources: tuple[AliasedSource, ...] = ()
    joins: tuple[JoinClause, ...] = ()
    items: tuple[Item, ...] = ()
    #: None: no PARTITION BY; (): PARTITION BY NULL.
    partition_by: tuple[exp.Expression, ...] | None = None
    group_by: tuple[exp.Expression, ...] = ()
    #: All rows are one group: a push query may aggregate without GROUP BY.
    groups_all: bool = False
    windows: Windows | None = None

    @property
    def scope(self) -> Scope:
        """All names of the sources, and of the key columns that a join has made."""
        names = [name for source in self.sources for name in source.names()]
        made = [Name("", Column(key.value.name, key.type), key.value.name) for key in self.relation.made_keys]
        return Scope((*names, *made))

    @property
    def relation(self) -> Traits:
        """What the FROM clause makes, its joins done."""
        return self.joins[-1].result if self.joins else self.sources[0].traits

    @property
    def steps(self) -> Iterator[tuple[Traits, JoinClause]]:
        """Every join, with what stands before it."""
        left = self.sources[0].traits
        for join in self.joins:
            yield left, join
            left = join.result

    @property
    def where(self) -> exp.Expression | None:
        clause = self.query.args.get("where")
        return clause.this if clause else None

    @property
    def having(self) -> exp.Expression | None:
        clause = self.query.args.get("having")
        return clause.this if clause else None

    @property
    def window(self) -> exp.Expression | None:
        found: exp.Expression | None = self.query.args.get("time_window")
        return found

    @property
    def emit(self) -> str | None:
        found: str | None = self.query.args.get("emit")
        return found

    @property
    def is_aggregate(self) -> bool:
        return bool(self.group_by) or self.groups_all

    @property
    def persistent(self) -> bool:
        """It has keys to keep, and a window is part of them; a push query has neither."""
        return self.kind is not QueryKind.PUSH

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the sources that it and the queries inside it read, in the order of the text."""
        names: list[str] = []
        for source in self.sources:
            members = source.derived.members if source.derived else ()
            names += [name for member in members for name in member.reads] if members else [source.source.name]
        return tuple(names)


def with_missing(analysis: Analysis, columns: Sequence[Column]) -> Analysis:
    """`analysis` with NULL for each of `columns` that it has not: those the target got after the query was written."""
    names = {item.name for item in analysis.items}
    missing = [column for column in columns if column.name not in names]
    nulls = [Item(c.name, exp.Cast(this=exp.Null(), to=type_reference(c.type))) for c in missing]
    return replace(analysis, items=(*analysis.items, *nulls))
