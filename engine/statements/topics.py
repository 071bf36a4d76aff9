"""Topics behind sources: found, or created with what WITH says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from ksql.engine.errors import StatementError, did_you_mean, fail, located
from ksql.engine.statements.with_clause import written
from ksql.log.contract import Log, LogError, MetadataTransaction, TopicConfig


def ensure_topic(
    log: Log,
    transaction: MetadataTransaction,
    name: str,
    values: Mapping[str, Any],
    node: exp.Expression,
    *,
    default_partitions: int | None = None,
    compact: bool = False,
) -> None:
    """Use the topic if it exists and has as many partitions as asked for, else create it in `transaction`."""
    existing = log.topics().get(name)
    partitions = values.get("PARTITIONS", default_partitions)
    if existing is not None:
        wanted = values.get("PARTITIONS")
        if wanted is not None and wanted != existing.partitions:
            fail(
                written(node, "PARTITIONS"),
                f"topic {name} exists with {existing.partitions} partitions, not {wanted}",
                hint="leave PARTITIONS out to use it.",
            )
        return
    if partitions is None:
        hint = did_you_mean(name, log.topics()) or "add PARTITIONS=1 to create it, or fill it first with: ksql produce " + name
        fail(written(node, "KAFKA_TOPIC"), f"topic {name} does not exist", hint=hint)
    config = TopicConfig(
        partitions=partitions,
        replicas=values.get("REPLICAS", 1),
        retention_ms=values.get("RETENTION_MS", -1),
        cleanup_policy=values.get("CLEANUP_POLICY", "compact" if compact else "delete"),
    )
    try:
        transaction.create_topic(name, config)
    except LogError as error:
        raise located(StatementError(error.message, hint=error.hint), written(node, "KAFKA_TOPIC")) from None
