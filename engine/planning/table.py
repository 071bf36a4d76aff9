"""A table's rows one by one: WHERE, and what becomes of rows that satisfy it no longer."""

from __future__ import annotations

from ksql.engine.analysis.model import Analysis
from ksql.engine.catalog.definitions import Source
from ksql.engine.operators.steps import compile_sql
from ksql.engine.operators.table_view import VISIBLE
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.planning.explode import refuse_explosion
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.projection import project
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.result import split_by_key
from ksql.engine.planning.view import plan_view
from ksql.engine.types.sql_types import BIGINT, BOOLEAN


def plan_table(analysis: Analysis, relation: Relation, into: Source | None) -> Plan:
    """A view of the rows of `relation` that satisfy WHERE; only changes go through where nobody needs more."""
    refuse_explosion(analysis, "makes several rows of one, which a table cannot have", "explode a stream over its topic.")
    result = split_by_key(analysis, relation.traits, "the primary key column", into)
    where, traits = analysis.where, relation.traits
    bounds = [kept(bound, BIGINT) for bound in (WINDOW_START, WINDOW_END)] if traits.window else []
    visible = [] if where is None else [(VISIBLE, compile_sql(where, relation.scope, BOOLEAN, "the condition"))]
    # A view needs the key even if nobody has selected it.
    hidden = [] if result.keys else [(f"$key{i}", compile_sql(key.value, relation.scope)) for i, key in enumerate(traits.keys)]
    columns = project(relation, result, [*hidden, *bounds, *visible])
    refs = tuple(relation.columns)[: len(columns)]
    keys = (*(refs[: len(result.keys)] or [ref for ref, _ in hidden]), *(bound for bound, _ in bounds))
    view = plan_view(relation, keys, filtered=where is not None) if result.keys or where is not None else None
    return Plan(
        view or relation.stage(),
        columns,
        refs,
        len(result.keys),
        is_table=True,
        window=traits.window,
        partitions=traits.partitions,
        materialized=view,
    )
