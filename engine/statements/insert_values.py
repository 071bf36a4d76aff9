"""INSERT INTO … VALUES: one row, written as a record of the source's topic."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from sqlglot import exp

from ksql.engine.definitions import Source
from ksql.engine.errors import StatementError, fail
from ksql.engine.expressions.typed import Scope
from ksql.engine.formats import bind
from ksql.engine.operators.steps import compile_sql
from ksql.engine.results import Message, Result
from ksql.engine.statements.registry import Call, executes
from ksql.engine.types import BIGINT, Column
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA
from ksql.log.partitioner import partition_keys
from ksql.parser import nodes


@executes(nodes.InsertValues)
def insert_values(call: Call) -> Result:
    source = call.source(call.node.this)
    if source.read_only:
        fail(call.node, f"{source.name} was declared with SOURCE and is read-only")
    if source.windowed:
        fail(call.node, f"{source.name} has a windowed key, which INSERT VALUES cannot write")
    given = _given(call.node, source)
    timestamp = given.pop("ROWTIME", None)
    key, value, time = _record(call, source, given, timestamp)
    if source.is_table and key is None:
        fail(call.node, f"the primary key of {source.name} must not be NULL")
    record = pa.RecordBatch.from_arrays(
        [pa.array([key], pa.binary()), pa.array([value], pa.binary()), pa.array([time], pa.int64()), pa.nulls(1, HEADERS_TYPE)],
        schema=RECORD_SCHEMA,
    )
    partitions = call.engine.log.topics()[source.topic].partitions
    partition = int(partition_keys(record.column(0), partitions)[0]) if partitions > 1 else 0
    with call.engine.log.transaction() as transaction:
        transaction.append(source.topic, partition, record)
    return Message(call.text, "", {})


def _given(node: exp.Expression, source: Source) -> dict[str, exp.Expression]:
    """The values by column name. Raises StatementError for unknown columns and a wrong number of values."""
    insertable = [c for c in source.columns if c not in source.header_columns]
    columns = [c.name for c in node.args.get("columns") or []] or [c.name for c in insertable]
    values = node.args["values"]
    if len(columns) != len(values):
        fail(node, f"{len(values)} values for {len(columns)} columns: {', '.join(columns)}")
    known = {c.name for c in insertable} | {"ROWTIME"}
    headers = {c.name for c in source.header_columns}
    for column in columns:
        if column in headers:
            fail(node, f"column {column} is filled from record headers and cannot be inserted")
        if column not in known:
            fail(
                node, f"{source.name} has no column {column}", hint=f"its columns are {', '.join(c.name for c in insertable)}."
            )
    if len(set(columns)) < len(columns):
        fail(node, "a column is named twice")
    return dict(zip(columns, values, strict=True))


def _record(
    call: Call, source: Source, given: Mapping[str, exp.Expression], timestamp: exp.Expression | None
) -> tuple[bytes | None, bytes | None, int]:
    """Key, value and timestamp of the record, computed and encoded by one statement."""
    _, key_encoder = bind(source.key_format, source.key_columns, source.key_options)
    _, value_encoder = bind(source.value_format, source.value_columns, source.value_options)
    keys = [_value(c, given) for c in source.key_columns]
    values = [_value(c, given) for c in source.value_columns]
    key = key_encoder.sql([f'"k{i}"' for i in range(len(keys))]) if keys else "NULL::BLOB"
    if len(keys) == 1:
        key = f'CASE WHEN "k0" IS NULL THEN NULL ELSE {key} END'
    value = value_encoder.sql([f'"v{i}"' for i in range(len(values))])
    scope = Scope(())
    time = compile_sql(timestamp, scope, BIGINT, "ROWTIME").plain if timestamp is not None else str(call.session.now_ms())
    columns = [f'{sql} AS "k{i}"' for i, sql in enumerate(keys)] + [f'{sql} AS "v{i}"' for i, sql in enumerate(values)]
    statement = f"SELECT {key} AS k, {value} AS v, {time}::BIGINT AS t FROM (SELECT {', '.join(columns)})"
    try:
        key_data, value_data, time_ms = call.engine.sql.row(statement)
    except call.engine.sql_error as error:
        raise StatementError(f"a value cannot be computed: {str(error).splitlines()[0]}") from None
    if time_ms is None or time_ms < 0:
        fail(call.node, f"ROWTIME must be a point in time since 1970, not {time_ms}")
    return _bytes(key_data), _bytes(value_data), time_ms


def _bytes(data: str | bytes | None) -> bytes | None:
    return data.encode() if isinstance(data, str) else data


def _value(column: Column, given: Mapping[str, exp.Expression]) -> str:
    node = given.get(column.name)
    if node is None:
        return f"NULL::{column.type.duckdb}"
    if next(node.find_all(exp.Column), None) is not None:
        fail(node, "a value cannot refer to a column", hint="text goes into single quotes.")
    return compile_sql(node, Scope(()), column.type, f"column {column.name}").plain
