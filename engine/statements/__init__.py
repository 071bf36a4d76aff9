"""Carrying out statements: one function per statement, found by its node class."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ksql.engine.definitions import QueryInfo
from ksql.engine.plan import Plan

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
    "print_topic",
    "assertions",
)


def load_executors() -> None:
    """Import every module that registers executors."""
    for name in _MODULES:
        import_module(f"ksql.engine.statements.{name}")


def plan_statement(engine: Engine, info: QueryInfo) -> Plan:
    """A fresh plan of a persistent query, from its frozen statement."""
    from ksql.engine.analysis.passes import analyze
    from ksql.engine.planning.planner import plan
    from ksql.engine.planning.sink import attach_sink
    from ksql.parser import nodes, parse_one

    node = parse_one(info.statement).node
    sink = engine.catalog.sources[info.sink]
    into = (*sink.key_columns, *sink.value_columns) if isinstance(node, nodes.InsertInto) else ()
    made = plan(analyze(node.args["query"], engine.catalog, persistent=True), info.properties, into)
    attach_sink(made, sink)
    return made
