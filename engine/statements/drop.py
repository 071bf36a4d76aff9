"""DROP STREAM/TABLE, DROP TYPE, CREATE TYPE, ALTER."""

from __future__ import annotations

from dataclasses import replace

from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import StatementError, did_you_mean, fail, located
from ksql.engine.results import Result
from ksql.engine.statements.declare import check_source, refuse_reserved
from ksql.engine.statements.registry import Request, executes
from ksql.engine.statements.status import done, warning
from ksql.engine.types.names import resolve_type
from ksql.engine.types.sql_types import Column
from ksql.parser import nodes


@executes(nodes.DropStream, nodes.DropTable, alone=True)
def drop_source(request: Request) -> Result:
    """Remove a source and the query that fills it; refused while other queries use it."""
    node, engine = request.node, request.engine
    name = node.this.name
    kind = "table" if isinstance(node, nodes.DropTable) else "stream"
    source = engine.catalog.sources.get(name)
    if source is None:
        if node.args.get("if_exists"):
            return warning(request.text, f"Source `{name}` does not exist.")
        hint = did_you_mean(name, engine.catalog.sources) or f"SHOW {kind.upper()}S; lists what does."
        fail(node.this, f"Source {name} does not exist", hint=hint)
    if source.is_table != (kind == "table"):
        fail(node, f"{name} is a {source.kind.lower()}, not a {kind}", hint=f"DROP {source.kind} {name};")
    _check_unused(request, name, source.query_id)
    if node.args.get("delete_topic"):
        _check_topic_unused(request, source)
    with engine.stopped(source.query_id), request.change() as transaction:
        if node.args.get("delete_topic") and source.topic in engine.log.topics():
            transaction.delete_topic(source.topic)
        engine.forget_state(transaction, source.query_id)
        engine.catalog.change(transaction, sources={name: None}, queries={source.query_id: None} if source.query_id else {})
    return done(request.text, f"Source `{name}` (topic: {source.topic}) was dropped.", kind, f"`{name}`", "drop")


def _check_unused(request: Request, name: str, own_query: str | None) -> None:
    catalog = request.engine.catalog
    readers = catalog.readers(name)
    writers = [query for query in catalog.writers(name) if query != own_query]
    if readers or writers:
        raise located(
            StatementError(
                f"{name} is in use",
                detail=f"The following queries read from this source: [{', '.join(readers)}].\n"
                f"The following queries write into this source: [{', '.join(writers)}].",
                hint=f"TERMINATE {(readers + writers)[0]}; first.",
            ),
            request.node,
        )


def _check_topic_unused(request: Request, source: Source) -> None:
    if source.read_only:
        fail(request.node, f"the topic of {source.name} cannot be deleted: it was declared with SOURCE and is read-only")
    others = [s for s in request.engine.catalog.sources.values() if s.topic == source.topic and s.name != source.name]
    if others:
        hint = f"DROP {others[0].kind} {others[0].name}; first, or leave DELETE TOPIC away."
        fail(request.node, f"the topic {source.topic} cannot be deleted: {others[0].name} has it, too", hint=hint)


@executes(nodes.CreateType, alone=True)
def create_type(request: Request) -> Result:
    name, types = request.node.this.name, request.engine.catalog.types
    if name in types:
        if request.node.args.get("if_not_exists"):
            return warning(request.text, f"{name} is already registered with type {types[name]}")
        fail(request.node, f"there is a type called {name} already: {types[name]}", hint=f"DROP TYPE {name}; first.")
    type_ = resolve_type(request.node.args["type"], types)
    with request.change() as transaction:
        request.engine.catalog.change(transaction, types={name: type_})
    return done(request.text, f"Registered custom type with name '{name}' and SQL type {type_}", "type", name, "create")


@executes(nodes.DropType, alone=True)
def drop_type(request: Request) -> Result:
    name = request.node.this.name
    if name not in request.engine.catalog.types:
        if request.node.args.get("if_exists"):
            return warning(request.text, f"Type '{name}' does not exist")
        hint = did_you_mean(name, request.engine.catalog.types) or "SHOW TYPES; lists what does."
        fail(request.node.this, f"Type {name} does not exist", hint=hint)
    with request.change() as transaction:
        request.engine.catalog.change(transaction, types={name: None})
    return done(request.text, f"Dropped type '{name}'", "type", name, "drop")


@executes(nodes.AlterStream, nodes.AlterTable, alone=True)
def alter(request: Request) -> Result:
    """Add value columns to a source made by a plain CREATE."""
    node, catalog = request.node, request.engine.catalog
    source = request.source(node.this)
    kind = "table" if isinstance(node, nodes.AlterTable) else "stream"
    if source.is_table != (kind == "table"):
        fail(node, f"{source.name} is a {source.kind.lower()}, not a {kind}", hint=f"ALTER {source.kind} {source.name} ADD …")
    if source.query_id:
        fail(
            node,
            f"{source.name} is filled by a query and cannot be altered",
            hint="CREATE OR REPLACE … AS SELECT changes the query.",
        )
    if source.read_only:
        fail(node, f"{source.name} was declared with SOURCE and cannot be altered")
    added = [Column(c.this.name, resolve_type(c.args["type"], catalog.types)) for c in node.args["columns"]]
    names = [c.name for c in source.columns]
    for written, column in zip(node.args["columns"], added, strict=True):
        if column.name in names:
            fail(written, f"{source.name} has a column {column.name} already")
        refuse_reserved(written)
        names.append(column.name)
    changed = replace(source, value_columns=(*source.value_columns, *added), order=tuple(names))
    check_source(changed, node)
    with request.change() as transaction:
        catalog.change(transaction, sources={source.name: changed})
    request.engine.restart_queries(source.name)
    return done(request.text, f"{kind.capitalize()} {source.name} altered successfully.", kind, f"`{source.name}`", "alter")
