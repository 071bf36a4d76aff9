"""DESCRIBE and EXPLAIN: one thing in detail."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from ksql.engine.aggregates import AGGREGATES
from ksql.engine.analysis.passes import analyze
from ksql.engine.definitions import HeaderColumn, Source
from ksql.engine.errors import fail
from ksql.engine.functions import functions
from ksql.engine.plan import Plan
from ksql.engine.planning.explain import describe_plan
from ksql.engine.planning.planner import plan
from ksql.engine.results import Listing, Result
from ksql.engine.statements.registry import Call, executes
from ksql.engine.statements.schema_json import field_json
from ksql.engine.suggest import did_you_mean
from ksql.parser import nodes


@executes(nodes.Describe)
def describe(call: Call) -> Result:
    source = call.source(call.node.this)
    extended = bool(call.node.args.get("extended"))
    sections = [_columns_section(source)]
    entity = _source_entity(call, source, extended=extended)
    if extended:
        facts = [["Type", source.kind], ["Topic", f"{source.topic} (partitions: {source.partitions})"]]
        facts += [["Key format", source.key_format], ["Value format", source.value_format]]
        facts += [["Timestamp", source.timestamp_column or "record timestamp"], ["Window", source.windowed or "none"]]
        facts += [["Statement", source.statement], ["Records", str(_records(call, source))]]
        facts += [["Read by", ", ".join(call.engine.catalog.readers(source.name)) or "no query"]]
        facts += [["Written by", ", ".join(call.engine.catalog.writers(source.name)) or "no query"]]
        sections.append(("Details", ["", ""], facts))
    return Listing(
        call.text,
        sections,
        {"@type": "sourceDescription", "statementText": call.text, "sourceDescription": entity, "warnings": []},
    )


@executes(nodes.DescribeStreams)
def describe_streams(call: Call) -> Result:
    return describe_sources(call, is_table=False)


@executes(nodes.DescribeTables)
def describe_tables(call: Call) -> Result:
    return describe_sources(call, is_table=True)


def describe_sources(call: Call, *, is_table: bool) -> Result:
    """All streams or all tables, each in detail."""
    sources = sorted((s for s in call.engine.catalog.sources.values() if s.is_table == is_table), key=lambda s: s.name)
    extended = bool(call.node.args.get("extended"))
    entities = [_source_entity(call, source, extended=extended) for source in sources]
    body = {"@type": "source_descriptions", "statementText": call.text, "sourceDescriptions": entities, "warnings": []}
    return Listing(call.text, [_columns_section(source) for source in sources], body)


def describe_queries(call: Call) -> Result:
    """All persistent queries in detail."""
    entities = []
    rows = []
    for query in call.engine.queries.values():
        made = call.engine.plan_of(query.info)
        entities.append(_query_entity(query.info.id, query.info.statement, made, query.state))
        rows.append([query.info.id, query.state, query.error, str(query.records)])
    body = {"@type": "query_descriptions", "statementText": call.text, "queryDescriptions": entities, "warnings": []}
    return Listing(call.text, [("", ["Query ID", "Status", "Error", "Records read"], rows)], body)


def _columns_section(source: Source) -> tuple[str, list[str], list[list[str]]]:
    rows = []
    keys = {column.name for column in source.key_columns}
    for column in source.columns:
        role = ""
        if column.name in keys:
            role = "primary key" if source.is_table else "key"
        elif isinstance(column, HeaderColumn):
            role = "headers" if column.key is None else f"header('{column.key}')"
        rows.append([column.name, str(column.type), role])
    return f"{source.kind} {source.name}", ["Field", "Type", "Role"], rows


def _records(call: Call, source: Source) -> int:
    log = call.engine.log
    if source.topic not in log.topics():
        return 0
    partitions = range(log.topics()[source.topic].partitions)
    return sum(log.end_offset(source.topic, p) - log.start_offset(source.topic, p) for p in partitions)


def _source_entity(call: Call, source: Source, *, extended: bool) -> dict[str, Any]:
    keys = {column.name for column in source.key_columns}
    fields = []
    for column in source.columns:
        field = field_json(column)
        if column.name in keys:
            field["type"] = "KEY"
        elif isinstance(column, HeaderColumn):
            field |= {"type": "HEADER", "headerKey": column.key}
        fields.append(field)
    return {
        "name": source.name,
        "windowType": source.windowed,
        "readQueries": [{"id": q} for q in call.engine.catalog.readers(source.name)],
        "writeQueries": [{"id": q} for q in call.engine.catalog.writers(source.name)],
        "fields": fields,
        "type": source.kind,
        "timestamp": source.timestamp_column or "",
        "statistics": "",
        "errorStats": "",
        "extended": extended,
        "keyFormat": source.key_format,
        "valueFormat": source.value_format,
        "topic": source.topic,
        "partitions": source.partitions,
        "replication": source.replicas,
        "statement": source.statement,
        "queryOffsetSummaries": [],
        "sourceConstraints": [
            s for q in call.engine.catalog.readers(source.name) for s in [call.engine.catalog.queries[q].sink]
        ],
        "clusterStatistics": [],
        "clusterErrorStats": [],
    }


@executes(nodes.DescribeFunction)
def describe_function(call: Call) -> Result:
    name = call.node.this.name.upper()
    scalars = functions()
    if name in scalars:
        found = scalars[name]
        kind, doc, signatures = found.kind.upper(), found.doc, [str(s) for s in found.signatures]
    elif name in AGGREGATES:
        declared = AGGREGATES[name]
        kind, doc, signatures = "AGGREGATE", declared.doc, list(declared.signatures)
    else:
        fail(
            call.node,
            f"there is no function {name}",
            hint=did_you_mean(name, [*scalars, *AGGREGATES]) or "SHOW FUNCTIONS; lists them.",
        )
    variations = [{"arguments": [], "returnType": "", "description": text} for text in signatures]
    entity = {
        "@type": "describe_function",
        "statementText": call.text,
        "name": name,
        "description": doc,
        "author": "ksql",
        "version": "",
        "path": "internal",
        "type": kind,
        "functions": variations,
        "warnings": [],
    }
    return Listing(
        call.text, [(f"{kind} {name}", [], [[doc]]), ("Signatures", ["Signature"], [[s] for s in signatures])], entity
    )


@executes(nodes.Explain)
def explain(call: Call) -> Result:
    """The plan of a statement, or of a running query."""
    target = call.node.this
    catalog = call.engine.catalog
    if isinstance(target, exp.Identifier):
        info = catalog.queries.get(target.name)
        if info is None:
            fail(call.node, f"there is no query {target.name}", hint=did_you_mean(target.name, catalog.queries))
        made, text, query_id = call.engine.plan_of(info), info.statement, info.id
        state = call.engine.queries[info.id].state
    else:
        query = target.args.get("query") or target
        if not isinstance(query, nodes.Query):
            fail(call.node, "EXPLAIN takes a query, or the id of one", hint="EXPLAIN SELECT …; or EXPLAIN CSAS_NAME_0;")
        analysis = analyze(query, catalog, persistent=query is not target)
        made, text, query_id, state = plan(analysis, call.session.properties), call.text, "", ""
    lines = describe_plan(made)
    fields = [field_json(column) for column in made.columns]
    section = ("Result", ["Field", "Type"], [[c.name, str(c.type)] for c in made.columns])
    body = _query_entity(query_id, text, made, state)
    body |= {"fields": fields, "executionPlan": "\n".join(lines)}
    entity = {"@type": "queryDescription", "statementText": call.text, "queryDescription": body, "warnings": []}
    return Listing(call.text, [section, ("Plan", [], [[line] for line in lines])], entity)


def _query_entity(query_id: str, text: str, made: Plan, state: str) -> dict[str, Any]:
    return {
        "id": query_id,
        "statementText": text,
        "windowType": made.windowed,
        "fields": [field_json(column) for column in made.columns],
        "sources": [source.name for source in made.sources],
        "sinks": [],
        "topology": "",
        "executionPlan": "\n".join(describe_plan(made)),
        "overriddenProperties": {},
        "ksqlHostQueryStatus": {},
        "queryType": "PERSISTENT" if query_id else "PUSH",
        "queryErrors": [],
        "tasksMetadata": [],
        "consumerGroupId": "",
        "state": state,
    }
