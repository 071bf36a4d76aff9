"""A plan as lines of text, from the sink down to the sources."""

from __future__ import annotations

from collections.abc import Iterator

from ksql.engine.operators.aggregation import Aggregation
from ksql.engine.operators.batch import Node
from ksql.engine.operators.source import SourceInput
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.stream_table_join import StreamTableJoin
from ksql.engine.operators.table_view import TableView
from ksql.engine.planning.plan import Plan


def describe_plan(plan: Plan) -> list[str]:
    """One line per operator; inputs are indented below what reads them."""
    head = [] if plan.sink is None else [f"Sink: {', '.join(map(str, plan.columns))} → {plan.sink.partitions} partition(s)"]
    return [*head, *_lines(plan.output, len(head))]


def _lines(node: Node | SourceInput, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(node, SourceInput):
        source = node.source
        yield f"{indent}Source: {source.name} (topic {source.topic}, key {source.key_format}, value {source.value_format})"
    elif isinstance(node, Stage):
        steps = " → ".join(type(step).__name__ for step in node.steps)
        if steps:
            yield f"{indent}Stage: {steps}"
        yield from _lines(node.input, depth + bool(steps))
    elif isinstance(node, Aggregation):
        windows = (
            f", {node.windows.kind} windows of {node.windows.size_ms} ms, grace {node.windows.grace_ms} ms"
            if node.windows
            else ""
        )
        yield f"{indent}Aggregation: {len(node.calls)} aggregate(s) by {len(node.keys)} key(s){windows}"
        yield from _lines(node.input, depth + 1)
    elif isinstance(node, StreamTableJoin):
        yield f"{indent}{'Left' if node.outer else 'Inner'} stream-table join on {node.stream_key}; state {node.state.name}"
        yield from _lines(node.stream, depth + 1)
        yield from _lines(node.table, depth + 1)
    elif isinstance(node, TableView):
        yield f"{indent}Table view by {', '.join(node.keys)}{', filtered' if node.filtered else ''}; state {node.state.name}"
        yield from _lines(node.input, depth + 1)
