"""Operators and their states hold where a source has no value column, one that is not wrapped, or nothing but NULLs."""

from __future__ import annotations

import pyarrow as pa
import pytest

import ksql
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA

#: Value columns of a source, properties, and the value of a record: none, one without its object around it, NULLs.
VALUES = {
    "none": ("", "", b"{}"),
    "unwrapped": (", v INT", ", wrap_single_value=false", b"7"),
    "null": (", v INT, w STRING", "", b'{"V":null}'),
}
SOURCES = {"s": "STREAM", "r": "STREAM", "t": "TABLE", "u": "TABLE"}
QUERIES = {
    "stream-table": "CREATE STREAM o AS SELECT s.k AS k, AS_VALUE(s.k) AS x, u.k AS y FROM s LEFT JOIN u ON s.k = u.k;",
    "streams": "CREATE STREAM o AS SELECT s.k AS k, AS_VALUE(r.k) AS x, r.k AS y FROM s JOIN r WITHIN 1 HOUR ON s.k = r.k;",
    "table-table": "CREATE TABLE o AS SELECT t.k AS k, AS_VALUE(u.k) AS x, u.k AS y FROM t JOIN u ON t.k = u.k;",
    "foreign-key": "CREATE TABLE o AS SELECT t.k AS k, u.k AS x, AS_VALUE(t.k) AS y FROM t JOIN u ON CONCAT(t.k, '') = u.k;",
    "groups": "CREATE TABLE o AS SELECT k, AS_VALUE(k) AS x, COUNT(*) AS y FROM s GROUP BY k;",
    "table-groups": "CREATE TABLE o AS SELECT CONCAT(k, '') AS x, COUNT(*) AS y FROM t GROUP BY CONCAT(k, '');",
    "view": "CREATE TABLE o AS SELECT k, AS_VALUE(k) AS x, LEN(k) AS y FROM t WHERE k <> 'nobody';",
}


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("query", QUERIES)
def test_a_row_comes_out(query: str, values: str) -> None:
    columns, properties, value = VALUES[values]
    with ksql.connect(properties={"auto.offset.reset": "earliest"}) as db:
        for name, kind in SOURCES.items():
            key = "KEY" if kind == "STREAM" else "PRIMARY KEY"
            options = f"kafka_topic='{name}', value_format='JSON', partitions=1{properties}"
            db.execute(f"CREATE {kind} {name} (k STRING {key}{columns}) WITH ({options});")
        db.execute(QUERIES[query])
        for name in "utrs":  # the table first: a stream's row looks up what is there
            arrays = [pa.array([b"a"]), pa.array([value]), pa.array([1]), pa.nulls(1, HEADERS_TYPE)]
            with db.engine.log.transaction() as transaction:
                transaction.append(name, 0, pa.RecordBatch.from_arrays(arrays, schema=RECORD_SCHEMA))
        assert db.wait_idle(30)
        assert [found.error for found in db.engine.queries.values()] == [""]
        (found,) = db.execute("SELECT * FROM o;").fetchall()
        assert found["X"] == "a"
