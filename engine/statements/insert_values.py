"""INSERT INTO … VALUES: one row, written as a record of the source's topic; or many such statements in one commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NoReturn

import pyarrow as pa
from sqlglot import exp

from ksql.engine.analysis.calls import refuse_rows, settle_units
from ksql.engine.analysis.names import free_columns
from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import StatementError, did_you_mean, fail
from ksql.engine.expressions.typed import Scope
from ksql.engine.formats import bind
from ksql.engine.operators.steps import compile_sql
from ksql.engine.results import Message, Result
from ksql.engine.session_state import SessionState
from ksql.engine.sql.runner import only_wraps, reason
from ksql.engine.statements.registry import Request, executes
from ksql.engine.types.casts import is_number
from ksql.engine.types.sql_types import BIGINT, Column
from ksql.errors import KsqlError
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA
from ksql.log.partitioner import append_spread
from ksql.parser import nodes, parse_one, to_sql

_ROWTIME = Column("ROWTIME", BIGINT)


@executes(nodes.InsertValues)
def insert_values(request: Request) -> Result:
    _append(request, [_made_record(request)])
    return Message(request.text, "", {})


def insert_all(session: SessionState, texts: Iterable[str]) -> tuple[int, KsqlError | None]:
    """Carry out INSERT … VALUES statements in one commit: how many, and the error of the first that failed, if one did.

    Raises LogError, and then none is done.
    """
    records: list[_Record] = []
    failed = None
    for text in texts:
        try:
            request = Request(session, parse_one(text).node, text)
            records.append(_made_record(request))
        except KsqlError as error:
            failed = error
            break
        except RecursionError:
            failed = StatementError("a value is nested too deeply")
            break
    if records:
        _append(request, records)
    return len(records), failed


#: Topic, and a batch of one record.
_Record = tuple[str, pa.RecordBatch]


def _append(request: Request, records: Iterable[_Record]) -> None:
    by_topic: dict[str, list[pa.RecordBatch]] = {}
    for topic, record in records:
        by_topic.setdefault(topic, []).append(record)
    with request.transaction() as transaction:
        for topic, batches in by_topic.items():
            append_spread(request.engine.log, transaction, topic, pa.concat_batches(batches))


def _made_record(request: Request) -> _Record:
    source = request.source(request.node.this)
    if source.read_only:
        fail(request.node.this, f"{source.name} was declared with SOURCE and is read-only")
    if source.windowed:
        fail(request.node.this, f"{source.name} has a windowed key, which INSERT VALUES cannot write")
    given = _given(request.node, source)
    key, value, time = _record(request, source, given)
    if source.is_table and key is None:
        keys = ", ".join(column.name for column in source.key_columns)
        fail(request.node, f"the primary key of {source.name} must not be NULL", hint=f"give {keys} a value.")
    record = pa.RecordBatch.from_arrays(
        [pa.array([key], pa.binary()), pa.array([value], pa.binary()), pa.array([time], pa.int64()), pa.nulls(1, HEADERS_TYPE)],
        schema=RECORD_SCHEMA,
    )
    return source.topic, record


def insertable(source: Source) -> list[str]:
    """Names of the columns that a row has a value for."""
    return [column.name for column in source.columns if column not in source.header_columns]


def _given(node: exp.Expression, source: Source) -> dict[str, exp.Expression]:
    """The values by column name. Raises StatementError for unknown columns and a wrong number of values."""
    allowed = insertable(source)
    named: Sequence[exp.Expression] = node.args.get("columns") or []
    columns = [column.name for column in named] or allowed
    values = node.args["values"]
    for i, column in enumerate(named):
        _check_column(column, source, allowed)
        if column.name in columns[:i]:
            fail(column, f"column {column.name} is named twice")
    if len(columns) != len(values):
        hint = "" if named else f"name the columns that get one: INSERT INTO {source.name} ({columns[0]}, …) VALUES …"
        fail(node, f"{len(values)} values for {len(columns)} columns: {', '.join(columns)}", hint=hint)
    return dict(zip(columns, values, strict=True))


def _check_column(column: exp.Expression, source: Source, allowed: Sequence[str]) -> None:
    name = column.name
    if name in [header.name for header in source.header_columns]:
        fail(column, f"column {name} is filled from record headers and cannot be inserted")
    if name in ("ROWPARTITION", "ROWOFFSET"):
        fail(column, f"{name} cannot be inserted", hint="the topic gives every record its place.")
    if name not in allowed and name != "ROWTIME":
        hint = did_you_mean(name, allowed) or f"its columns are {', '.join(allowed)}."
        fail(column, f"{source.name} has no column {name}", hint=hint)


@dataclass(frozen=True, slots=True)
class _Value:
    """A value for a column: its SQL, and where its type is converted SQL that is true if that loses something."""

    column: Column
    node: exp.Expression | None
    sql: str
    lost: str = ""


def _record(
    request: Request, source: Source, given: Mapping[str, exp.Expression], *, safe: bool = False
) -> tuple[bytes | None, bytes | None, int]:
    """Key, value and timestamp of the record, computed and encoded by one statement."""
    columns = (*source.key_columns, *source.value_columns)
    now = _Value(_ROWTIME, None, str(request.session.now_ms()))
    time = _value(_ROWTIME, given["ROWTIME"], safe) if "ROWTIME" in given else now
    every = [*(_value(column, given.get(column.name), safe) for column in columns), time]
    names = [f'"c{i}"' for i in range(len(every))]
    converted = [value for value in every if value.lost]
    lost = ", ".join(f"COALESCE({value.lost}, false)" for value in converted)
    try:
        *record, which = request.engine.sql.row(
            f"SELECT {_encoders(source, names)}, {names[-1]}::BIGINT, [{lost}] "
            f"FROM (SELECT {', '.join(f'{value.sql} AS {name}' for value, name in zip(every, names, strict=True))})"
        )
    except request.engine.sql_error as error:
        if only_wraps(str(error)) and not safe:
            return _record(request, source, given, safe=True)
        _fail_at_value(request, every, str(error))
    for value in compress(converted, which):
        assert value.node is not None
        fail(value.node, f"{to_sql(value.node)} does not fit into column {value.column.name}, which is {value.column.type}")
    key, data, time_ms = record
    if time_ms is None or time_ms < 0:
        fail(time.node or request.node, "ROWTIME must be a point in time: milliseconds since 1970")
    return _bytes(key), _bytes(data), time_ms


def _encoders(source: Source, names: Sequence[str]) -> str:
    """SQL of the record's key and value."""
    count = len(source.key_columns)
    _, key_encoder = bind(source.key_format, source.key_columns, source.key_options)
    _, value_encoder = bind(source.value_format, source.value_columns, source.value_options)
    key = key_encoder.sql(names[:count]) if count else "NULL::BLOB"
    if count == 1:
        key = f"CASE WHEN {names[0]} IS NULL THEN NULL ELSE {key} END"
    return f"{key}, {value_encoder.sql(names[count:-1])}"


