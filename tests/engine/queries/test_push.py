"""Push queries and PRINT: each is one of its own, and none outlives those who asked for it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

import ksql
from ksql.engine.runtime.reader import Reader
from ksql.server.errors import ApiError
from ksql.server.state import ServerState

SETUP = """
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);
INSERT INTO s VALUES ('a', 1);
"""
FOR_EVER = ["PRINT s;", "SELECT * FROM s EMIT CHANGES;"]


@pytest.fixture
def database() -> Iterator[ksql.Database]:
    with ksql.connect() as database:
        database.execute(SETUP)
        yield database


@pytest.mark.parametrize("statement", FOR_EVER)
def test_each_has_an_id_and_an_end_of_its_own(database: ksql.Database, statement: str) -> None:
    first, second = database.execute(statement), database.execute(statement)
    running = [query.query_id for query in database.engine.push_queries.running]
    assert len(set(running)) == 2
    database.execute(f"TERMINATE {running[0]};")
    assert list(first) == []
    assert [query.query_id for query in database.engine.push_queries.running] == running[1:]
    second.close()


def readers() -> int:
    gc.collect()
    return sum(isinstance(found, Reader) for found in gc.get_objects())


@pytest.mark.parametrize("statement", FOR_EVER)
def test_one_that_was_forgotten_is_gone(database: ksql.Database, statement: str) -> None:
    before = readers()
    database.execute(statement)
    assert database.engine.push_queries.running == []
    assert readers() == before


def test_whether_a_limit_was_reached(database: ksql.Database) -> None:
    whole, closed = (database.execute("PRINT s FROM BEGINNING LIMIT 1;") for _ in range(2))
    assert len(whole.fetchall()) == 1
    closed.close()
    assert [ksql.database.as_push_query(answer.result).limit_reached for answer in (whole, closed)] == [True, False]


@pytest.mark.parametrize("statement", ["EXPLAIN {};", "PAUSE {};", "TERMINATE {};"])
@pytest.mark.parametrize("spelled", ["CSAS_o_0", "`CSAS_o_0`", "csas_O_0"])
def test_an_id_is_found_whatever_its_case(database: ksql.Database, statement: str, spelled: str) -> None:
    database.execute("CREATE STREAM `o` AS SELECT * FROM s;")
    database.execute(statement.format(spelled))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT v FROM t WHERE v < 3", [1, 2]),
        ("SELECT MAX(v) AS v FROM s GROUP BY k HAVING MAX(v) < 3", [1, 2]),
        ("SELECT MAX(v) AS v FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k HAVING MAX(v) < 3", [1, 2]),
    ],
)
def test_a_key_that_is_not_selected_still_tells_rows_apart(database: ksql.Database, query: str, expected: list[int]) -> None:
    database.execute("CREATE TABLE t (k STRING PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON', partitions=1);")
    for source, rows in (("t", "'a', 1; 'b', 5; 'c', 2"), ("s", "'b', 5; 'c', 2")):
        for row in rows.split("; "):
            database.execute(f"INSERT INTO {source} VALUES ({row});")
    database.execute("SET 'auto.offset.reset' = 'earliest';")
    assert [row["V"] for row in database.execute(f"{query} EMIT CHANGES LIMIT 2;")] == expected


def test_each_print_counts_against_the_limit() -> None:
    with ksql.connect(properties={"ksql.max.push.queries": "2"}) as database:
        database.execute(SETUP)
        state = ServerState(database.engine)
        queries = [ksql.database.as_push_query(database.execute("PRINT s;").result) for _ in range(3)]
        for query in queries[:2]:
            state.admit(query)
        with pytest.raises(ApiError, match="2 push queries are running"):
            state.admit(queries[2])
        assert state.close_query(queries[0].query_id)
        assert len(database.engine.push_queries.running) == 1
