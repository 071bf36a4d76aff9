"""SHOW: what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ksql.engine.aggregates import AGGREGATES
from ksql.engine.catalog.definitions import Source
from ksql.engine.functions import functions
from ksql.engine.results import Listing, Result
from ksql.engine.settings import shown
from ksql.engine.statements.describe import describe_sources
from ksql.engine.statements.explain import describe_queries
from ksql.engine.statements.registry import Request, executes
from ksql.parser import nodes

#: Topics of the engine itself begin so; SHOW ALL TOPICS lists them too.
INTERNAL = ("_ksql", "__")


def listing(
    request: Request,
    kind: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    entity: dict[str, Any],
    title: str = "",
) -> Listing:
    """One table for people; `entity` is the REST body beside @type and statementText."""
    return Listing(
        request.text, [(title, headers, rows)], {"@type": kind, "statementText": request.text, **entity, "warnings": []}
    )


@executes(nodes.ShowStreams)
def show_streams(request: Request) -> Result:
    return _show_sources(request, is_table=False)


@executes(nodes.ShowTables)
def show_tables(request: Request) -> Result:
    return _show_sources(request, is_table=True)


def _show_sources(request: Request, *, is_table: bool) -> Result:
    if request.node.args.get("extended"):
        return describe_sources(request, is_table=is_table)
    sources = sorted((s for s in request.engine.catalog.sources.values() if s.is_table == is_table), key=lambda s: s.name)
    plain = [_plain(source) for source in sources]
    kind = "tables" if is_table else "streams"
    rows = [[p["name"], p["topic"], p["keyFormat"], p["valueFormat"], str(p["isWindowed"]).lower()] for p in plain]
    headers = [f"{'Table' if is_table else 'Stream'} Name", "Kafka Topic", "Key Format", "Value Format", "Windowed"]
    return listing(request, kind, headers, rows, {kind: plain})


def _plain(source: Source) -> dict[str, Any]:
    return {
        "type": source.kind,
        "name": source.name,
        "topic": source.topic,
        "keyFormat": source.key_format,
        "valueFormat": source.value_format,
        "isWindowed": source.windowed is not None,
    }


@executes(nodes.ShowTopics)
def show_topics(request: Request) -> Result:
    hidden = () if request.node.args.get("all") else INTERNAL
    topics = {
        name: config
        for name, config in sorted(request.engine.log.topics().items())
        if not name.startswith(tuple(hidden) or ("\0",))
    }
    extended = bool(request.node.args.get("extended"))
    rows: list[list[str]] = []
    plain: list[dict[str, Any]] = []
    for name, config in topics.items():
        plain.append({"name": name, "replicaInfo": [config.replicas] * config.partitions})
        rows.append([name, str(config.partitions), str(config.replicas)])
        if extended:
            groups = [g for g in request.engine.log.groups() if any(t == name for t, _ in request.engine.log.committed(g))]
            plain[-1] |= {"consumerCount": len(groups), "consumerGroupCount": len(groups)}
            rows[-1] += [str(len(groups)), str(len(groups))]
    headers = ["Kafka Topic", "Partitions", "Partition Replicas"] + (["Consumers", "ConsumerGroups"] if extended else [])
    return listing(request, "kafka_topics_extended" if extended else "kafka_topics", headers, rows, {"topics": plain})


@executes(nodes.ShowQueries)
def show_queries(request: Request) -> Result:
    if request.node.args.get("extended"):
        return describe_queries(request)
    engine = request.engine
    plain = []
    for query in engine.queries.values():
        sink = engine.catalog.sources.get(query.info.sink)
        plain.append(_query(query.info.id, "PERSISTENT", query.state, query.info.statement, [sink] if sink else []))
    plain += [_query(q.query_id, "PUSH", "RUNNING", q.statement, []) for q in engine.push_queries.running]
    rows = [
        [p["id"], p["queryType"], p["state"], ", ".join(p["sinks"]), ", ".join(p["sinkKafkaTopics"]), p["queryString"]]
        for p in plain
    ]
    headers = ["Query ID", "Query Type", "Status", "Sink Name", "Sink Kafka Topic", "Query String"]
    return listing(request, "queries", headers, rows, {"queries": plain})


def _query(query_id: str, kind: str, state: str, text: str, sinks: Sequence[Source]) -> dict[str, Any]:
    return {
        "id": query_id,
        "queryType": kind,
        "state": state,
        "queryString": text,
        "sinks": [sink.name for sink in sinks],
        "sinkKafkaTopics": [sink.topic for sink in sinks],
        "statusCount": {state: 1},
    }


@executes(nodes.ShowProperties)
def show_properties(request: Request) -> Result:
    """Every property that has an effect or was given: its default, the server's value, or the session's."""
    config, given = request.engine.config, request.session.properties
    rows, plain = [], []
    for setting in shown(given):
        value = given.get(setting.name, setting.default)
        level = "SESSION" if setting.name in given and config.get(setting.name) != value else "SERVER"
        rows.append([setting.name, "SESSION" if level == "SESSION" else "", value, setting.doc])
        editable = not setting.of_server
        plain.append({"name": setting.name, "scope": "KSQL", "level": level, "value": value, "editable": editable})
    entity = {
        "properties": plain,
        "overwrittenProperties": [p["name"] for p in plain if p["level"] == "SESSION"],
        "defaultProperties": [p["name"] for p in plain if p["name"] not in given],
    }
    return listing(request, "properties", ["Property", "Override", "Value", "Meaning"], rows, entity)


@executes(nodes.ShowFunctions)
def show_functions(request: Request) -> Result:
    known = [(name, "SCALAR" if f.kind == "scalar" else "TABLE", f.category) for name, f in functions().items()]
    known += [(name, "AGGREGATE", "AGGREGATE") for name in AGGREGATES]
    rows = [list(row) for row in sorted(known)]
    plain = [{"name": name, "type": type_, "category": category} for name, type_, category in rows]
    return listing(request, "function_names", ["Function Name", "Type", "Category"], rows, {"functions": plain})


@executes(nodes.ShowTypes)
def show_types(request: Request) -> Result:
    types = request.engine.catalog.types
    rows = [[name, str(type_)] for name, type_ in sorted(types.items())]
    return listing(request, "type_list", ["Type Name", "Schema"], rows, {"types": dict(rows)})


@executes(nodes.ShowVariables)
def show_variables(request: Request) -> Result:
    rows = [[name, value] for name, value in sorted(request.session.variables.items())]
    plain = [{"name": name, "value": value} for name, value in rows]
    return listing(request, "variables", ["Variable Name", "Value"], rows, {"variables": plain})
