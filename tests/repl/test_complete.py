"""Completion as a table: text with the cursor marked by |, and what is offered first, or must be offered, or must not be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.engine.types.sql_types import BIGINT, DATE, STRING, Column, Struct
from ksql.repl.complete import Names, complete
from ksql.repl.scan import scan

NAMES = Names(
    streams={
        "FLIGHTS": (Column("ORIGIN", STRING), Column("DELAY", BIGINT), Column("carrier", STRING)),
        "PLACES": (Column("WHERE_IT_IS", Struct((("LAT", BIGINT), ("long", BIGINT)))),),
    },
    tables={
        "AIRLINES": (Column("CODE", STRING), Column("NAME", STRING)),
        "my table": (Column("D", DATE), Column("SIZE", BIGINT)),
    },
    functions=("UCASE", "COUNT", "LATEST_BY_OFFSET"),
    topics=("flights", "flights-raw"),
    queries=("CSAS_A_1",),
    commands=("help", "run script"),
)


def offered(marked: str) -> list[str]:
    cursor = marked.index("|")
    return [found.text for found in complete(marked.replace("|", "", 1), cursor, NAMES)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("SEL|", ["SELECT"]),
        ("sel|", ["select"]),
        ("he|", ["help"]),
        ("SELECT * FROM FL|", ["FLIGHTS"]),
        ("select * from fl|", ["flights"]),
        ("SELECT * FROM m|", ["`my table`"]),
        ("SELECT * FROM `my|", ["`my table`"]),
        ("SELECT OR| FROM flights", ["ORIGIN"]),
        ("SELECT c| FROM flights", ["`carrier`"]),
        ("SELECT f.| FROM flights f JOIN airlines a", ["ORIGIN", "DELAY", "`carrier`"]),
        ("SELECT a.n| FROM flights f JOIN airlines AS a", ["name"]),
        ("SELECT airlines.| FROM airlines", ["CODE", "NAME"]),
        ("SELECT where_it_is->| FROM places", ["LAT", "`long`"]),
        ("SELECT `my table`.| FROM `my table`", ["D", "`SIZE`"]),
        ("SELECT UC|", ["UCASE"]),
        ("SELECT 1 FROM s EMIT |", ["CHANGES", "FINAL"]),
        ("CREATE |", ["STREAM", "TABLE"]),
        ("CREATE OR REPLACE |", ["STREAM", "TABLE"]),
        ("CREATE STREAM s (a BIG|", ["BIGINT"]),
        ("CREATE STREAM s (a INT) WITH (KAFKA|", ["KAFKA_TOPIC"]),
        ("CREATE STREAM s (a INT) WITH (kafka_topic='fl|", ["flights", "flights-raw"]),
        ("CREATE STREAM s (a INT) WITH (value_format = 'j|", ["JSON"]),
        ("PRINT |", ["flights", "flights-raw"]),
        ("SHOW STR|", ["STREAMS"]),
        ("DROP TABLE |", ["AIRLINES", "`my table`"]),
        ("DROP STREAM IF EXISTS F|", ["FLIGHTS"]),
        ("DESCRIBE FUNCTION |", ["UCASE"]),
        ("TERMINATE |", ["CSAS_A_1", "ALL"]),
        ("INSERT INTO P|", ["PLACES"]),
        ("SHOW STREAMS; SELECT * FROM A|", ["AIRLINES"]),
        ("SELECT ORIGIN, | FROM flights; SELECT CODE FROM airlines;", ["ORIGIN"]),
        ("SELECT * FROM flights GROUP |", ["BY"]),
        ("SELECT * FROM flights GROUP BY OR|", ["ORIGIN"]),
        ("SELECT * FROM (|", ["SELECT"]),
        ("WITH q AS (|", ["SELECT"]),
        ("WITH q AS (SELECT OR| FROM flights", ["ORIGIN"]),
        ("SELECT * FROM flights UNION |", ["ALL"]),
        ("SELECT * FROM flights UNION ALL |", ["SELECT"]),
        ("SELECT * FROM flights -- a comment; really\nWHERE D|", ["DELAY"]),
    ],
)
def test_first_offers(text: str, first: list[str]) -> None:
    assert offered(text)[: len(first)] == first


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'FL|",
        "-- SEL|",
        "/* SEL|",
        "SELECT 'done'|",
        "SELECT 12|",
        "SELECT `done`|",
        "SELECT ${v|",
        "SELECT 'fl|' FROM x",
    ],
)
def test_no_offers(text: str) -> None:
    assert offered(text) == []


@pytest.mark.parametrize(
    ("text", "offer", "there"),
    [
        ("SELECT | FROM airlines", "NAME", True),
        ("SELECT | FROM airlines", "ORIGIN", False),
        ("SELECT |", "ORIGIN", True),
        ("SELECT DELAY | FROM flights", "FROM", True),
        ("SELECT * FROM flights |", "EMIT CHANGES", True),
        ("SELECT * FROM flights |", "AIRLINES", False),
        ("SELECT offset|", "latest_by_offset", True),
        ("DROP TABLE |", "FLIGHTS", False),
    ],
)
def test_offers(text: str, offer: str, there: bool) -> None:
    assert (offer in offered(text)) is there


def test_an_offer_takes_the_place_of_what_was_typed() -> None:
    [found] = complete("select * from fli", 17, NAMES)
    assert (found.text, found.start, found.kind) == ("flights", 14, "source")


@given(st.text(alphabet="abSELCT FROM'\"`.;,()->-*/\n0${}=", max_size=40), st.integers(0, 40))
def test_any_text_at_any_cursor(text: str, cursor: int) -> None:
    assert "".join(token.text for token in scan(text)) == text
    at = min(cursor, len(text))
    for found in complete(text, at, NAMES):
        assert 0 <= found.start <= at
