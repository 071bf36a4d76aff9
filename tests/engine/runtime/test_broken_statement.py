"""A statement that DuckDB refuses while the query runs stops it, with its cause: no record is to blame, and none is lost."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from ksql.engine import Engine
from ksql.engine.sql.runner import SqlRunner
from ksql.log import MemoryLog, TopicConfig
from ksql.log.contract import RECORD_SCHEMA

REFUSED = [
    duckdb.BinderException("Binder Error: no such column"),
    duckdb.CatalogException("Catalog Error: no such function"),
    duckdb.ParserException("Parser Error: what is this"),
    duckdb.InternalException("INTERNAL Error: assertion failed"),
    RuntimeError("deep in a batch"),
]


@pytest.mark.parametrize("error", REFUSED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("count", [3, 300])
def test_no_batch_is_committed(error: Exception, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    log = MemoryLog()
    log.create_topic("s", TopicConfig())
    with log.transaction() as transaction:
        records = [{"key": b"k", "value": b'{"A":%d}' % n, "timestamp": 0} for n in range(count)]
        transaction.append("s", 0, pa.RecordBatch.from_pylist(records, schema=RECORD_SCHEMA))
    engine = Engine(log)
    list(
        engine.session(properties={"auto.offset.reset": "earliest"}).execute("""
            CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
            CREATE STREAM O AS SELECT * FROM S WHERE A >= 0;
        """)
    )
    (info,) = engine.catalog.queries.values()

    run = SqlRunner.run

    def refuse(runner: SqlRunner, statement: str, batch: pa.Table) -> pa.Table:
        if batch.num_rows:
            raise error
        return run(runner, statement, batch)

    with monkeypatch.context() as patched:
        patched.setattr(SqlRunner, "run", refuse)
        with pytest.raises(type(error), match=str(error)):
            engine.make_task(info).step()
    assert log.end_offset("O", 0) == 0
    assert engine.make_task(info).step() == count
    assert log.end_offset("O", 0) == count
    engine.close()
