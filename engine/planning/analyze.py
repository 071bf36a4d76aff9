"""What a query means, and those inside it: a subquery in FROM and one that WITH names are analysed and planned before the query
around them, which sees their columns as those of a source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ksql.engine.analysis.model import Analysis, Derived, QueryKind
from ksql.engine.analysis.passes import analyze_select
from ksql.engine.catalog.catalog import Catalog
from ksql.engine.errors import fail
from ksql.engine.planning.derived import derived_of
from ksql.engine.planning.planner import plan_outline
from ksql.parser import nodes

#: What a query that has no name is called.
_UNNAMED = "SUBQUERY"
#: So many sources a query may read, all in all: each is read by itself, as often as a name of WITH is used.
_MOST_SOURCES = 256


def analyze(query: exp.Expression, catalog: Catalog, properties: Mapping[str, str], *, persistent: bool) -> Analysis:
    """Work out what `query` means. Raises StatementError pointing at what is wrong."""
    if not isinstance(query, nodes.Query):
        fail(query, "a query of streams is a SELECT of the dialect", hint="a pull query (no EMIT) may be all that DuckDB runs.")
    analyzer = _Analyzer(catalog, properties)
    return analyzer.query(query.copy(), {}, QueryKind.PERSISTENT if persistent else QueryKind.PUSH)


@dataclass(frozen=True, slots=True)
class _Analyzer:
    catalog: Catalog
    properties: Mapping[str, str]

    def query(self, query: nodes.Query, known: Mapping[str, Derived], kind: QueryKind) -> Analysis:
        """query: is taken apart. known: what the WITH clauses around it have defined."""
        query = _as_select(query) if isinstance(query, nodes.UnionAll) else query
        common = self._common(query, known)
        known = {**known, **{derived.name: derived for derived in common}}
        derived = [self._source(item, known) for item in _sources(query)]
        _replace_subqueries(query)
        analysis = analyze_select(query, self.catalog, derived, kind)
        if len(analysis.reads) > _MOST_SOURCES:
            fail(query, f"the query reads {len(analysis.reads)} sources, more than {_MOST_SOURCES}", hint=_FEWER)
        return replace(analysis, common=common)

    def _common(self, query: nodes.Query, known: Mapping[str, Derived]) -> tuple[Derived, ...]:
        """What the WITH clause defines, which is taken out of `query`. Each may use those before it."""
        clause = query.args.get("with_")
        defined: dict[str, Derived] = {}
        for common in clause.expressions if clause else ():
            if common.alias in defined:
                fail(common, f"WITH defines {common.alias} twice", hint="give one of them another name.")
            defined[common.alias] = self._derived(common.this.pop(), {**known, **defined}, common.alias)
        query.set("with_", None)
        return tuple(defined.values())

    def _source(self, item: exp.Expression, known: Mapping[str, Derived]) -> Derived | None:
        """What stands in FROM, unless it is a source of the catalog."""
        return self._derived(item.this.pop(), known, "") if isinstance(item, exp.Subquery) else known.get(item.name)

    def _derived(self, query: nodes.Query, known: Mapping[str, Derived], name: str) -> Derived:
        if isinstance(query, nodes.UnionAll) and not any(query.args.get(clause) for clause in ("with_", "emit", "limit")):
            members = tuple(self.query(member.pop(), known, QueryKind.INNER) for member in list(query.expressions))
        else:
            members = (self.query(query, known, QueryKind.INNER),)
        return derived_of(name, members, [plan_outline(member, self.properties) for member in members])


_FEWER = "CREATE STREAM … AS SELECT … or CREATE TABLE … AS SELECT … does a part of it once for all."


def _as_select(query: nodes.UnionAll) -> nodes.Query:
    """SELECT * FROM (the union), with what is said of all its rows."""
    said_of_all = {clause: query.args[clause].pop() for clause in ("with_", "limit") if query.args.get(clause)}
    union = nodes.UnionAll(expressions=[member.pop() for member in list(query.expressions)])
    from_ = exp.Subquery(this=union)
    select = nodes.Query(expressions=[exp.Star()], from_=exp.From(this=from_), emit=query.args.get("emit"), **said_of_all)
    for node in (union, from_, select):
        node.meta.update(query.meta)
    return select


def _sources(query: nodes.Query) -> Sequence[exp.Expression]:
    """What FROM and JOIN name, from left to right."""
    from_ = query.args.get("from_")
    return [*([from_.this] if from_ else []), *(join.this for join in query.args.get("joins") or [])]


def _replace_subqueries(query: nodes.Query) -> None:
    """Put a name where a query stands."""
    for item in _sources(query):
        if isinstance(item, exp.Subquery):
            if not item.alias and query.args.get("joins"):
                fail(item, "a query that is joined needs a name", hint="JOIN (SELECT …) AS name ON …")
            table = exp.Table(this=exp.to_identifier(item.alias or _UNNAMED, quoted=True))
            table.meta.update(item.meta)
            item.replace(table)
