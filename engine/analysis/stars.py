"""`*`, `a.*`, `a->*` and `f(*)` written out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.aggregates import is_aggregate
from ksql.engine.analysis.model import RESERVED, AliasedSource, Analysis
from ksql.engine.analysis.traits import reference
from ksql.engine.errors import did_you_mean, fail
from ksql.engine.expressions.compiler import Compiler
from ksql.engine.expressions.typed import Name
from ksql.engine.types.sql_types import Struct
from ksql.parser import nodes


def expand_stars(analysis: Analysis) -> list[exp.Expression]:
    """The select list with every star replaced by the columns it stands for."""
    expanded: list[exp.Expression] = []
    for item in analysis.query.expressions:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            sources = analysis.sources if isinstance(item, exp.Star) else [_source(analysis, item)]
            if analysis.partition_by is not None and (isinstance(item, exp.Star) or not analysis.joins):
                expanded += _repartitioned(analysis, analysis.partition_by)
            else:
                made = [key.value.copy() for key in analysis.relation.made_keys] if isinstance(item, exp.Star) else []
                expanded += [*made, *(column for source in sources for column in _columns(analysis, source))]
        elif isinstance(item, nodes.StructAll):
            expanded += _fields(analysis, item)
        else:
            expanded.append(item)
    return expanded


def fill_empty_calls(analysis: Analysis) -> None:
    """An aggregate of nothing, or of a star, is one of ROWTIME; only COUNT counts the rows themselves."""
    for call in analysis.query.find_all(nodes.FunctionCall):
        if is_aggregate(call.name) and call.name != "COUNT" and not call.expressions:
            call.set("expressions", [exp.column("ROWTIME", quoted=True)])


def _columns(analysis: Analysis, source: AliasedSource) -> list[exp.Expression]:
    """All visible columns. In a persistent query a window belongs to the key."""
    names = (name for name in source.names() if not (name.hidden or (name.instant and analysis.persistent)))
    return [_shown(analysis, source, name) for name in names]


def _shown(analysis: Analysis, source: AliasedSource, name: Name) -> exp.Expression:
    """A column of a source; in a join it is called ALIAS_COLUMN."""
    column = reference(source.alias, name.column.name)
    if not analysis.joins:
        return column
    return exp.Alias(this=column, alias=exp.to_identifier(f"{source.alias}_{name.column.name}", quoted=True))


def _repartitioned(analysis: Analysis, keys: Sequence[exp.Expression]) -> list[exp.Expression]:
    """The columns of a stream that has got other keys: these, then of each source the value's and behind them those that were
    keys. As in ksqlDB, a join has its sources' pseudo columns between the two.
    """
    listed = [item.unalias() for item in analysis.query.expressions]
    taken = [_named(analysis, key) for key in keys]
    columns = [named for key, named in zip(keys, taken, strict=True) if key not in listed]
    columns += [key.value.copy() for key in analysis.relation.made_keys if key.value not in taken]
    for source in analysis.sources:
        were_keys = {column.name for column in source.source.key_columns}
        left = [column for column in _columns(analysis, source) if column not in taken]
        names = [name for name in source.names() if name.hidden and name.column.name in RESERVED and analysis.joins]
        pseudo = [_shown(analysis, source, name) for name in names]
        columns += [column for column in left if column.unalias().name not in were_keys]
        columns += [column for column in pseudo if column not in taken]
        columns += [column for column in left if column.unalias().name in were_keys]
    return columns


def _named(analysis: Analysis, key: exp.Expression) -> exp.Expression:
    """A key of PARTITION BY as `_columns` has it; itself where it is no column of a source."""
    if isinstance(key, exp.Column):
        name = analysis.scope.find(key, key.name, key.text("table"))
        source = next((source for source in analysis.sources if source.alias == name.qualifier), None)
        if source is not None:
            return _shown(analysis, source, name)
    return key.copy()


def _source(analysis: Analysis, item: exp.Column) -> AliasedSource:
    alias = item.text("table")
    for source in analysis.sources:
        if source.alias == alias:
            return source
    fail(item, f"there is no source {alias} in this query", hint=did_you_mean(alias, [s.alias for s in analysis.sources]))


def _fields(analysis: Analysis, item: nodes.StructAll) -> list[exp.Expression]:
    struct = Compiler(analysis.scope).compile(item.this)
    if not isinstance(struct.type, Struct):
        fail(item, f"->* takes the fields of a STRUCT, but this is {struct.type or 'NULL'}")
    return [
        nodes.StructDeref(this=item.this.copy(), field=exp.to_identifier(name, quoted=True)) for name, _ in struct.type.fields
    ]
