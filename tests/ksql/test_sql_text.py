"""Questions about the text of statements."""

from __future__ import annotations

import pytest

from ksql.sql_text import first_word, is_push, is_query, limit_of, sources_of, target_of


@pytest.mark.parametrize(
    ("statement", "word", "query"),
    [
        ("select 1;", "SELECT", True),
        ("print t;", "PRINT", True),
        ("(SELECT 1);", "", True),
        ("WITH x AS (SELECT 1) SELECT * FROM x;", "WITH", True),
        ("CREATE STREAM s AS SELECT 1;", "CREATE", False),
    ],
)
def test_first_word(statement: str, word: str, query: bool) -> None:
    assert (first_word(statement), is_query(statement)) == (word, query)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("CREATE STREAM s (a INT);", "S"),
        ("create or replace source table if not exists `My``T` (a INT);", "My`T"),
        ("INSERT INTO x SELECT * FROM y;", "X"),
        ("CREATE TYPE t AS INT;", None),
        ("DROP STREAM s;", None),
    ],
)
def test_target(statement: str, expected: str | None) -> None:
    assert target_of(statement) == expected


def test_what_a_query_reads() -> None:
    statement = "SELECT 'FROM x' FROM a JOIN `b` ON a.i = b.i -- FROM c\nLEFT JOIN \"d\" ON TRUE;"
    assert sources_of(statement) == ["A", "b", "d"]


@pytest.mark.parametrize(
    ("statement", "limit", "push"),
    [
        ("SELECT * FROM t LIMIT 8;", 8, False),
        ("SELECT limit FROM t", None, False),
        ("SELECT * FROM t emit changes limit 2", 2, True),
    ],
)
def test_limit_and_emit(statement: str, limit: int | None, push: bool) -> None:
    assert (limit_of(statement), is_push(statement)) == (limit, push)
