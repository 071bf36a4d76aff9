"""The REST bodies of statements that change something."""

from __future__ import annotations

from typing import Any

from ksql.engine.results import Message


def done(statement: str, text: str, kind: str, name: str, action: str, query_id: str | None = None) -> Message:
    """A statement that was carried out. kind: stream, table, topic, type, terminate …; action: create, drop, execute …"""
    entity: dict[str, Any] = {
        "@type": "currentStatus",
        "statementText": statement,
        "commandId": f"{kind}/{name}/{action}",
        "commandStatus": {"status": "SUCCESS", "message": text, "queryId": query_id},
        "commandSequenceNumber": -1,
        "warnings": [],
    }
    return Message(statement, text, entity)


def warning(statement: str, text: str) -> Message:
    """A statement that had nothing to do."""
    return Message(statement, text, {"@type": "warning_entity", "statementText": statement, "message": text, "warnings": []})
