"""Formats that cannot hold what a query keeps in topics of its own, in ksqlDB: such queries are refused as they are there."""

from __future__ import annotations

import pyarrow as pa
from sqlglot import exp

from ksql.engine.aggregates.declare import Bound, Function
from ksql.engine.aggregates.once import OnceInState
from ksql.engine.analysis.model import Analysis
from ksql.engine.errors import fail
from ksql.engine.operators.groups import Groups
from ksql.engine.planning.plan import Plan, walk


def check_internal_formats(analysis: Analysis, plan: Plan, node: exp.Expression) -> None:
    """Raises StatementError. Asked of new statements only: a query that runs already goes on."""
    _check_values(analysis, node)
    if analysis.relation.origin.value_format == "DELIMITED":
        for part in walk(plan.output):
            if isinstance(part, Groups) and any(_is_nested(call.function) for call in part.calls):
                message = "the DELIMITED value format of the source cannot hold what one of the aggregates remembers"
                fail(node, message, hint="CREATE STREAM … WITH (VALUE_FORMAT='JSON') AS SELECT … copies the source.")


def _check_values(analysis: Analysis, node: exp.Expression) -> None:
    """Of this query, and of those inside it."""
    uses = "JOIN" if analysis.joins else "GROUP BY" if analysis.is_aggregate else ""
    kafka = [aliased.alias for aliased in analysis.sources if aliased.source.value_format == "KAFKA"]
    if uses and kafka:
        fail(
            node,
            f"{' and '.join(kafka)}: the KAFKA value format does not support {uses}",
            hint="declare the topic's values otherwise, or copy them: CREATE STREAM … WITH (VALUE_FORMAT='JSON') AS SELECT …",
        )
    for aliased in analysis.sources:
        for member in aliased.derived.members if aliased.derived else ():
            _check_values(member, node)


def _is_nested(function: Function) -> bool:
    """Whether an aggregate's state is more than one number or text; not of those that only we have."""
    if not isinstance(function, Bound) or isinstance(function, OnceInState):
        return False
    return len(function.state) > 1 or any(pa.types.is_nested(type_) for _, type_ in function.state)
