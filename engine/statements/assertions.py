"""ASSERT TOPIC, and the statements that have no meaning without something outside the engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from ksql.engine.errors import AssertionFailedError, NotSupportedError, did_you_mean, located
from ksql.engine.results import Message, Result
from ksql.engine.statements.registry import Request, executes
from ksql.engine.statements.with_clause import ASSERT_TOPIC, read_properties
from ksql.parser import nodes

_DEFAULT_TIMEOUT_MS = 1_000


@executes(nodes.AssertTopic)
def assert_topic(request: Request) -> Result:
    """Wait until the topic exists (or does not), up to the timeout."""
    node = request.node
    expected = read_properties(node, ASSERT_TOPIC)
    wanted = not node.args.get("not_exists")
    timeout = node.args.get("timeout")
    deadline = time.monotonic() + (timeout.milliseconds if timeout is not None else _DEFAULT_TIMEOUT_MS) / 1000
    changed = threading.Event()
    unsubscribe = request.engine.log.subscribe(changed.set)
    try:
        while problem := _problem(request, node.this.this, wanted, expected):
            if not changed.wait(max(deadline - time.monotonic(), 0)):
                break
            changed.clear()
    finally:
        unsubscribe()
    if problem:
        topics = request.engine.log.topics()
        hint = did_you_mean(node.this.this, topics) if wanted and node.this.this not in topics else ""
        raise located(AssertionFailedError(problem, hint=hint), node)
    text = f"Topic {node.this.this} {'exists' if wanted else 'does not exist'}."
    entity = {
        "@type": "assert_topic",
        "statementText": request.text,
        "topicName": node.this.this,
        "exists": wanted,
        "warnings": [],
    }
    return Message(request.text, text, entity)


def _problem(request: Request, name: str, wanted: bool, expected: Mapping[str, int]) -> str:
    """What contradicts the assertion; '' when nothing does."""
    config = request.engine.log.topics().get(name)
    if config is None:
        return f"topic {name} does not exist" if wanted else ""
    if not wanted:
        return f"topic {name} exists"
    for key, value in expected.items():
        found = config.partitions if key == "PARTITIONS" else config.replicas
        if found != value:
            return f"topic {name} has {found} {key.lower()}, not {value}"
    return ""


@executes(nodes.CreateConnector, nodes.DropConnector, nodes.ShowConnectors, nodes.ShowConnectorPlugins, nodes.DescribeConnector)
def connectors(request: Request) -> Result:
    raise located(NotSupportedError("connectors are not supported: this engine has no Kafka Connect"), request.node)


@executes(nodes.AssertSchema)
def assert_schema(request: Request) -> Result:
    raise located(NotSupportedError("ASSERT SCHEMA is not supported yet: there is no schema registry"), request.node)


@executes(nodes.AlterSystem)
def alter_system(request: Request) -> Result:
    raise located(
        NotSupportedError("ALTER SYSTEM is not supported", hint="SET changes a property of this session."), request.node
    )
