"""EXPLAIN, and persistent queries in detail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from ksql.engine.catalog.definitions import QueryInfo
from ksql.engine.errors import fail
from ksql.engine.planning.analyze import analyze
from ksql.engine.planning.explain import describe_plan
from ksql.engine.planning.plan import Plan
from ksql.engine.planning.planner import plan
from ksql.engine.queries.pull_query import database_plan
from ksql.engine.results import Listing, Result
from ksql.engine.runtime.runtime import RunningQuery
from ksql.engine.runtime.task import group_name
from ksql.engine.statements.internal_formats import check_internal_formats
from ksql.engine.statements.positions import Section, positions, section, summaries
from ksql.engine.statements.progress import as_text, progress
from ksql.engine.statements.registry import Request, executes
from ksql.engine.statements.schema_json import field_json
from ksql.parser import nodes


@executes(nodes.Explain)
def explain(request: Request) -> Result:
    """The plan of a statement, or of a running query."""
    target = request.node.this
    catalog = request.engine.catalog
    if isinstance(target, exp.Identifier):
        return _explain_query(request, request.query(target))
    query = target.args.get("query") or target
    if isinstance(query, nodes.DatabaseQuery):
        lines = database_plan(request, query)
        body = _entity(request.text, executionPlan="\n".join(lines), queryType="PULL")
        return _listing(request, [("Plan in DuckDB", [], [[line] for line in lines])], body)
    if not isinstance(query, nodes.Query):
        fail(request.node, "EXPLAIN takes a query, or the id of one", hint="EXPLAIN SELECT …; or EXPLAIN CSAS_NAME_0;")
    properties = request.session.properties
    analysis = analyze(query, catalog, properties, persistent=query is not target)
    made = plan(analysis, properties)
    check_internal_formats(analysis, made, query)
    return _listing(request, _plan_sections(made), _plan_entity(request.text, made))


def _explain_query(request: Request, info: QueryInfo) -> Result:
    """A persistent query: what it is, does, and has done so far."""
    made, running = request.engine.plan_of(info), request.engine.queries[info.id]
    facts = [["Query ID", info.id], ["Status", running.state], ["Statement", info.statement]]
    facts += [["Reads", ", ".join(info.sources)], ["Writes", info.sink]]
    if running.error:
        facts.append(["Error", running.error])
    sections = [("Query", ["", ""], facts), *_plan_sections(made), *section(positions(request, info)), *progress(running)]
    return _listing(request, sections, _query_entity(request, running, made))


def _listing(request: Request, sections: Sequence[Section], body: dict[str, Any]) -> Listing:
    entity = {"@type": "queryDescription", "statementText": request.text, "queryDescription": body, "warnings": []}
    return Listing(request.text, sections, entity)


def _plan_sections(made: Plan) -> list[Section]:
    columns = [[column.name, str(column.type)] for column in made.columns]
    return [("Result", ["Field", "Type"], columns), ("Plan", [], [[line] for line in describe_plan(made)])]


def _query_entity(request: Request, running: RunningQuery, made: Plan) -> dict[str, Any]:
    info = running.info
    errors = [{"timestamp": 0, "errorMessage": running.error, "type": "SYSTEM"}] if running.error else []
    return _plan_entity(info.statement, made) | {
        "id": info.id,
        "sinks": [info.sink],
        "overriddenProperties": dict(info.properties),
        "queryType": "PERSISTENT",
        "queryErrors": errors,
        "tasksMetadata": summaries(positions(request, info)),
        "consumerGroupId": group_name(info.id, 0),
        "state": running.state,
        "topology": as_text(progress(running)),
    }


def _plan_entity(text: str, made: Plan) -> dict[str, Any]:
    return _entity(
        text,
        windowType=made.window and made.window.kind,
        fields=[field_json(column) for column in made.columns],
        sources=[source.name for source in made.sources],
        executionPlan="\n".join(describe_plan(made)),
    )


def _entity(text: str, **known: Any) -> dict[str, Any]:
    """A query description with what is known filled in."""
    return {
        "id": "",
        "statementText": text,
        "windowType": None,
        "fields": [],
        "sources": [],
        "sinks": [],
        "topology": "",
        "executionPlan": "",
        "overriddenProperties": {},
        "ksqlHostQueryStatus": {},
        "queryType": "PUSH",
        "queryErrors": [],
        "tasksMetadata": [],
        "consumerGroupId": "",
        "state": "",
        **known,
    }


def describe_queries(request: Request) -> Result:
    """All persistent queries in detail."""
    queries = list(request.engine.queries.values())
    entities = [_query_entity(request, query, request.engine.plan_of(query.info)) for query in queries]
    rows = [[query.id, query.state, query.error, str(query.records)] for query in queries]
    found = section(position for query in queries for position in positions(request, query.info))
    body = {"@type": "query_descriptions", "statementText": request.text, "queryDescriptions": entities, "warnings": []}
    return Listing(request.text, [("", ["Query ID", "Status", "Error", "Read since start"], rows), *found], body)
