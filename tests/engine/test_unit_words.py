"""DAY, HOUR, MINUTE and SECOND are units of time where a function takes one, and names of columns everywhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ksql.errors import KsqlError
from ksql.testing import Record, TestDriver


@pytest.fixture
def driver() -> Iterator[TestDriver]:
    made = TestDriver()
    made.create_topic("s")
    made.execute("CREATE STREAM S (K STRING KEY, day INT, hour STRING, d DATE) WITH (KAFKA_TOPIC='s', FORMAT='JSON');")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("K, ABS(day) AS X FROM S", b'{"X":2}'),
        ("K, UCASE(hour) || LCASE(HOUR) AS X FROM S WHERE ABS(day) = 2", b'{"X":"Aa"}'),
        ("K, DATEADD(day, day, d) AS X FROM S", b'{"X":3}'),
        ("DATEADD(DAYS, ABS(day), d) AS X, UCASE(hour) AS H FROM S PARTITION BY UCASE(hour)", b'{"X":3}'),
        ("K, TRANSFORM(ARRAY[1], minute => ABS(minute) + ABS(day)) AS X FROM S", b'{"X":[3]}'),
        ("K, LATEST_BY_OFFSET(day) AS X, MAX(hour) AS Y FROM S GROUP BY K", b'{"X":2,"Y":"a"}'),
    ],
)
def test_words_of_units(driver: TestDriver, select: str, expected: bytes) -> None:
    driver.execute(f"CREATE {'TABLE' if 'GROUP' in select else 'STREAM'} O AS SELECT {select};")
    driver.feed([Record("s", b'"k"', b'{"DAY":2,"HOUR":"a","D":1}')])
    assert [record.value for record in driver.read("O")] == [expected]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE STREAM O AS SELECT ABS(second) AS X FROM S;", "line 1:31: there is no column SECOND"),
        ("INSERT INTO S (day) VALUES (ABS(hour));", "line 1:33: a value cannot refer to a column"),
        ("CREATE STREAM O AS SELECT DATEADD(week, 1, d) AS X FROM S;", "there is no column WEEK"),
    ],
)
def test_words_that_are_neither(driver: TestDriver, statement: str, message: str) -> None:
    with pytest.raises(KsqlError, match=message):
        driver.execute(statement)
