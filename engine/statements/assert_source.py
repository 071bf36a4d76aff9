"""ASSERT STREAM and ASSERT TABLE: what a source is like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import AssertionFailedError, located
from ksql.engine.results import Message, Result
from ksql.engine.settings import IDLE_TIMEOUT
from ksql.engine.statements.assert_records import refuse_outside_of_tests
from ksql.engine.statements.registry import Request, executes
from ksql.engine.statements.with_clause import STREAM, TABLE, read_properties
from ksql.engine.types.names import resolve_type
from ksql.parser import nodes

#: What of a source the properties of WITH speak of.
_PROPERTIES: Mapping[str, Callable[[Source], Any]] = {
    "KAFKA_TOPIC": lambda source: source.topic,
    "KEY_FORMAT": lambda source: source.key_format,
    "VALUE_FORMAT": lambda source: source.value_format,
    "FORMAT": lambda source: source.value_format if source.value_format == source.key_format else None,
    "KEY_DELIMITER": lambda source: source.key_options.delimiter,
    "VALUE_DELIMITER": lambda source: source.value_options.delimiter,
    "WRAP_SINGLE_VALUE": lambda source: source.value_options.wrap_single,
    "PARTITIONS": lambda source: source.partitions,
    "REPLICAS": lambda source: source.replicas,
    "TIMESTAMP": lambda source: source.timestamp_column,
    "TIMESTAMP_FORMAT": lambda source: source.timestamp_format,
    IDLE_TIMEOUT.upper(): lambda source: source.idle_timeout_ms,
    "WINDOW_TYPE": lambda source: source.windowed,
    "WINDOW_SIZE": lambda source: source.window_size_ms,
}


@executes(nodes.AssertStream, nodes.AssertTable)
def assert_source(request: Request) -> Result:
    refuse_outside_of_tests(request)
    source = request.source(request.node.this)
    kind = "TABLE" if isinstance(request.node, nodes.AssertTable) else "STREAM"
    problem = "" if source.kind == kind else f"it is a {source.kind.lower()}"
    problem = problem or _other_columns(request, source) or _other_properties(request, source)
    if problem:
        raise located(AssertionFailedError(f"{source.name} is not as asserted", detail=problem), request.node)
    return Message(request.text, f"{source.kind.capitalize()} {source.name} is as asserted.")


def _other_columns(request: Request, source: Source) -> str:
    """What differs in the columns; '' when nothing does, or none are asserted."""
    elements = request.node.args.get("elements")
    if not elements:
        return ""
    types = request.engine.catalog.types
    asserted = [_shown(e.this.name, str(resolve_type(e.args["type"], types)), e.args.get("constraint")) for e in elements]
    keys, headers = set(source.key_columns), set(source.header_columns)
    key = "PRIMARY KEY" if source.is_table else "KEY"
    actual = [_shown(c.name, str(c.type), key if c in keys else "HEADERS" if c in headers else None) for c in source.columns]
    return "" if asserted == actual else f"asserted: {', '.join(asserted)}\nit has:   {', '.join(actual)}"


def _shown(name: str, type_: str, role: str | None) -> str:
    role = "HEADERS" if role == "HEADER" else role
    return f"{name} {type_}" + (f" {role}" if role else "")


def _other_properties(request: Request, source: Source) -> str:
    asserted = read_properties(request.node, TABLE if source.is_table else STREAM)
    for name, value in asserted.items():
        if name in _PROPERTIES and (found := _PROPERTIES[name](source)) != value:
            return f"its {name} is {found}"
    return ""
