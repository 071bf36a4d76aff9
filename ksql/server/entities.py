"""Results of statements as the entities /ksql answers with."""

from __future__ import annotations

from typing import Any

from ksql.engine.results import Listing, Message
from ksql.server.state import ServerState
from ksql.sql_text import first_word

_SESSION_ONLY = ("SET", "UNSET", "DEFINE", "UNDEFINE")


def entity_of(result: Message | Listing, state: ServerState) -> dict[str, Any] | None:
    """The entity of a result; None for statements that only touch the session, which have none."""
    if not result.entity or first_word(result.statement) in _SESSION_ONLY:
        return None
    entity = {"statementText": result.statement, "warnings": [], **result.entity}
    if entity.get("@type") == "currentStatus":
        entity["commandSequenceNumber"] = next(state.command_numbers)
        if command := entity.get("commandId"):
            state.remember(command, entity.get("commandStatus") or {})
    return {"@type": entity.pop("@type", "warning_entity"), **entity}
