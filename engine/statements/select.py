"""SELECT: a push query with EMIT, a pull query without."""

from __future__ import annotations

from sqlglot import exp

from ksql.engine.analysis.passes import analyze
from ksql.engine.errors import StatementError
from ksql.engine.planning.planner import plan
from ksql.engine.pull_query import pull
from ksql.engine.push import RunningPushQuery
from ksql.engine.results import Result
from ksql.engine.settings import reads_latest
from ksql.engine.statements.registry import Call, executes
from ksql.parser import nodes


@executes(nodes.Query, nodes.DatabaseQuery)
def select(call: Call) -> Result:
    if isinstance(call.node, nodes.Query) and call.node.args.get("emit"):
        return push(call)
    return pull(call)


def push(call: Call) -> RunningPushQuery:
    engine = call.engine
    analysis = analyze(call.node, engine.catalog, persistent=False)
    made = plan(analysis)
    return RunningPushQuery(
        call.text,
        engine.push_queries.new_id([source.name for source in made.sources]),
        made,
        engine.log,
        engine.cursor(),
        engine.push_queries,
        engine.report,
        latest=reads_latest(call.session.properties),
        limit=limit_of(call.node),
    )


def limit_of(query: exp.Expression) -> int | None:
    """The LIMIT of a query. Raises StatementError unless it is a whole number."""
    clause = query.args.get("limit")
    if clause is None:
        return None
    number = clause.expression
    if not isinstance(number, exp.Literal) or number.is_string or not number.this.isdigit():
        raise StatementError("LIMIT takes a whole number")
    return int(number.this)
