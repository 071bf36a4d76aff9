"""A relation under construction: an input, the stateless steps over it so far, and the names expressions may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from ksql.engine.analysis.model import AliasedSource
from ksql.engine.analysis.traits import Traits
from ksql.engine.expressions.typed import WINDOW_BOUNDS, Name, Refs, Scope
from ksql.engine.formats import bind
from ksql.engine.operators.batch import Node
from ksql.engine.operators.source import SourceInput
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.steps import Filter, Project, Retime, Sql, Step, compile_sql
from ksql.engine.operators.timed_source import TimedSource
from ksql.engine.planning.timestamps import timestamp_sql
from ksql.engine.types.sql_types import BOOLEAN, SqlType, quote_duckdb


@dataclass(slots=True)
class Relation:
    """`names` give the scope; `columns` are all data columns the last step makes, by ref; `traits` are what else is known."""

    input: SourceInput | Node
    names: tuple[Name, ...]
    columns: dict[str, SqlType]
    traits: Traits
    steps: list[Step] = field(default_factory=list)

    @property
    def scope(self) -> Scope:
        return Scope(self.names)

    def filter(self, condition: exp.Expression) -> None:
        """Keep the rows of a stream for which `condition` is true."""
        self.steps.append(Filter(compile_sql(condition, self.scope, BOOLEAN, "the condition")))

    def filter_sql(self, condition: str) -> None:
        self.steps.append(Filter(Sql(condition, condition)))

    def project(self, columns: Sequence[tuple[str, Sql]], names: Sequence[Name]) -> None:
        """Replace the data columns. `columns` are (ref, SQL of known type)."""
        self.steps.append(Project(tuple(columns)))
        self.columns = {ref: sql.type for ref, sql in columns if sql.type is not None}
        self.names = tuple(names)

    def stage(self) -> Stage:
        return Stage(self.input, self.steps, self.columns)


def kept(ref: str, type_: SqlType) -> tuple[str, Sql]:
    """A column that a projection passes on as it is."""
    sql = quote_duckdb(ref)
    return ref, Sql(sql, sql, type_)


def read(index: int, aliased: AliasedSource, among: Refs | None = None, *, alone: bool = True) -> Relation:
    """The relation of a source's rows, with the timestamp its declaration asks for.

    among: the refs of a join's other sources; its own then carry the alias. alone: the query reads nothing else.
    """
    source = aliased.source
    prefix, refs = among is not None, among or Refs()
    by_name = {column.name: refs.new(f"{aliased.alias}.{column.name}" if prefix else column.name) for column in source.columns}
    if source.windowed:
        by_name |= {bound: bound for bound in WINDOW_BOUNDS if bound not in by_name}
    key_decoder, _ = bind(source.key_format, source.key_columns, source.key_options)
    value_decoder, _ = bind(source.value_format, source.value_columns, source.value_options)
    input_ = SourceInput(index, source, key_decoder, value_decoder, by_name)
    names = tuple(_with_ref(name, by_name) for name in aliased.names())
    relation = Relation(input_, names, {n.ref: n.column.type for n in names if not n.hidden}, aliased.traits)
    if source.timestamp_column:
        retime = Retime(timestamp_sql(source.timestamp_column, source.timestamp_format, relation.scope))
        if not alone or source.partitions > 1:
            relation.input = TimedSource(input_, retime, relation.columns)
        else:
            relation.steps.append(retime)
    return relation


def _with_ref(name: Name, by_name: Mapping[str, str]) -> Name:
    ref = by_name.get(name.column.name, name.ref)
    return Name(name.qualifier, name.column, ref, nullable=name.nullable, instant=name.instant, hidden=name.hidden)
