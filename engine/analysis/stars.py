"""`*`, `a.*`, `a->*` and `f(*)` written out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ksql.engine.aggregates import is_aggregate
from ksql.engine.analysis.model import AliasedSource, Analysis
from ksql.engine.analysis.traits import reference
from ksql.engine.errors import did_you_mean, fail
from ksql.engine.expressions.compiler import Compiler
from ksql.engine.types.sql_types import Struct
from ksql.parser import nodes


def expand_stars(analysis: Analysis) -> list[exp.Expression]:
    """The select list with every star replaced by the columns it stands for."""
    expanded: list[exp.Expression] = []
    for item in analysis.query.expressions:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            sources = analysis.sources if isinstance(item, exp.Star) else [_source(analysis, item)]
            if analysis.partition_by is not None and not analysis.joins:
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
    """All visible columns; in a join each is called ALIAS_COLUMN. In a persistent query a window belongs to the key."""
    columns: list[exp.Expression] = []
    for name in source.names():
        if name.hidden or (name.instant and analysis.persistent):
            continue
        column = reference(source.alias, name.column.name)
        if analysis.joins:
            alias = exp.to_identifier(f"{source.alias}_{name.column.name}", quoted=True)
            columns.append(exp.Alias(this=column, alias=alias))
        else:
            columns.append(column)
    return columns


def _repartitioned(analysis: Analysis, keys: Sequence[exp.Expression]) -> list[exp.Expression]:
    """The columns of a stream that has got other keys: these, the value's, and behind them those that were keys."""
    (source,) = analysis.sources
    listed = [item.unalias() for item in analysis.query.expressions]
    taken = {key.name for key in keys if isinstance(key, exp.Column)}
    were_keys = {column.name for column in source.source.key_columns}
    left = [column for column in _columns(analysis, source) if column.name not in taken]
    return [
        *(key.copy() for key in keys if key not in listed),
        *(column for column in left if column.name not in were_keys),
        *(column for column in left if column.name in were_keys),
    ]


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
