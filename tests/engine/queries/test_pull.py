"""Pull queries: the dialect's own SELECT, and any SQL of DuckDB, over tables and streams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import ksql
from ksql.engine.errors import StatementError

SETUP = """
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM orders (id STRING KEY, city STRING, amount INT) WITH (kafka_topic='orders', value_format='JSON', partitions=1);
CREATE STREAM alike (id STRING KEY, `n` INT, n INT) WITH (kafka_topic='alike', value_format='JSON', partitions=1);
CREATE STREAM no_stream (id STRING KEY, n INT) WITH (kafka_topic='none', value_format='JSON', partitions=1);
CREATE TABLE no_table (id STRING PRIMARY KEY, n INT) WITH (kafka_topic='none', value_format='JSON');
CREATE TABLE no_kept AS SELECT id, COUNT(*) AS n FROM no_stream GROUP BY id;
CREATE TABLE cities (city STRING PRIMARY KEY, country STRING) WITH (kafka_topic='cities', value_format='JSON', partitions=1);
CREATE TABLE totals AS SELECT city, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY city EMIT CHANGES;
CREATE TABLE hourly AS SELECT city, COUNT(*) AS n FROM orders WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY city EMIT CHANGES;
CREATE TABLE busy AS SELECT city, COUNT(*) AS n FROM orders
  WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 30 MINUTES) GROUP BY city HAVING COUNT(*) < 5;
