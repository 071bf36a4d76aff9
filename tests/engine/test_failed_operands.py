"""An operand that fails, because it is NULL or divides by zero, fails the whole condition: NULL in SELECT, false in WHERE."""

from __future__ import annotations

import json

import pytest

from ksql.testing import Record, TestDriver

#: The second record has no A.
VALUES = [b'{"A":1,"B":2,"T":"1"}', b'{"A":null,"B":2,"T":null}']


def run(query: str, count: int) -> list[object]:
    driver = TestDriver()
    try:
        driver.create_topic("s")
        driver.execute(f"""
            CREATE STREAM S (A INT, B INT, T STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
            CREATE STREAM O AS SELECT {query};
        """)
        driver.feed([Record("s", None, VALUES[n % 2], n) for n in range(count)])
        return [json.loads(record.value or b"null")["X"] for record in driver.read("O")]
    finally:
        driver.close()


@pytest.mark.parametrize(
    ("expression", "results"),
    [
        ("A + 1 = 2", [True, None]),
        ("A + 1 <> 2", [False, None]),
        ("NOT (A + 1 = 2)", [False, None]),
        ("-A = -1", [True, None]),
        ("A + 1 IS NULL", [False, None]),
        ("A + 1 IS NOT NULL", [True, None]),
        ("A + 1 IS DISTINCT FROM 3", [True, None]),
        ("A + 1 BETWEEN 1 AND 5", [True, None]),
        ("A + 1 NOT IN (7)", [True, None]),
        ("A = 1", [True, False]),  # a NULL that is no operand of arithmetic is a value
        ("A = A + 0", [True, False]),  # and decides first
        ("B = A + 1", [True, None]),
        ("CASE WHEN A + 1 = 2 THEN 'two' ELSE 'other' END", ["two", None]),
        ("CASE WHEN A = 1 THEN 'one' ELSE 'other' END", ["one", "other"]),
        ("COALESCE(A + 1, 0) = 0", [False, True]),  # an argument of a function becomes NULL by itself
        ("CAST(A + 1 AS BIGINT) = 0", [False, False]),  # and so does what is cast
        ("B / (A - 1) = 1 OR B = 2", [None, None]),
        ("B = 2 OR B / (A - 1) = 1", [True, True]),
        ("TRANSFORM(ARRAY[2, 3], x => x + A)", [[3, 4], None]),  # a lambda fails the call
        ("TRANSFORM(ARRAY[B, 3], x => 6 / (x - B))", [None, None]),
        ("TRANSFORM(ARRAY[B, 3], x => 6.0 % (x - B))", [None, None]),
        ("TRANSFORM(ARRAY[4, 3], x => 6 / (x - B))", [[3, 6], [3, 6]]),
    ],
)
@pytest.mark.parametrize("count", [2, 200])
def test_in_select(expression: str, results: list[object], count: int) -> None:
    assert run(f"{expression} AS X FROM S", count) == results * (count // 2)


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("NOT (A + 1 = 7)", [2]),
        ("A + 1 IS NULL", []),
        ("NOT (B / (A - 1) = 1)", []),
        ("NOT (A = 7)", [2, 2]),
        ("NOT (CAST(T AS INT) = 7)", [2, 2]),
    ],
)
@pytest.mark.parametrize("count", [2, 200])
def test_in_where(condition: str, kept: list[object], count: int) -> None:
    assert run(f"B AS X FROM S WHERE {condition}", count) == kept * (count // 2)
