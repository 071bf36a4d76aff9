"""A table's rows one by one: WHERE, and what becomes of rows that satisfy it no longer."""

from __future__ import annotations

from ksql.engine.analysis.model import Analysis, QueryKind
from ksql.engine.catalog.definitions import Source
from ksql.engine.operators.steps import compile_sql
from ksql.engine.planning.explode import refuse_explosion
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.projection import planned, project_table
from ksql.engine.planning.relation import Relation
from ksql.engine.planning.result import split_by_key
from ksql.engine.planning.view import plan_view
from ksql.engine.types.sql_types import BOOLEAN


def plan_table(analysis: Analysis, relation: Relation, into: Source | None) -> Plan:
    """A view of the rows of `relation` that satisfy WHERE; only changes go through where nobody needs more."""
    refuse_explosion(analysis, "makes several rows of one, which a table cannot have", "explode a stream over its topic.")
    result = split_by_key(analysis, relation.traits, "the primary key column", into)
    where = None if analysis.where is None else compile_sql(analysis.where, relation.scope, BOOLEAN, "the condition")
    keys = [(f"$key{i}", compile_sql(key.value, relation.scope)) for i, key in enumerate(relation.traits.keys)]
    kept_by = project_table(relation, result, keys, where)
    # Of what is only passed on, a pull query wants to know the rows; and no query around this one can be asked.
    kept_for_pull = bool(result.keys) and analysis.kind is not QueryKind.INNER
    view = plan_view(relation, kept_by, filtered=where is not None) if kept_for_pull or where is not None else None
    return planned(relation, result, view or relation.stage(), materialized=view)
