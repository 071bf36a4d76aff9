"""The processing log: records that were skipped and expressions that failed, as a stream of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa

from ksql.engine.catalog.catalog import Catalog
from ksql.engine.catalog.definitions import Source
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.operators.batch import RecordError
from ksql.engine.types.sql_types import BIGINT, INTEGER, STRING, Column
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA, Log, TopicConfig, Transaction

TOPIC, STREAM = "ksql_processing_log", "KSQL_PROCESSING_LOG"
_COLUMNS = (
    Column("LOGGER", STRING),
    Column("LEVEL", STRING),
    Column("TIME", BIGINT),
    Column("TYPE", STRING),
    Column("MESSAGE", STRING),
    Column("SOURCE", STRING),
    Column("PARTITION", INTEGER),
    Column("OFFSET", BIGINT),
)
_SOURCE = Source(
    STREAM,
    is_table=False,
    key_columns=(),
    value_columns=_COLUMNS,
    topic=TOPIC,
    key_format="NONE",
    value_format="JSON",
    key_options=FormatOptions(is_key=True),
    value_options=FormatOptions(is_key=False),
    order=tuple(c.name for c in _COLUMNS),
    read_only=True,
)


class ProcessingLog:
    """Appends errors to the topic behind the stream KSQL_PROCESSING_LOG. Both are made here, before any query runs."""

    def __init__(self, log: Log, catalog: Catalog, *, enabled: bool) -> None:
        self._enabled = enabled
        missing = TOPIC not in log.topics()
        if enabled and (missing or STREAM not in catalog.sources):
            with log.change() as transaction:
                if missing:
                    transaction.create_topic(TOPIC, TopicConfig())
                catalog.change(transaction, sources={STREAM: catalog.sources.get(STREAM, _SOURCE)})

    def append(self, transaction: Transaction, query_id: str, errors: Sequence[RecordError]) -> None:
        """Write one entry per error as part of `transaction`."""
        if not self._enabled or not errors:
            return
        values = [json.dumps(_entry(query_id, error)).encode() for error in errors]
        n = len(values)
        times = pa.array([max(error.timestamp, 0) for error in errors], pa.int64())
        columns = [pa.nulls(n, pa.binary()), pa.array(values, pa.binary()), times, pa.nulls(n, HEADERS_TYPE)]
        transaction.append(TOPIC, 0, pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA))


def _entry(query_id: str, error: RecordError) -> dict[str, object]:
    return {
        "LOGGER": f"processing.{query_id}",
        "LEVEL": "ERROR",
        "TIME": error.timestamp,
        "TYPE": error.kind,
        "MESSAGE": error.message,
        "SOURCE": error.source,
        "PARTITION": error.partition,
        "OFFSET": error.offset,
    }
