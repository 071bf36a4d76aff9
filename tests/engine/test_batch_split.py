"""Batch-split invariance: however the input is cut into batches, the same records come out, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.testing import Record, TestDriver

SOURCES = """
CREATE STREAM S (K STRING KEY, A INT, D DOUBLE, N STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE T (K STRING PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
"""
#: One query for each operator.
QUERIES = {
    "filter and project": "CREATE STREAM O AS SELECT K, A + 1 AS B, D / A AS Q, N FROM S WHERE A <> 3",
    "partition by": "CREATE STREAM O AS SELECT N, A, AS_VALUE(K) AS K FROM S PARTITION BY N",
    "explode": "CREATE STREAM O AS SELECT K, EXPLODE(ARRAY[A, A + 1]) AS E FROM S",
    "integers": "CREATE TABLE O AS SELECT K, COUNT(*) AS C, SUM(A) AS SA, MIN(A) AS MI, MAX(N) AS MA FROM S GROUP BY K",
    "doubles": "CREATE TABLE O AS SELECT K, SUM(D) AS SD, AVG(D) AS AD, MAX(D) AS MD FROM S GROUP BY K",
    "lists": """CREATE TABLE O AS SELECT K, COLLECT_LIST(A) AS L, LATEST_BY_OFFSET(N, 2) AS N2, LATEST_BY_OFFSET(D) AS D1
                FROM S GROUP BY K""",
    "having": "CREATE TABLE O WITH (KEY_FORMAT='JSON') AS SELECT N, A, SUM(D) AS SD FROM S GROUP BY N, A HAVING SUM(D) > 0",
    "tumbling": """CREATE TABLE O AS SELECT K, SUM(D) AS SD, COUNT(*) AS C FROM S
                   WINDOW TUMBLING (SIZE 5 SECONDS, GRACE PERIOD 2 SECONDS) GROUP BY K""",
    "hopping": """CREATE TABLE O AS SELECT K, SUM(A) AS SA FROM S
                  WINDOW HOPPING (SIZE 6 SECONDS, ADVANCE BY 2 SECONDS) GROUP BY K""",
    "hopping having": """CREATE TABLE O AS SELECT K, SUM(A) AS SA FROM S WINDOW HOPPING (SIZE 6 SECONDS, ADVANCE BY 2 SECONDS)
                         GROUP BY K HAVING SUM(A) > 0""",
    "left join": "CREATE STREAM O AS SELECT S.K AS K, A, V FROM S LEFT JOIN T ON S.K = T.K",
    "inner join by another key": "CREATE STREAM O AS SELECT T.K AS K, A, V FROM S JOIN T ON S.N = T.K WHERE V > 0",
    "table aggregate": """CREATE TABLE O AS SELECT V / 2 AS H, COUNT(*) AS C, SUM(V) AS SV, COLLECT_LIST(V) AS L, ATTR(V) AS AV
                          FROM T WHERE V <> 3 GROUP BY V / 2 HAVING COUNT(*) < 3""",
    "table filter": "CREATE TABLE O AS SELECT K, V * 2 AS W FROM T WHERE V > 0",
}

KEYS = st.sampled_from(["a", "a", "a", "b", "c", None])
NUMBERS = st.one_of(st.none(), st.integers(-5, 5), st.sampled_from([2**31 - 1, -(2**31)]))
DOUBLES = st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([0.1, 1e300, -1e300, -0.0]))
STREAM_VALUES = st.one_of(st.none(), st.just("{"), st.fixed_dictionaries({"A": NUMBERS, "D": DOUBLES, "N": KEYS}))
TABLE_VALUES = st.one_of(st.none(), st.fixed_dictionaries({"V": NUMBERS}))


def record(topic: str, key: str | None, value: object, time: int) -> Record:
    data = None if value is None else b"{" if value == "{" else json.dumps(value).encode()
    return Record(topic, None if key is None else key.encode(), data, time)


RECORDS = st.lists(
    st.one_of(
        st.builds(record, st.just("s"), KEYS, STREAM_VALUES, st.integers(0, 20_000)),
        st.builds(record, st.just("t"), KEYS, TABLE_VALUES, st.integers(0, 20_000)),
    ),
    max_size=30,
)


def run(query: str, batches: Sequence[Sequence[Record]]) -> list[Record]:
    driver = TestDriver(cache=False)
    try:
        driver.create_topic("s")
        driver.create_topic("t")
        driver.execute(SOURCES + query + ";")
        for batch in batches:
            driver.feed(batch, batch=True)
        return driver.read("O")
    finally:
        driver.close()


@pytest.mark.parametrize("name", QUERIES)
@settings(max_examples=3, deadline=None)
@given(records=RECORDS, data=st.data())
def test_the_split_makes_no_difference(name: str, records: list[Record], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=4)))
    parts = [records[a:b] for a, b in zip([0, *cuts], [*cuts, len(records)], strict=True)]
    assert run(QUERIES[name], [part for part in parts if part]) == run(QUERIES[name], [[r] for r in records])
