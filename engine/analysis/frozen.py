"""A query written so that it means the same for ever: with its stars written out, and custom types resolved."""

from __future__ import annotations

from sqlglot import exp

from ksql.engine.analysis.model import Analysis, Derived, Item
from ksql.parser import nodes


def frozen_query(analysis: Analysis) -> nodes.Query:
    """The query, and those inside it."""
    query = analysis.query.copy()
    query.set("expressions", [_aliased(item) for item in analysis.items if not item.hidden])
    items = [query.args["from_"].this, *(join.this for join in query.args.get("joins") or [])]
    for item, source in zip(items, analysis.sources, strict=True):
        if source.derived is not None and not source.derived.name:
            alias = exp.TableAlias(this=exp.to_identifier(source.alias, quoted=True))
            item.replace(exp.Subquery(this=_frozen(source.derived), alias=alias))
    if analysis.common:
        query.set("with_", exp.With(expressions=[_common(derived) for derived in analysis.common]))
    return query


def _aliased(item: Item) -> exp.Expression:
    return exp.Alias(this=item.expression.copy(), alias=exp.to_identifier(item.name, quoted=True))


def _common(derived: Derived) -> exp.Expression:
    alias = exp.TableAlias(this=exp.to_identifier(derived.name, quoted=True))
    return exp.CTE(this=_frozen(derived), alias=alias)


def _frozen(derived: Derived) -> nodes.Query:
    members = [frozen_query(member) for member in derived.members]
    return members[0] if len(members) == 1 else nodes.UnionAll(expressions=members)
