"""CREATE STREAM and CREATE TABLE over a topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from sqlglot import exp

from ksql.engine.analysis.model import RESERVED, AliasedSource
from ksql.engine.catalog.definitions import HeaderColumn, Source
from ksql.engine.errors import NotSupportedError, StatementError, fail, located
from ksql.engine.formats import bind, capabilities
from ksql.engine.planning.relation import read
from ksql.engine.results import Result
from ksql.engine.settings import IDLE_TIMEOUT
from ksql.engine.statements.formats import Formats, choose_formats, wrap_by_default
from ksql.engine.statements.registry import Request, executes
from ksql.engine.statements.replace import check_replaceable
from ksql.engine.statements.status import done, warning
from ksql.engine.statements.topics import ensure_topic
from ksql.engine.statements.with_clause import STREAM, TABLE, read_properties, written
from ksql.engine.types.names import resolve_type
from ksql.engine.types.sql_types import BYTES, STRING, Array, Column, Map, SqlType, Struct
from ksql.parser import nodes

HEADERS = Array(Struct((("KEY", STRING), ("VALUE", BYTES))))


@dataclass(slots=True)
class Columns:
    """The columns of a declaration by their role."""

    key: list[Column] = field(default_factory=list)
    value: list[Column] = field(default_factory=list)
    header: list[HeaderColumn] = field(default_factory=list)
    order: list[str] = field(default_factory=list)


@executes(nodes.CreateStream, nodes.CreateTable, alone=True)
def create_source(request: Request) -> Result:
    node = request.node
    is_table = isinstance(node, nodes.CreateTable)
    kind = "table" if is_table else "stream"
    name = node.this.name
    existing = request.engine.catalog.sources.get(name)
    if existing is not None and node.args.get("if_not_exists"):
        return warning(
            request.text, f"Cannot add {kind} `{name}`: A {existing.kind.lower()} with the same name already exists."
        )
    if node.args.get("or_replace") and node.args.get("source"):
        fail(node, "CREATE OR REPLACE does not work on SOURCE streams and tables", hint=f"DROP {kind.upper()} {name}; first.")
    source = declared_source(request, is_table=is_table)
    if existing is not None:
        if not node.args.get("or_replace"):
            raise located(
                StatementError(
                    f"Cannot add {kind} `{name}`: A {existing.kind.lower()} with the same name already exists",
                    hint=f"DROP {existing.kind} {name}; first, or CREATE OR REPLACE.",
                ),
                node,
            )
        check_replaceable(existing, source, node)
    with request.change() as transaction:
        ensure_topic(request.engine.log, transaction, source.topic, read_with(request, is_table), node)
        request.engine.catalog.change(transaction, sources={name: source})
    if existing is not None:
        request.engine.restart_queries(name)
    return done(request.text, f"{kind.capitalize()} created", kind, f"`{name}`", "create")


def read_with(request: Request, is_table: bool) -> dict[str, Any]:
    return read_properties(request.node, TABLE if is_table else STREAM)


def declared_source(request: Request, *, is_table: bool) -> Source:
    """The source a CREATE statement declares, checked."""
    node = request.node
    values = read_with(request, is_table)
    formats = choose_formats(node, values, request.session.properties)
    columns = _columns(node, formats, request.engine.catalog.types, is_table)
    if "KAFKA_TOPIC" not in values:
        fail(node, "KAFKA_TOPIC is missing", hint="WITH (KAFKA_TOPIC='name', …) names the topic to read.")
    _check_window(values, columns, node)
    if is_table:
        check_retention(values, node, windowed="WINDOW_TYPE" in values)
    topic = request.engine.log.topics().get(values["KAFKA_TOPIC"])
    source = Source(
        name=node.this.name,
        is_table=is_table,
        key_columns=tuple(columns.key),
        value_columns=tuple(columns.value),
        header_columns=tuple(columns.header),
        order=tuple(columns.order),
        topic=values["KAFKA_TOPIC"],
        key_format=formats.key,
        value_format=formats.value,
        key_options=formats.key_options,
        value_options=wrap_by_default(formats.value_options, formats.value, len(columns.value), request.session.properties),
        timestamp_column=values.get("TIMESTAMP"),
        timestamp_format=values.get("TIMESTAMP_FORMAT"),
        idle_timeout_ms=values.get(IDLE_TIMEOUT.upper()),
        windowed=values.get("WINDOW_TYPE"),
        window_size_ms=values.get("WINDOW_SIZE"),
        read_only=bool(node.args.get("source")),
        partitions=topic.partitions if topic else values.get("PARTITIONS", 1),
        replicas=topic.replicas if topic else values.get("REPLICAS", 1),
        statement=request.text,
    )
    check_source(source, node)
    return source


def check_source(source: Source, node: exp.Expression) -> None:
    """Refuse columns the formats cannot carry and a timestamp that is none. Raises StatementError."""
    with _placed(node, []):
        for column in source.key_columns:
            _check_key(column)
    with _placed(node, ["KEY_DELIMITER"], "KEY_FORMAT", "FORMAT"):
        bind(source.key_format, source.key_columns, source.key_options)
    with _placed(node, ["VALUE_DELIMITER", "WRAP_SINGLE_VALUE"], "VALUE_FORMAT", "FORMAT"):
        bind(source.value_format, source.value_columns, source.value_options)
    with _placed(node, ["TIMESTAMP_FORMAT"], "TIMESTAMP"):
        read(0, AliasedSource(source.name, source))


@contextmanager
def _placed(node: exp.Expression, properties: Sequence[str], *others: str) -> Iterator[None]:
    """Errors in here point at the one of `properties` that they name, else at the first of `others` that was written."""
    try:
        yield
    except StatementError as error:
        named = [name for name in properties if name in error.message]
        raise located(error, written(node, *named, *others)) from None


def _check_key(column: Column) -> None:
    """A map's entries have no order, so equal maps could be written as different keys."""
    if _has_map(column.type):
        raise StatementError(f"the key column {column.name} has a MAP in it: {column.type}", hint="make it a value column.")


