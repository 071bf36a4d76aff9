"""EXPLAIN of a query and DESCRIBE EXTENDED of its sink say what is remembered, and why no row came out."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

import ksql
from ksql.display import Display
from ksql.engine.operators import tally
from ksql.engine.results import Listing

SOURCES = """
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM R (ID STRING KEY, ROOM STRING, C INT) WITH (kafka_topic='r', value_format='JSON', partitions=1);
CREATE STREAM R2 (ID STRING KEY, C INT) WITH (kafka_topic='r2', value_format='JSON', partitions=1);
CREATE TABLE T (ID STRING PRIMARY KEY, NAME STRING, OTHER STRING)
  WITH (kafka_topic='t', value_format='JSON', partitions=1);
"""
RECORDS = """
INSERT INTO R (ID, ROOM, C, ROWTIME) VALUES ('a', 'k', 1, 100000);
INSERT INTO R (ID, ROOM, C, ROWTIME) VALUES ('a', 'k', 2, 200000);
INSERT INTO R (ID, ROOM, C, ROWTIME) VALUES ('a', 'k', 3, 100000);
INSERT INTO R (ID, ROOM, C, ROWTIME) VALUES ('a', 'k', 0, 200000);
INSERT INTO R (ID, ROOM, C, ROWTIME) VALUES ('a', NULL, 3, 200000);
INSERT INTO T (ID, NAME) VALUES ('k', 'x');
INSERT INTO T (ID, NAME) VALUES ('l', 'y');
"""
WINDOW = "WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 0 SECONDS)"
NOW = "WITHIN 1 SECOND GRACE PERIOD 0 SECONDS"

CASES = [
    (
        f"CREATE TABLE O AS SELECT ROOM, COUNT(*) N FROM R {WINDOW} WHERE C > 0 GROUP BY ROOM;",
        [
            ("R", tally.READ, 5),
            ("Stage", tally.FILTERED, 1),
            ("Aggregation", tally.NO_GROUP, 1),
            ("Aggregation", tally.LATE, 1),
            ("Sink", tally.WRITTEN, 2),
        ],
    ),
    (
        "CREATE TABLE O AS SELECT ROOM, COUNT(*) N FROM R WINDOW SESSION (5 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY ROOM;",
        [("R", tally.READ, 5), ("Aggregation", tally.NO_GROUP, 1), ("Aggregation", tally.LATE, 1), ("Sink", tally.WRITTEN, 3)],
    ),
    (
        "CREATE TABLE O AS SELECT ROOM, COUNT(*) N FROM R GROUP BY ROOM HAVING COUNT(*) > 5;",
        [
            ("R", tally.READ, 5),
            ("Aggregation", tally.NO_GROUP, 1),
            ("Table view by ROOM", tally.NO_ROW, 4),
        ],
    ),
    (
        "CREATE STREAM O AS SELECT R.ID AS ID, NAME FROM R JOIN T ON R.ID = T.ID;",
        [
            ("R", tally.READ, 5),
            ("T", tally.READ, 2),
            ("Inner stream-table join on T.ID", tally.UNMATCHED, 5),
        ],
    ),
    (
        "CREATE STREAM O AS SELECT R.ROOM, NAME FROM R LEFT JOIN T ON R.ROOM = T.ID;",
        [
            ("R", tally.READ, 5),
            ("T", tally.READ, 2),
            ("Left stream-table join on T.ID", tally.NO_JOIN_KEY, 1),
            ("Sink", tally.WRITTEN, 5),
        ],
    ),
    (
        f"CREATE STREAM O AS SELECT R.ID AS ID, R.C FROM R JOIN R2 {NOW} ON R.ID = R2.ID;",
        [
            ("R", tally.READ, 5),
            ("Inner stream-stream join on join.R2.left-key = join.R2.right-key", tally.TOO_OLD, 1),
        ],
    ),
    (
        "CREATE TABLE O AS SELECT NAME, MAX(ID) FROM T WHERE NAME <> 'x' GROUP BY NAME;",
        [("T", tally.READ, 2), ("Table changes by 1 key(s)", tally.NO_ROW, 1), ("Sink", tally.WRITTEN, 1)],
    ),
    (
        "CREATE STREAM O AS SELECT ID, 1 / C AS X FROM R WHERE C < 3;",
        [("R", tally.READ, 5), ("Stage", tally.FAILED_EXPRESSION, 1), ("Stage", tally.FILTERED, 2), ("Sink", tally.WRITTEN, 3)],
    ),
]


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def database() -> Iterator[ksql.Database]:
    with ksql.connect() as found:
        found.execute(SOURCES)
        yield found


def listing(database: ksql.Database, statement: str) -> Listing:
    (found,) = database.session.execute(statement)
    assert isinstance(found, Listing)
    return found


def rows(found: Listing, title: str) -> list[tuple[str, ...]]:
    return [tuple(row) for name, _, rows in found.sections if name == title for row in rows]


@pytest.mark.parametrize(("statement", "expected"), CASES)
def test_why_no_row_came_out(database: ksql.Database, statement: str, expected: list[tuple[str, str, int]]) -> None:
    database.execute("SET 'ksql.streams.cache.max.bytes.buffering' = '0';")
    database.execute(RECORDS)
    database.execute(statement)
    database.wait_idle()
    (query,) = database.session.engine.queries
    wanted = [(operator, what, str(number)) for operator, what, number in expected]
    assert rows(listing(database, f"EXPLAIN {query};"), tally.TITLE) == wanted
    described = listing(database, "DESCRIBE O EXTENDED;")
    assert rows(described, tally.TITLE) == wanted
    assert all(f"{tally.TITLE}: {', '.join(row)}" in described.entity["sourceDescription"]["statistics"] for row in wanted)


def test_what_cannot_be_read_and_what_the_cache_leaves_out(database: ksql.Database) -> None:
    database.execute("CREATE STREAM RAW (LINE STRING) WITH (kafka_topic='r', value_format='KAFKA');")
    database.execute("CREATE STREAM COPY (X INT) WITH (kafka_topic='copy', value_format='JSON', partitions=1);")
    database.execute("CREATE STREAM COPIED WITH (kafka_topic='copy', value_format='KAFKA') AS SELECT LINE FROM RAW;")
    database.execute("CREATE TABLE O AS SELECT 1 AS ONE, COUNT(*) AS N FROM COPY GROUP BY 1;")
    database.execute("PAUSE ALL;")
    for line in ('{"X": 1}', "nothing", '{"X": 2}'):
        database.execute("INSERT INTO RAW VALUES (?)", [line])
    database.execute("RESUME ALL;")
    database.wait_idle()
    found = rows(listing(database, "EXPLAIN CTAS_O_1;"), tally.TITLE)
    assert ("COPY", tally.READ, "3") in found
    assert ("COPY", tally.UNREADABLE, "1") in found


def test_states_have_sizes_and_times(database: ksql.Database) -> None:
    database.execute(RECORDS)
    database.execute(f"CREATE TABLE O AS SELECT ROOM, COUNT(DISTINCT C) N FROM R {WINDOW} GROUP BY ROOM;")
    database.wait_idle()
    found = listing(database, "EXPLAIN CTAS_O_0;")
    assert [row[:2] for row in rows(found, "State")] == [("aggregation", "2"), ("aggregation.values-0", "3")]
    assert rows(found, "Stream time") == [("aggregation", "0", "1970-01-01T00:03:20.000Z")]
    assert "State: aggregation, 2," in found.entity["queryDescription"]["topology"]
    json.dumps(found.entity)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_it_fits_the_screen(database: ksql.Database, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    database.execute(RECORDS)
    database.execute(CASES[0][0])
    database.wait_idle()
    screen = Screen()
    found = listing(database, "EXPLAIN CTAS_O_0;")
    Display(screen).show(Listing("", [s for s in found.sections if s[0] in ("State", "Stream time", tally.TITLE)], {}))
    assert max(map(len, screen.getvalue().splitlines())) <= width
