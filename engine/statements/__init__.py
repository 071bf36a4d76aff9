"""Carrying out statements: one function per statement, found by its node class."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ksql.engine.catalog.definitions import QueryInfo
from ksql.engine.planning.plan import Plan
from ksql.engine.types.sql_types import Column

if TYPE_CHECKING:
    from ksql.engine.engine import Engine

_MODULES = (
    "declare",
    "create_as",
    "drop",
    "control",
    "insert_values",
    "select",
    "show",
    "describe",
    "describe_function",
    "explain",
    "print_topic",
    "assertions",
)


def load_executors() -> None:
    """Import every module that registers executors."""
    for name in _MODULES:
        import_module(f"ksql.engine.statements.{name}")


def plan_statement(engine: Engine, info: QueryInfo) -> Plan:
    """A fresh plan of a persistent query, from its frozen statement."""
    from ksql.engine.analysis.model import with_missing
    from ksql.engine.analysis.passes import analyze
    from ksql.engine.planning.planner import plan
    from ksql.engine.planning.sink import attach_sink
    from ksql.parser import nodes, parse_one

    node = parse_one(info.statement).node
    sink = engine.catalog.sources[info.sink]
    analysis = analyze(node.args["query"], engine.catalog, persistent=True)
    into: tuple[Column, ...] = ()
    if isinstance(node, nodes.InsertInto):
        analysis, into = with_missing(analysis, sink.value_columns), (*sink.key_columns, *sink.value_columns)
    made = plan(analysis, info.properties, into)
    attach_sink(made, sink)
    return made