def _has_map(type_: SqlType) -> bool:
    if isinstance(type_, Array):
        return _has_map(type_.item)
    return isinstance(type_, Map) or (isinstance(type_, Struct) and any(_has_map(inner) for _, inner in type_.fields))


def _check_window(values: Mapping[str, Any], columns: Columns, node: exp.Expression) -> None:
    window, size = values.get("WINDOW_TYPE"), values.get("WINDOW_SIZE")
    if window in ("TUMBLING", "HOPPING") and size is None:
        place = written(node, "WINDOW_TYPE")
        fail(place, f"WINDOW_SIZE is missing: a {window} window has one", hint="WINDOW_SIZE='10 SECONDS'")
    if size is not None and window in (None, "SESSION"):
        place = written(node, "WINDOW_SIZE")
        hint = "leave it out: every session has its own size." if window else "add WINDOW_TYPE, or leave WINDOW_SIZE out."
        fail(place, "WINDOW_SIZE is for TUMBLING and HOPPING windows only", hint=hint)
    if window and not columns.key:
        fail(written(node, "WINDOW_TYPE"), "a windowed source needs a key column", hint="its key is the column and the window.")


def check_retention(values: Mapping[str, Any], node: exp.Expression, *, windowed: bool) -> None:
    """A table without windows keeps every key's last row. Raises StatementError if RETENTION_MS asks for less."""
    if "RETENTION_MS" in values and not windowed:
        place = written(node, "RETENTION_MS")
        fail(place, "RETENTION_MS is for streams and windowed tables", hint="leave it out: a table keeps each key's last row.")


def _refuse_inference(node: exp.Expression, formats: Formats) -> NoReturn:
    if any(capabilities(name).registry for name in (formats.key, formats.value)):
        raise located(NotSupportedError("columns cannot be taken from a schema registry yet"), node)
    fail(node, "no columns are declared", hint=f"{formats.value} says nothing of its columns: (ID INT KEY, NAME STRING, …).")


def _columns(node: Any, formats: Formats, types: Mapping[str, SqlType], is_table: bool) -> Columns:
    columns = Columns()
    if not node.args.get("elements"):
        _refuse_inference(node, formats)
    for element in node.args["elements"]:
        _add(columns, element, resolve_type(element.args["type"], types), is_table)
    if is_table and not columns.key and capabilities(formats.key).registry:
        _refuse_inference(node, formats)
    if is_table and not columns.key:
        fail(node, f"table {node.this.name} has no PRIMARY KEY", hint="mark its key column: ID INT PRIMARY KEY.")
    return columns


def _add(columns: Columns, element: Any, type_: SqlType, is_table: bool) -> None:
    name, role = element.this.name, element.args.get("constraint")
    if name in columns.order:
        fail(element, f"column {name} is declared twice")
    refuse_reserved(element)
    columns.order.append(name)
    if role in ("KEY", "PRIMARY KEY"):
        if (role == "PRIMARY KEY") != is_table:
            right = "PRIMARY KEY" if is_table else "KEY"
            fail(
                element,
                f"a {'table' if is_table else 'stream'} has a {right}, not a {role}",
                hint=f"write {name} {type_} {right}.",
            )
        columns.key.append(Column(name, type_))
    elif role in ("HEADERS", "HEADER"):
        columns.header.append(_header(columns.header, element, name, type_))
    else:
        columns.value.append(Column(name, type_))


def refuse_reserved(element: exp.Expression) -> None:
    """Raise StatementError if the column is called like a pseudo column."""
    name = element.this.name
    if name in RESERVED:
        fail(element, f"{name} is a reserved column name", hint="every row has it already; choose another name.")


def _header(headers: Sequence[HeaderColumn], element: Any, name: str, type_: SqlType) -> HeaderColumn:
    key = element.args.get("header_key")
    key = key.name if isinstance(key, exp.Expression) else key
    expected = HEADERS if key is None else BYTES
    if type_ != expected:
        fail(
            element,
            f"column {name} takes {'all headers' if key is None else 'a header'}, so its type must be {expected}, not {type_}",
        )
    if any(h.key is None or key is None or h.key == key for h in headers):
        fail(element, "a source has either one HEADERS column or HEADER('key') columns of different keys")
    return HeaderColumn(name, type_, key)
