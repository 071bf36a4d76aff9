"""Queries inside others: their columns and keys, what EXPLAIN says of them, and what cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ksql.testing import TestDriver
from tests.engine.planning.test_explain import explained
from tests.engine.statements.running import columns, driver, refuses, rows, written

COUNTED = "SELECT ID, COUNT(*) AS C FROM S GROUP BY ID"


@pytest.mark.parametrize(
    ("query", "schema"),
    [
        ("STREAM O AS SELECT * FROM (SELECT A, N + 1 AS M, ID FROM S) Q", "ID INTEGER KEY, A STRING, M INTEGER"),
        ("STREAM O AS SELECT X, Q.M FROM (SELECT A AS M, ID AS X FROM S) Q", "X INTEGER KEY, M STRING"),
        # A stream whose key is not selected has none.
        ("STREAM O AS SELECT * FROM (SELECT A FROM S)", "A STRING"),
        ("STREAM O AS SELECT * FROM (SELECT A, N FROM S PARTITION BY N)", "N INTEGER KEY, A STRING"),
        ("STREAM O AS SELECT `q`.X, N FROM (SELECT A AS X, N FROM S) `q` PARTITION BY X", "X STRING KEY, N INTEGER"),
        ("STREAM O AS SELECT ID, ROWTIME AS T, N FROM (SELECT ID, ROWTIME, N FROM S)", "ID INTEGER KEY, T BIGINT, N INTEGER"),
        (
            "STREAM O AS WITH Q AS (SELECT ID FROM S), R AS (SELECT ID AS J FROM Q) SELECT J, 1 AS X FROM R",
            "J INTEGER KEY, X INTEGER",
        ),
        # A name of WITH goes before one of the catalog, and may be that of what it reads.
        ("STREAM O AS WITH T AS (SELECT ID, N FROM S) SELECT * FROM T", "ID INTEGER KEY, N INTEGER"),
        ("STREAM O AS WITH S AS (SELECT ID, N FROM S) SELECT * FROM S", "ID INTEGER KEY, N INTEGER"),
        ("STREAM O AS SELECT ID, N FROM S UNION ALL SELECT N, ID AS M FROM S PARTITION BY N", "ID INTEGER KEY, N INTEGER"),
        ("STREAM O AS SELECT ID, N FROM S UNION ALL SELECT N, ID FROM S", "ID INTEGER, N INTEGER"),
        ("STREAM O AS SELECT ID, N FROM S UNION ALL SELECT N + 1, ID FROM S", "ID INTEGER, N INTEGER"),
        ("STREAM O AS WITH Q AS (SELECT A FROM S UNION ALL SELECT A FROM KEYLESS) SELECT * FROM Q", "A STRING"),
        ("STREAM O AS SELECT * FROM (SELECT * FROM W)", "ID STRING KEY, N INTEGER"),
        (f"TABLE O AS SELECT * FROM ({COUNTED}) Q WHERE C > 1", "ID INTEGER KEY, C BIGINT"),
        (f"TABLE O AS SELECT C, COUNT(*) AS K FROM ({COUNTED}) Q GROUP BY C", "C BIGINT KEY, K BIGINT"),
        (
            "TABLE O AS SELECT C, COUNT(*) AS K FROM (SELECT COUNT(*) AS C FROM S GROUP BY ID) GROUP BY C",
            "C BIGINT KEY, K BIGINT",
        ),
        (f"STREAM O AS SELECT Q.ID, S.A, C FROM S JOIN ({COUNTED}) Q ON S.N = Q.ID", "Q_ID INTEGER KEY, A STRING, C BIGINT"),
        (
            "TABLE O AS SELECT T.ID, T.A, C FROM T JOIN (SELECT N, COUNT(*) AS C FROM T GROUP BY N) Q ON T.N = Q.N",
            "ID INTEGER KEY, A STRING, C BIGINT",
        ),
    ],
)
def test_columns(query: str, schema: str) -> None:
    with driver() as made:
        made.execute(f"CREATE {query};")
        assert columns(made, "O") == schema


def test_a_hundred_levels() -> None:
    query = "SELECT ID, N FROM S"
    for _ in range(100):
        query = f"SELECT ID, N + 1 AS N FROM ({query})"
    with driver() as made:
        made.execute(f"CREATE STREAM O WITH (KAFKA_TOPIC='x') AS {query};")
        assert written(made, "x", *rows(("1", '{"N": 1}'))) == [(b"1", b'{"N":101}')]


def test_the_steps_of_each_are_explained() -> None:
    query = f"SELECT S.ID, C FROM (SELECT ID FROM S WHERE N > 1) S JOIN ({COUNTED}) `q` ON S.ID = `q`.ID"
    assert explained(f"{query} UNION ALL SELECT ID, CAST(N AS BIGINT) FROM S EMIT CHANGES") == [
        "Stage: Project",
        "  Query SUBQUERY",
        "    Union of 2 streams",
        "      Stage: Project → Project",
        "        Inner stream-table join on q.ID; state SUBQUERY/0/table.q",
        "          Stage: Filter → Project → query S → Project → Project → Filter → Project",
        "            Source: S (topic s, key JSON, value JSON)",
        "          Stage: Project → Project",
        "            Query `q`",
        "              Stage: Project",
        "                Aggregation: 1 aggregate(s) by 1 key(s); state SUBQUERY/0/`q`/aggregation",
        "                  Stage: Project → Filter",
        "                    Source: S (topic s, key JSON, value JSON)",
        "      Stage: Project → Project",
        "        Source: S (topic s, key JSON, value JSON)",
    ]


def test_a_statement_is_kept_with_the_queries_inside_it() -> None:
    with driver() as made:
        made.execute(
            "CREATE TYPE N AS INT; CREATE STREAM O AS WITH Q AS (SELECT * FROM TWO) SELECT Q.*, CAST(1 AS N) X FROM Q;"
        )
        (info,) = made.engine.catalog.queries.values()
        assert info.sources == ("TWO",)
        assert info.statement == (
            "CREATE STREAM O AS WITH `Q` AS (SELECT `TWO`.`I` AS `I`, `TWO`.`J` AS `J`, `TWO`.`N` AS `N` FROM TWO) "
            "SELECT `Q`.`I` AS `I`, `Q`.`J` AS `J`, `Q`.`N` AS `N`, CAST(1 AS INTEGER) AS `X` FROM Q"
        )


@pytest.fixture(scope="module")
def made() -> Iterator[TestDriver]:
    with driver() as made:
        yield made


@pytest.mark.parametrize(
    ("query", "message", "place"),
    [
        ("SELECT * FROM (SELECT NOPE FROM S)", "there is no column NOPE", "NOPE"),
        ("SELECT NOPE FROM (SELECT ID, N FROM S)", "there is no column NOPE", "NOPE"),
        ("SELECT ID, Q.A FROM (SELECT ID, N FROM S) Q", "there is no column Q.A", "Q.A"),
        ("SELECT ID, S.N FROM (SELECT ID, N FROM S) Q", "there is no source S in this query", "S.N"),
        ("SELECT * FROM (SELECT * FROM NOPE)", "there is no stream or table called NOPE", "NOPE"),
        ("WITH Q AS (SELECT * FROM R), R AS (SELECT * FROM S) SELECT * FROM Q", "there is no stream or table called R", "R)"),
        ("WITH Q AS (SELECT * FROM T), Q AS (SELECT ID FROM S) SELECT * FROM Q", "WITH defines Q twice", "Q AS (SELECT ID"),
        ("SELECT * FROM S JOIN (SELECT * FROM T) ON S.ID = T.ID", "a query that is joined needs a name", "(SELECT"),
        ("SELECT * FROM (SELECT * FROM S LIMIT 3)", "a query inside another has no LIMIT", "SELECT * FROM S LIMIT"),
        ("SELECT * FROM (SELECT ID, ROWOFFSET FROM S)", "ROWOFFSET is a reserved column name", "ROWOFFSET"),
        ("SELECT ID, ROWPARTITION AS P FROM (SELECT * FROM S)", "there is no column ROWPARTITION", "ROWPARTITION"),
        ("SELECT * FROM (SELECT ID, COUNT(*) AS C FROM S)", "COUNT needs a GROUP BY", "COUNT"),
        ("SELECT * FROM (SELECT ID, N FROM S EMIT FINAL)", "EMIT FINAL is for windowed aggregations", "SELECT ID"),
        ("SELECT * FROM (SELECT NULL AS X FROM S)", "is a bare NULL", "NULL"),
        ("SELECT ID, N FROM S UNION ALL SELECT ID FROM S", "have 2 columns and 1", "SELECT ID FROM"),
        ("SELECT ID, N FROM S UNION ALL SELECT ID, A FROM S", "column A of UNION ALL is STRING here, and INTEGER in", "A FROM"),
        ("SELECT ID, N FROM S UNION ALL SELECT ID, N FROM T", "UNION ALL is for streams, but this", "SELECT ID, N FROM T"),
        ("SELECT ID, N FROM W UNION ALL SELECT A, N FROM S", "the keys of UNION ALL differ: here they", "SELECT A"),
        ("SELECT * FROM S UNION ALL SELECT * FROM S EMIT FINAL", "EMIT FINAL is for windowed", "SELECT * FROM S UNION"),
        ("SELECT X FROM (SELECT X FROM (SELECT A AS X, ID FROM T))", "Hint: add ID to the SELECT list of", "SELECT X FROM ("),
        (f"SELECT ID, C FROM ({COUNTED}) Q", "Your SELECT query produces a TABLE", "CREATE"),
    ],
)  # fmt: skip
def test_refused(made: TestDriver, query: str, message: str, place: str) -> None:
    refuses(made, f"CREATE STREAM O AS {query};", message, place)


def test_names_of_with_that_double_are_refused_at_last(made: TestDriver) -> None:
    doubled = "".join(f", Q{i + 1} AS (SELECT ID FROM Q{i} UNION ALL SELECT ID FROM Q{i})" for i in range(30))
    statement = f"CREATE STREAM O AS WITH Q0 AS (SELECT ID FROM S){doubled} SELECT * FROM Q30;"
    refuses(made, statement, "the query reads 512 sources, more than 256", "SELECT ID FROM Q9")
