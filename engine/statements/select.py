"""SELECT: a push query with EMIT, a pull query without."""

from __future__ import annotations

from ksql.engine.planning.analyze import analyze
from ksql.engine.planning.planner import plan
from ksql.engine.queries.pull_query import limit_of, pull
from ksql.engine.queries.push import RunningPushQuery
from ksql.engine.results import Result
from ksql.engine.settings import reads_latest
from ksql.engine.statements.internal_formats import check_internal_formats
from ksql.engine.statements.registry import Request, executes
from ksql.parser import nodes


@executes(nodes.Query, nodes.UnionAll, nodes.DatabaseQuery)
def select(request: Request) -> Result:
    if isinstance(request.node, nodes.Query) and request.node.args.get("emit"):
        return push(request)
    return pull(request)


def push(request: Request) -> RunningPushQuery:
    engine = request.engine
    analysis = analyze(request.node, engine.catalog, request.session.properties, persistent=False)
    made = plan(analysis, request.session.properties)
    check_internal_formats(analysis, made, request.node)
    made.check(engine.sql, request.node)
    return RunningPushQuery(
        request.text,
        engine.push_queries.new_id([source.name for source in made.sources]),
        made,
        engine.log,
        engine.sql,
        engine.push_queries,
        engine.report,
        clock=engine.clock,
        idle_timeout_ms=made.idle_timeout_ms(request.session.properties),
        latest=reads_latest(request.session.properties),
        limit=limit_of(request.node),
    )
