"""A stream's rows one by one: WHERE, table functions, PARTITION BY."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ksql.engine.analysis.model import Analysis
from ksql.engine.analysis.names import free_columns
from ksql.engine.analysis.traits import Traits
from ksql.engine.catalog.definitions import Source
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START
from ksql.engine.planning.explode import plan_explode
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.projection import planned, project
from ksql.engine.planning.relation import Relation, kept
from ksql.engine.planning.result import Result, split, split_by_key
from ksql.engine.settings import LENIENT_KEYS, is_on
from ksql.engine.types.sql_types import BIGINT

_WHAT = "the key column"


def plan_stream(analysis: Analysis, relation: Relation, properties: Mapping[str, str], into: Source | None) -> Plan:
    """The rows of `relation` that satisfy WHERE, as the SELECT list wants them."""
    if analysis.where is not None:
        relation.filter(analysis.where)
    analysis = plan_explode(analysis, relation)
    # Key columns in the order of the SELECT list, and no key if one is missing.
    lenient, traits = is_on(properties, LENIENT_KEYS), relation.traits
    if analysis.partition_by is None:
        result = split_by_key(analysis, traits, _WHAT, into, lenient=lenient)
    else:
        result = split(analysis, [[key] for key in analysis.partition_by], _WHAT, into, lenient=lenient)
    bounds = [kept(name, BIGINT) for name in (WINDOW_START, WINDOW_END)] if traits.window else []
    project(relation, result, bounds, absent=_keys_of_values(analysis, traits, result), into=into)
    if analysis.partition_by is not None and not traits.is_keyed_by(*analysis.partition_by):
        relation.traits = replace(traits, is_misplaced=True)
    return planned(relation, result, relation.stage(), keeps_key=analysis.partition_by is None)


def _keys_of_values(analysis: Analysis, traits: Traits, result: Result) -> set[str]:
    """The keys that PARTITION BY makes of more than a record's key: those a record without a value has not."""
    if analysis.partition_by is None:
        return set()
    known = {column for key in traits.keys for column in key.columns}
    return {item.name for item in result.keys if not known.issuperset(free_columns(item.expression))}
