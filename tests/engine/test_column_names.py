"""Any name is a column's: it never meets one of the engine's own, nor another that differs from it in case only."""

from __future__ import annotations

import json
from functools import cache

import pytest

from ksql.testing import Record, TestDriver

#: Names the engine itself uses on its way, and some that are hard to quote.
OURS = ["$x", "$ts", "$DEL", "$n", "$value", "$suspect", "$key0", "$agg0", "$arg0", "$exploded0", "$visible", "$v", "$row0"]
OURS += ["$p0", "$branch", "windowstart", "WindowEnd", "rowtime", "batch", "h", "k$0", 'q"q', "a.b", " ", "x'y", "~$x"]

DECLARED = """
    CREATE STREAM S (K STRING KEY, {c} INT, ITEMS ARRAY<INT>) WITH (KAFKA_TOPIC='s', FORMAT='JSON');
    CREATE TABLE T ({c} STRING PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='t', FORMAT='JSON');
    CREATE TABLE U (K STRING PRIMARY KEY, {c} INT) WITH (KAFKA_TOPIC='u', FORMAT='JSON');
"""
QUERIES = """
    CREATE STREAM O1 AS SELECT * FROM S;
    CREATE STREAM O2 AS SELECT K, {c} + 1 AS X, ITEMS AS {c} FROM S WHERE {c} > 3;
    CREATE TABLE O3 AS SELECT {c}, COUNT(*) AS X, SUM({c}) AS Y FROM S GROUP BY {c} HAVING COUNT(*) > 0;
    CREATE TABLE O4 AS SELECT K, COUNT({c}) AS {c} FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY K;
    CREATE STREAM O5 AS SELECT * FROM S PARTITION BY {c};
    CREATE STREAM O6 AS SELECT K, {c} AS X, EXPLODE(ITEMS) AS {c} FROM S;
    CREATE STREAM O7 AS SELECT K, TRANSFORM(ITEMS, x => x + {c}) AS X, CAST(ITEMS AS STRING) || CAST({c} AS STRING) AS Y,
        CASE WHEN CASE WHEN {c} + 1 > 3 THEN {c} = 4 ELSE FALSE END THEN {c} ELSE -{c} END AS Z FROM S;
    CREATE STREAM O8 AS SELECT S.K, S.{c} AS X, T.{c} AS {c}, V FROM S JOIN T ON S.K = T.{c};
    CREATE STREAM O9 AS SELECT {c}.K, {c}.{c} AS X, U.{c} AS Y, U.ROWTIME AS Z FROM S {c} LEFT JOIN U ON {c}.K = U.K;
    CREATE TABLE O10 AS SELECT K, {c} FROM U WHERE {c} > 2;
    CREATE TABLE O11 AS SELECT {c}, V FROM T WHERE V > 2;
"""
TOPICS = [f"O{n}" for n in range(1, 12)]
Rows = list[tuple[bytes | None, bytes | None]]


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def results(name: str, count: int) -> dict[str, Rows]:
    """What the queries write of `count` rounds of records, in which a column is called `name`."""
    driver = TestDriver()
    try:
        for topic in "stu":
            driver.create_topic(topic)
        driver.execute(DECLARED.format(c=quoted(name)) + QUERIES.format(c=quoted(name)))
        rows: list[tuple[str, str, dict[str, object]]] = [
            ("t", "a", {"V": 7}),
            ("u", "a", {name: 8}),
            ("s", "a", {name: 3, "ITEMS": [1, 2]}),
            ("s", "b", {name: 4, "ITEMS": []}),
        ]
        driver.feed([Record(t, json.dumps(key).encode(), json.dumps(row).encode()) for t, key, row in rows] * count)
        return {topic: [(record.key, record.value) for record in driver.read(topic)] for topic in TOPICS}
    finally:
        driver.close()


@cache
def usual(count: int) -> dict[str, Rows]:
    return results("USUAL", count)


def renamed(part: bytes | None, name: str) -> bytes | None:
    return None if part is None else part.replace(json.dumps(name).encode(), b'"USUAL"')


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("count", [1, 40])
def test_a_name_of_ours(name: str, count: int) -> None:
    found = results(name, count)
    for topic, rows in usual(count).items():
        assert [(renamed(key, name), renamed(value, name)) for key, value in found[topic]] == rows


CASES = [
    ("STREAM", "* FROM S", b'{"a":1,"A":2,"windowstart":3}'),
    ("STREAM", "K, `a` - A AS D, A AS `a`, `a` AS A FROM S WHERE `a` = 1 AND A = 2", b'{"D":-1,"a":2,"A":1}'),
    ("TABLE", "`a`, A, SUM(A) AS X, MAX(`a`) AS `x` FROM S GROUP BY `a`, A", b'{"X":2,"x":1}'),
    (
        "TABLE",
        "K, MAX(`windowstart`) AS `windowEnd`, WINDOWEND AS `windowStart` FROM S WINDOW TUMBLING (SIZE 9 SECONDS) GROUP BY K",
        b'{"windowEnd":3,"windowStart":9000}',
    ),
    ("STREAM", "* FROM S PARTITION BY A", b'{"a":1,"windowstart":3,"K":"x"}'),
    ("STREAM", "S.K, S.`a`, S.A, T.`a`, T.A FROM S JOIN T ON S.K = T.K", b'{"S_a":1,"S_A":2,"T_a":7,"T_A":8}'),
    ("STREAM", "`t`.K, `t`.`a`, `t`.A, T.`a`, T.A FROM S `t` JOIN T ON `t`.K = T.K", b'{"t_a":1,"t_A":2,"T_a":7,"T_A":8}'),
    ("TABLE", "* FROM T WHERE A > `a`", b'{"a":7,"A":8}'),
    ("STREAM", "K, REDUCE(ARRAY[1, 2], A, (`s`, S) => `s` + S * 10) AS X FROM S", b'{"X":32}'),
    ("STREAM", "K, TRANSFORM(ARRAY[5], p => TRANSFORM(ARRAY[7], `p` => p * A + `p`)) AS X FROM S", b'{"X":[[17]]}'),
]


@pytest.mark.parametrize(("kind", "query", "first"), CASES)
@pytest.mark.parametrize("count", [1, 70])
def test_names_that_differ_in_case(kind: str, query: str, first: bytes, count: int) -> None:
    driver = TestDriver(cache=False)
    try:
        driver.create_topic("s")
        driver.create_topic("t")
        driver.execute(f"""
            CREATE STREAM S (K STRING KEY, `a` INT, A INT, `windowstart` INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON');
            CREATE TABLE T (K STRING PRIMARY KEY, `a` INT, A INT) WITH (KAFKA_TOPIC='t', FORMAT='JSON');
            CREATE {kind} O AS SELECT {query};
        """)
        records = [Record("t", b'"x"', b'{"a":7,"A":8}'), Record("s", b'"x"', b'{"a":1,"A":2,"windowstart":3}')]
        driver.feed(records * count)
        assert driver.read("O")[0].value == first
        assert driver.errors == []
    finally:
        driver.close()
