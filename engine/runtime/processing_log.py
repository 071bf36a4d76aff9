"""The processing log: records that were skipped, expressions and queries that failed, as a stream in ksqlDB's form."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ksql.engine.catalog.catalog import Catalog
from ksql.engine.catalog.definitions import Source
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.formats.rows import java_text
from ksql.engine.operators.batch import RecordError
from ksql.engine.types.sql_types import BIGINT, INTEGER, STRING, Array, Column, Struct
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA, Log, TopicConfig, Transaction

TOPIC, STREAM = "default_ksql_processing_log", "KSQL_PROCESSING_LOG"
#: Version 0.1.0 had a form of its own. What it wrote can still be read: its stream keeps its topic, and gets this name.
_FORMER_TOPIC, _FORMER_STREAM = "ksql_processing_log", "KSQL_PROCESSING_LOG_FORMER"

_CAUSE = ("CAUSE", Array(STRING))
_DESERIALIZATION, _RECORD, _PRODUCTION, _SERIALIZATION, _QUERY = _KINDS = (
    "deserializationError",
    "recordProcessingError",
    "productionError",
    "serializationError",
    "kafkaStreamsThreadError",
)
#: What each kind of error says, in the order of their numbers: its type is its place.
_FIELDS = (
    (("TARGET", STRING), ("ERRORMESSAGE", STRING), ("RECORDB64", STRING), _CAUSE, ("TOPIC", STRING)),
    (("ERRORMESSAGE", STRING), ("RECORD", STRING), _CAUSE),
    (("ERRORMESSAGE", STRING),),
    (("TARGET", STRING), ("ERRORMESSAGE", STRING), ("RECORD", STRING), _CAUSE, ("TOPIC", STRING)),
    (("ERRORMESSAGE", STRING), ("THREADNAME", STRING), _CAUSE),
)
_MESSAGE = Struct((("TYPE", INTEGER), *((kind.upper(), Struct(parts)) for kind, parts in zip(_KINDS, _FIELDS, strict=True))))
_COLUMNS = (Column("LOGGER", STRING), Column("LEVEL", STRING), Column("TIME", BIGINT), Column("MESSAGE", _MESSAGE))
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
    """Appends errors to the topic behind the stream KSQL_PROCESSING_LOG. Both are made here, before any query runs.

    `clock` says when an error was noticed. `rows`: the record that is to blame is written, too.
    """

    def __init__(self, log: Log, catalog: Catalog, clock: Callable[[], int], *, enabled: bool, rows: bool) -> None:
        self._enabled = enabled
        self._rows = rows
        self._clock = clock
        if enabled:
            _prepare(log, catalog)

    def append(self, transaction: Transaction, query_id: str, errors: Sequence[RecordError]) -> None:
        """Write one entry per error as part of `transaction`."""
        loggers = [f"processing.{query_id}{'.KsqlTopic.Source.deserializer' * (e.kind == _DESERIALIZATION)}" for e in errors]
        self._append(transaction, loggers, [(error.kind, self._said(error)) for error in errors])

    def append_failure(self, transaction: Transaction, query_id: str, error: BaseException) -> None:
        """Write that a query cannot go on."""
        said = {"errorMessage": str(error), "threadName": threading.current_thread().name, "cause": list(_causes(error))}
        self._append(transaction, [f"processing.{query_id}"], [(_QUERY, said)])

    def _said(self, error: RecordError) -> dict[str, Any]:
        where = f" (partition {error.partition}, offset {error.offset})" if error.offset >= 0 else ""
        said: dict[str, Any] = {"errorMessage": error.message + where, "cause": [error.cause] if error.cause else []}
        record = error.record if self._rows else None
        if error.kind == _DESERIALIZATION:
            encoded = None if record is None else base64.b64encode(record).decode()
            return {"target": error.target, **said, "recordB64": encoded, "topic": error.topic}
        return {**said, "record": None if record is None else java_text(record)}

    def _append(self, transaction: Transaction, loggers: Sequence[str], said: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        if not self._enabled or not said:
            return
        now_ms = self._clock()
        values = [_entry(logger, now_ms, *what) for logger, what in zip(loggers, said, strict=True)]
        n = len(values)
        times = pa.array([now_ms] * n, pa.int64())
        columns = [pa.nulls(n, pa.binary()), pa.array(values, pa.binary()), times, pa.nulls(n, HEADERS_TYPE)]
        transaction.append(TOPIC, 0, pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA))


def _prepare(log: Log, catalog: Catalog) -> None:
    """Make the topic and the stream where they are missing; put a former version's aside."""
    present = catalog.sources.get(STREAM)
    former = present is not None and present.read_only and present.topic == _FORMER_TOPIC
    missing = TOPIC not in log.topics()
    if not missing and present is not None and not former:
        return
    with log.change() as transaction:
        if missing:
            transaction.create_topic(TOPIC, TopicConfig())
        sources = {STREAM: _SOURCE if present is None or former else present}
        if present is not None and former:
            sources[_FORMER_STREAM] = replace(present, name=_FORMER_STREAM)
        catalog.change(transaction, sources=sources)


def _entry(logger: str, now_ms: int, kind: str, said: Mapping[str, Any]) -> bytes:
    message = {"type": _KINDS.index(kind), **dict.fromkeys(_KINDS), kind: said}
    return json.dumps({"logger": logger, "level": "ERROR", "time": now_ms, "message": message}, separators=(",", ":")).encode()


def _causes(error: BaseException) -> Sequence[str]:
    """What led to an error, the nearest first."""
    cause = error.__cause__ or error.__context__
    return [] if cause is None else [f"{type(cause).__name__}: {cause}", *_causes(cause)]
