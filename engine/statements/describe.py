"""DESCRIBE: sources in detail."""

from __future__ import annotations

from typing import Any

from ksql.engine.catalog.definitions import HeaderColumn, Source
from ksql.engine.results import Listing, Result
from ksql.engine.runtime.runtime import RunningQuery
from ksql.engine.statements.positions import Position, Section, positions, section, summaries
from ksql.engine.statements.progress import as_text, progress
from ksql.engine.statements.registry import Request, executes
from ksql.engine.statements.schema_json import field_json
from ksql.parser import nodes


@executes(nodes.Describe)
def describe(request: Request) -> Result:
    source = request.source(request.node.this)
    extended = bool(request.node.args.get("extended"))
    entity = _source_entity(request, source, extended=extended)
    body = {"@type": "sourceDescription", "statementText": request.text, "sourceDescription": entity, "warnings": []}
    return Listing(request.text, _sections(request, source, extended=extended), body)


def _sections(request: Request, source: Source, *, extended: bool) -> list[Section]:
    """What a person sees of a source."""
    if not extended:
        return [_columns_section(source)]
    facts = [["Type", source.kind], ["Topic", f"{source.topic} (partitions: {source.partitions})"]]
    facts += [["Key format", source.key_format], ["Value format", source.value_format]]
    facts += [["Timestamp", source.timestamp_column or "record timestamp"], ["Window", _window(source)]]
    facts += [["Statement", source.statement], ["Records", str(_records(request, source))]]
    facts += [["Read by", ", ".join(request.engine.catalog.readers(source.name)) or "no query"]]
    facts += [["Written by", ", ".join(request.engine.catalog.writers(source.name)) or "no query"]]
    writers = _writers(request, source)
    found = [part for query in writers for part in progress(query)]
    return [_columns_section(source), ("Details", ["", ""], facts), *section(_positions(request, source)), *found]


def _writers(request: Request, source: Source) -> list[RunningQuery]:
    queries = request.engine.queries
    return [queries[query] for query in request.engine.catalog.writers(source.name) if query in queries]


def _window(source: Source) -> str:
    if source.windowed is None:
        return "none"
    return source.windowed + (f", {source.window_size_ms} ms" if source.window_size_ms else "")


def _positions(request: Request, source: Source) -> list[Position]:
    """Where the queries that read or write the source stand."""
    catalog = request.engine.catalog
    queries = dict.fromkeys([*catalog.readers(source.name), *catalog.writers(source.name)])
    return [position for query in queries for position in positions(request, catalog.queries[query])]


@executes(nodes.DescribeStreams)
def describe_streams(request: Request) -> Result:
    return describe_sources(request, is_table=False)


@executes(nodes.DescribeTables)
def describe_tables(request: Request) -> Result:
    return describe_sources(request, is_table=True)


def describe_sources(request: Request, *, is_table: bool) -> Result:
    """All streams or all tables, each in detail."""
    sources = sorted((s for s in request.engine.catalog.sources.values() if s.is_table == is_table), key=lambda s: s.name)
    extended = bool(request.node.args.get("extended"))
    entities = [_source_entity(request, source, extended=extended) for source in sources]
    body = {"@type": "source_descriptions", "statementText": request.text, "sourceDescriptions": entities, "warnings": []}
    sections = [part for source in sources for part in _sections(request, source, extended=extended)]
    return Listing(request.text, sections, body)


def _columns_section(source: Source) -> Section:
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


def _records(request: Request, source: Source) -> int:
    log = request.engine.log
    if source.topic not in log.topics():
        return 0
    partitions = range(log.topics()[source.topic].partitions)
    return sum(log.end_offset(source.topic, p) - log.start_offset(source.topic, p) for p in partitions)


def _source_entity(request: Request, source: Source, *, extended: bool) -> dict[str, Any]:
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
        "readQueries": [{"id": q} for q in request.engine.catalog.readers(source.name)],
        "writeQueries": [{"id": q} for q in request.engine.catalog.writers(source.name)],
        "fields": fields,
        "type": source.kind,
        "timestamp": source.timestamp_column or "",
        "statistics": "\n".join(as_text(progress(query)) for query in _writers(request, source)) if extended else "",
        "errorStats": "",
        "extended": extended,
        "keyFormat": source.key_format,
        "valueFormat": source.value_format,
        "topic": source.topic,
        "partitions": source.partitions,
        "replication": source.replicas,
        "statement": source.statement,
        "queryOffsetSummaries": summaries(_positions(request, source)) if extended else [],
        "sourceConstraints": [
            s for q in request.engine.catalog.readers(source.name) for s in [request.engine.catalog.queries[q].sink]
        ],
        "clusterStatistics": [],
        "clusterErrorStats": [],
    }