INSERT INTO orders (ROWTIME, id, city, amount) VALUES (0, 'a', 'Bern', 3);
INSERT INTO orders (ROWTIME, id, city, amount) VALUES (1000, 'b', 'Lyon', 5);
INSERT INTO orders (ROWTIME, id, city, amount) VALUES (4000000, 'c', 'Bern', 7);
INSERT INTO alike VALUES ('a', 1, 2);
INSERT INTO cities VALUES ('Bern', 'CH');
INSERT INTO cities VALUES ('Lyon', 'FR');
INSERT INTO cities (city, country) VALUES ('Lyon', 'France');
"""


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ksql.Database]:
    directory: Path = tmp_path_factory.mktemp("pull")
    with ksql.connect(directory) as database:
        for _ in database.execute(SETUP):
            pass
        database.wait_idle()
        yield database


CASES = [
    # the dialect's SELECT
    ("SELECT * FROM totals WHERE city = 'Bern';", [{"CITY": "Bern", "N": 2, "TOTAL": 10}]),
    ("SELECT total + 1 AS more FROM totals WHERE city IN ('Lyon', 'Oslo');", [{"MORE": 6}]),
    ("SELECT * FROM totals WHERE city = 'Oslo';", []),
    ("SELECT n FROM hourly WHERE city = 'Bern' AND windowstart = 3600000;", [{"N": 1}]),
    ("SELECT windowstart, n FROM busy WHERE city = 'Lyon';", [{"WINDOWSTART": 0, "N": 1}]),
    ("SELECT windowstart FROM busy WHERE city IN ('Bern', 'Oslo') AND windowend > 5400000;", [{"WINDOWSTART": 3600000}]),
    ("SELECT id FROM orders WHERE amount > 4;", [{"ID": "b"}, {"ID": "c"}]),
    ("SELECT id FROM orders LIMIT 1;", [{"ID": "a"}]),
    ("SELECT id FROM orders LIMIT 0;", []),
    ("SELECT id, ROWTIME, ROWPARTITION, ROWOFFSET FROM orders WHERE id = 'b';",
     [{"ID": "b", "ROWTIME": 1000, "ROWPARTITION": 0, "ROWOFFSET": 1}]),
    ("SELECT country, ROWPARTITION, ROWOFFSET FROM cities WHERE city = 'Lyon';",
     [{"COUNTRY": "France", "ROWPARTITION": 0, "ROWOFFSET": 2}]),
    ("SELECT city, ROWTIME FROM totals;", [{"CITY": "Bern", "ROWTIME": 4000000}, {"CITY": "Lyon", "ROWTIME": 1000}]),
    ("SELECT WINDOWSTART, WINDOWEND, ROWTIME FROM hourly WHERE city = 'Lyon';",
     [{"WINDOWSTART": 0, "WINDOWEND": 3600000, "ROWTIME": 1000}]),
    ("SELECT WINDOWSTART, WINDOWEND, ROWTIME FROM hourly WHERE city = 'Lyon' ORDER BY 1;",
     [{"WINDOWSTART": 0, "WINDOWEND": 3600000, "ROWTIME": 1000}]),
    ("SELECT city, EXPLODE(ARRAY[n, total]) AS x FROM totals WHERE city = 'Bern';",
     [{"CITY": "Bern", "X": 2}, {"CITY": "Bern", "X": 10}]),
    ("SELECT id, n, ROWTIME, ROWPARTITION, ROWOFFSET FROM no_stream WHERE n > 0;", []),
    ("SELECT id, n, ROWTIME, ROWPARTITION, ROWOFFSET FROM no_table;", []),
    ("SELECT id, n, ROWTIME FROM no_kept;", []),
    ("SELECT N AS one, `n` AS other FROM alike WHERE `n` < n;", [{"ONE": 2, "OTHER": 1}]),
    # SQL of DuckDB
    ("SELECT id, ROWTIME, ROWPARTITION, ROWOFFSET FROM no_stream ORDER BY 1;", []),
    ("SELECT id, ROWTIME, ROWPARTITION, ROWOFFSET FROM no_table ORDER BY 1;", []),
    ("SELECT id, ROWTIME FROM no_kept ORDER BY 1;", []),
    ("SELECT max(total) AS most FROM totals;", [{"MOST": 10}]),
    ("SELECT city FROM totals ORDER BY total DESC;", [{"CITY": "Bern"}, {"CITY": "Lyon"}]),
    (
        "SELECT c.country, t.total FROM totals t JOIN cities c ON c.city = t.city ORDER BY 1;",
        [{"COUNTRY": "CH", "TOTAL": 10}, {"COUNTRY": "France", "TOTAL": 5}],
    ),
    (
        "WITH big AS (SELECT * FROM orders WHERE amount > 3) SELECT count(*) AS n FROM big;",
        [{"N": 2}],
    ),
    ("WITH orders AS (SELECT * FROM orders WHERE amount > 4) SELECT id FROM orders ORDER BY id;", [{"ID": "b"}, {"ID": "c"}]),
    ("SELECT count(*) AS n FROM (WITH totals AS (SELECT 1) SELECT * FROM totals) one, totals;", [{"N": 2}]),
    ("SELECT x FROM orders AS o(k, x) ORDER BY k LIMIT 1;", [{"X": "Bern"}]),
    ("SELECT * FROM (SELECT id, amount FROM orders) PIVOT (max(amount) FOR id IN ('a', 'b'));", [{"a": 3, "b": 5}]),
    ("SELECT count(*) AS n FROM orders TABLESAMPLE 0 ROWS;", [{"N": 0}]),
    (
        "SELECT id, sum(amount) OVER (ORDER BY id) AS running FROM orders ORDER BY id;",
        [{"ID": "a", "RUNNING": 3}, {"ID": "b", "RUNNING": 8}, {"ID": "c", "RUNNING": 15}],
    ),
    ('SELECT city AS "inThe" FROM totals ORDER BY city LIMIT 1;', [{"inThe": "Bern"}]),
    ("SELECT count(*) AS `Rows` FROM orders GROUP BY city ORDER BY 1;", [{"Rows": 1}, {"Rows": 2}]),
    ("SELECT id, ROWPARTITION, ROWOFFSET FROM orders ORDER BY id LIMIT 1;", [{"ID": "a", "ROWPARTITION": 0, "ROWOFFSET": 0}]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "rows"), CASES, ids=[sql for sql, _ in CASES])
def test_answers(db: ksql.Database, sql: str, rows: list[dict[str, object]]) -> None:
    assert db.execute(sql).arrow().to_pylist() == rows


@pytest.mark.parametrize(
    ("sql", "message", "place"),
    [
        ("SELECT nope FROM totals;", "there is no column NOPE", (1, 8)),
        ("SELECT max(nope) FROM totals;", 'column "NOPE" not found', (1, 12)),
        ("SELECT\n  nope FROM totals ORDER BY 1;", 'column "NOPE" not found', (2, 3)),
        ("SELECT 1;\n  WITH t AS (SELECT 1)\n SELECT 2, frobnicate(3) FROM t;", "name frobnicate does not", (3, 12)),
        ("SELECT * FROM totals WHERE id = :x;", "a parameter has no value", (1, 1)),
        ("SELECT * FROM read_text('/etc/hosts') ORDER BY 1;", "file system operations are disabled", (1, 25)),
        ("SELECT MASK(city) FROM totals ORDER BY 1;", "MASK is for queries with no more than WHERE and LIMIT", (1, 8)),
        ("SELECT o->part FROM orders o ORDER BY 1;", r"a field of a struct with a dot: o\.part", (1, 11)),
        ("SELECT TOPK(amount, 2) FROM orders;", "TOPK is for queries with EMIT and CREATE … AS", (1, 8)),
        ("SELECT city, ROWPARTITION FROM totals;", "no column ROWPARTITION here", (1, 14)),
        ("SELECT city FROM hourly WHERE city = 'Bern' AND ROWOFFSET = 0;", "no column ROWOFFSET here", (1, 49)),
        ("SELECT city, t.ROWOFFSET FROM totals t ORDER BY 1;", "no column ROWOFFSET here", (1, 16)),
        ("SELECT city, WINDOWSTART FROM totals ORDER BY 1;", "no column WINDOWSTART here", (1, 14)),
        ("SELECT city, WINDOWEND FROM totals;", "no column WINDOWEND", (1, 14)),
        ("SELECT N AS one, `n` AS other FROM alike ORDER BY 1;", "columns called n and N, which are one to DuckDB", (1, 36)),
        ("SELECT count(*) FROM nowhere;", "no stream or table called NOWHERE", (1, 22)),
    ],
)
def test_refusals(db: ksql.Database, sql: str, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(StatementError, match=message) as refused:
        db.execute(sql)
    assert (refused.value.line, refused.value.column) == place
