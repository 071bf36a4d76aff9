"""Whether an output topic holds what a batch query over the same input says, and how fast that input can be worked at all."""

from __future__ import annotations

import time
from collections.abc import Mapping

import duckdb
import pyarrow as pa

from ksql.log.contract import FETCH_SCHEMA, Log
from tests.benchmarks.workload import Workload

#: A windowed key is the key's bytes and eight bytes of window start, big-endian; that of a session has its end before them.
_START = "('0x' || hex(key[-8:]))::BIGINT"
_END = "('0x' || hex(key[-16:-9]))::BIGINT"
_KEYS = {"": "decode(key)", "TIME": f"decode(key[:-9]), {_START}", "SESSION": f"decode(key[:-17]), {_START}, {_END}"}

Tables = Mapping[str, pa.Table]


def read_topic(log: Log, topic: str) -> pa.Table:
    """All records of a topic, with their partition."""
    batches = []
    for partition in range(log.topics()[topic].partitions):
        offset = log.start_offset(topic, partition)
        while offset < log.end_offset(topic, partition):
            fetched = log.fetch(topic, partition, offset)
            batch, offset = fetched.records, fetched.next_offset
            numbers = pa.array([partition], pa.int32()).take(pa.array([0] * batch.num_rows, pa.int32()))
            batches.append(batch.append_column("partition", numbers))
    return pa.Table.from_batches(batches, FETCH_SCHEMA.append(pa.field("partition", pa.int32())))


def check_output(workload: Workload, out: pa.Table, inputs: Tables) -> None:
    """Raise AssertionError unless the records of the output topic equal the batch query's answer over the inputs, by topic.

    A stream's topic must hold the same records, a table's topic the same last value of every key (and window).
    """
    with duckdb.connect() as con:
        for name, table in {"out": out, **inputs}.items():
            con.register(name, table)
        con.sql(f"CREATE TEMP TABLE expected AS FROM ({workload.expected}) WHERE {workload.compared}")
        con.sql(f"CREATE TEMP TABLE actual AS FROM ({_actual(workload)}) WHERE {workload.compared}")
        expected, actual = (con.table(name).shape[0] for name in ("expected", "actual"))
        missing = con.sql("FROM expected EXCEPT ALL FROM actual").to_arrow_table()
    assert expected == actual, f"expected {expected:,} rows, found {actual:,}"
    assert missing.num_rows == 0, f"{missing.num_rows:,} of {expected:,} rows are missing: {missing.slice(0, 3).to_pylist()}"


def _actual(workload: Workload) -> str:
    fields = ", ".join(f'"{name}":"{type_}"' for name, type_ in workload.columns.items())
    last = 'QUALIFY row_number() OVER (PARTITION BY partition, key ORDER BY "offset" DESC) = 1' if workload.is_table else ""
    return f"""
        SELECT {_KEYS[workload.windowed]}, unnest(json_transform(decode(value), '{{{fields}}}'))
        FROM (SELECT * FROM out {last}) WHERE value IS NOT NULL
    """


def limit_s(workload: Workload, inputs: Tables) -> float:
    """Seconds of one DuckDB statement that does the work over the same JSON bytes in memory, with one thread; best of two."""
    needed = ["key", "value", "timestamp"]
    with duckdb.connect(config={"threads": 1}) as con:
        for name, table in inputs.items():
            con.register(name, _in_memory(table.select(needed)))
        return min(_timed(con, workload.limit) for _ in range(2))


def _in_memory(table: pa.Table) -> pa.Table:
    """A copy that no longer lies in the memory-mapped file."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return pa.ipc.open_stream(sink.getvalue()).read_all()


def _timed(con: duckdb.DuckDBPyConnection, statement: str) -> float:
    start = time.perf_counter()
    con.sql(statement).to_arrow_table()
    return time.perf_counter() - start
