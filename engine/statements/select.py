"""SELECT: a push query with EMIT, a pull query without."""

from __future__ import annotations

from ksql.engine.analysis.passes import analyze
from ksql.engine.planning.planner import plan
from ksql.engine.pull_query import limit_of, pull
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
    made = plan(analysis, call.session.properties)
    made.check(engine.sql, call.node)
    return RunningPushQuery(
        call.text,
        engine.push_queries.new_id([source.name for source in made.sources]),
        made,
        engine.log,
        engine.sql,
        engine.push_queries,
        engine.report,
        latest=reads_latest(call.session.properties),
        limit=limit_of(call.node),
    )
