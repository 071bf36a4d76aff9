"""Formats that cannot hold what a query would keep in topics of its own are refused, as in ksqlDB."""

from __future__ import annotations

import pytest

from tests.engine.statements.running import driver, refuses

SOURCES = """
CREATE STREAM RAW (K STRING KEY, N INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='KAFKA');
CREATE STREAM LINES (K STRING KEY, N INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED');
CREATE TABLE CHANGES (K STRING PRIMARY KEY, N INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='DELIMITED');
CREATE STREAM J (K STRING KEY, N INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
"""


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT K, COUNT(*) AS C FROM RAW GROUP BY K", "RAW: the KAFKA value format does not support GROUP BY"),
        (
            "SELECT * FROM (SELECT K, COUNT(*) AS C FROM RAW GROUP BY K) AS I",
            "RAW: the KAFKA value format does not support GROUP BY",
        ),
        ("SELECT * FROM J JOIN RAW WITHIN 1 HOUR ON J.K = RAW.K", "RAW: the KAFKA value format does not support JOIN"),
        ("SELECT K, AVG(N) AS A FROM LINES GROUP BY K", "the DELIMITED value format of the source"),
        (
            "SELECT K, AVG(N) AS A FROM LINES WINDOW SESSION (1 SECOND) GROUP BY K",
            "the DELIMITED value format of the source",
        ),
        (
            "SELECT K, COUNT(*) AS C, TOPK(N, 2) AS T FROM LINES GROUP BY K",
            "the DELIMITED value format of the source",
        ),
    ],
)
def test_refused(query: str, message: str) -> None:
    kind = "STREAM" if "JOIN" in query else "TABLE"
    with driver() as made:
        made.execute(SOURCES)
        refuses(made, f"{query} EMIT CHANGES;", message, "SELECT")
        refuses(made, f"EXPLAIN {query} EMIT CHANGES;", message, "SELECT")
        refuses(made, f"CREATE {kind} O WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON') AS {query};", message, "SELECT")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT K, COUNT(*) AS C, MAX(N) AS M FROM LINES GROUP BY K",
        "SELECT K, AVG(N) AS A FROM J GROUP BY K",
        "SELECT N, MIN(K) AS C FROM CHANGES GROUP BY N",
        "SELECT N, COUNT(DISTINCT K) AS C FROM LINES GROUP BY N",
        "SELECT N, COUNT(DISTINCT K) AS C, MAX(K) AS M FROM LINES WINDOW SESSION (1 SECOND) GROUP BY N",
        "SELECT K, N FROM RAW PARTITION BY K",
    ],
)
def test_others_are_not(query: str) -> None:
    kind = "STREAM" if "PARTITION" in query else "TABLE"
    with driver() as made:
        made.execute(f"{SOURCES} CREATE {kind} O WITH (KAFKA_TOPIC='x') AS {query};")