def _fail_at_value(request: Request, values: Sequence[_Value], message: str) -> NoReturn:
    """Point at the value that cannot be computed: the first that fails alone."""
    for value in values:
        try:
            request.engine.sql.row(f"SELECT {value.sql}")
        except request.engine.sql_error as error:
            fail(value.node or request.node, f"the value of {value.column.name} cannot be computed", detail=reason(str(error)))
    fail(request.node, "the values cannot be written", detail=reason(message))


def _bytes(data: str | bytes | None) -> bytes | None:
    return data.encode() if isinstance(data, str) else data


def _value(column: Column, node: exp.Expression | None, safe: bool) -> _Value:
    if node is None:
        return _Value(column, None, f"NULL::{column.type.duckdb}")
    settle_units(node)
    if (name := next(free_columns(node), None)) is not None:
        fail(name, "a value cannot refer to a column", hint="text goes into single quotes.")
    refuse_rows(node)
    what = f"column {column.name}"
    given = compile_sql(node, Scope(()))
    if given.type == column.type:
        return _Value(column, node, given.of(safe))
    sql = compile_sql(node, Scope(()), column.type, what)
    if given.type is None:
        return _Value(column, node, sql.of(safe))
    lost = f"({given.of(safe)}) IS NOT NULL AND ({sql.of(safe)}) IS NULL"
    if is_number(given.type) and is_number(column.type):
        lost += f" OR ({given.of(safe)}) <> ({sql.of(safe)})"
    return _Value(column, node, sql.of(safe), lost)
