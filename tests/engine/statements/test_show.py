"""What DESCRIBE, EXPLAIN and SHOW tell of functions, queries and their positions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ksql
from ksql.engine.operators.tally import TITLE
from ksql.engine.results import Listing

SOURCES = """
CREATE STREAM S (ID INT KEY, A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE STREAM O AS SELECT * FROM S;
INSERT INTO S VALUES (1, 'a');
INSERT INTO S VALUES (2, 'b');
"""
TIMEOUT_S = 30.0


@pytest.fixture(scope="module")
def database() -> Iterator[ksql.Database]:
    with ksql.connect() as made:
        made.execute(SOURCES)
        assert made.wait_idle(TIMEOUT_S)
        yield made


def _listing(database: ksql.Database, statement: str) -> Listing:
    result = database.execute(statement).result
    assert isinstance(result, Listing)
    return result


@pytest.mark.parametrize(
    "statement", ["DESCRIBE S EXTENDED;", "DESCRIBE O EXTENDED;", "EXPLAIN CSAS_O_0;", "SHOW QUERIES EXTENDED;"]
)
def test_positions(database: ksql.Database, statement: str) -> None:
    rows = next(rows for title, _, rows in _listing(database, statement).sections if title == "Positions")
    assert rows == [["CSAS_O_0", "s", "0", "0", "2", "2", "0"]]


def test_positions_of_a_source_read_twice() -> None:
    with ksql.connect() as database:
        database.execute(
            SOURCES + "CREATE STREAM U (ID INT KEY, A STRING) WITH (KAFKA_TOPIC='u', FORMAT='JSON', PARTITIONS=1);"
        )
        database.execute(
            "CREATE STREAM P AS SELECT * FROM S UNION ALL SELECT * FROM (SELECT * FROM S) UNION ALL SELECT * FROM U;"
        )
        assert database.wait_idle(TIMEOUT_S)
        rows = _listing(database, "EXPLAIN CSAS_P_1;").sections[-1][2]
        assert [row[1] for row in rows] == ["s", "s", "u"]


def test_positions_over_rest(database: ksql.Database) -> None:
    offsets = {"partition": 0, "logStartOffset": 0, "logEndOffset": 2, "consumerOffset": 2}
    expected = [{"groupId": "_ksql_query_CSAS_O_0", "kafkaTopic": "s", "offsets": [offsets]}]
    assert _listing(database, "DESCRIBE S EXTENDED;").entity["sourceDescription"]["queryOffsetSummaries"] == expected
    assert _listing(database, "EXPLAIN CSAS_O_0;").entity["queryDescription"]["tasksMetadata"] == expected


@pytest.mark.parametrize(
    ("name", "kind", "signature", "example"),
    [
        ("ucase", "SCALAR UCASE", "UCASE(STRING) -> STRING", "UCASE("),
        ("EXPLODE", "TABLE EXPLODE", "EXPLODE(ARRAY<T>) -> T", ""),
        ("SUM", "AGGREGATE SUM", "SUM(BIGINT)", "SUM(amount)"),
    ],
)
def test_functions(database: ksql.Database, name: str, kind: str, signature: str, example: str) -> None:
    (title, _, _), (_, _, signatures), *examples = _listing(database, f"DESCRIBE FUNCTION {name};").sections
    assert title == kind
    assert [signature] in signatures
    assert not example or examples[0][2][0][0].startswith(example)


@pytest.mark.parametrize(("name", "where"), [("SUM", "For streams and tables."), ("LATEST_BY_OFFSET", "For streams only.")])
def test_where_an_aggregate_may_be_used(database: ksql.Database, name: str, where: str) -> None:
    (_, _, [[doc]]), *_ = _listing(database, f"DESCRIBE FUNCTION {name};").sections
    assert where in doc


def test_every_source_in_detail(database: ksql.Database) -> None:
    titles = [title for title, _, _ in _listing(database, "SHOW STREAMS EXTENDED;").sections]
    assert titles[-6:] == ["Details", "Positions", TITLE, "STREAM S", "Details", "Positions"]
