"""A thousand terms work, and what is nested too deeply is refused with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ksql.engine.errors import KsqlError
from ksql.parser import ParseError
from ksql.testing import Record, TestDriver

TERMS = range(1000)


@pytest.fixture
def driver() -> Iterator[TestDriver]:
    made = TestDriver()
    made.create_topic("s")
    made.execute("CREATE STREAM S (A INT, B BIGINT, D DOUBLE, T STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');")
    yield made
    made.close()


def results(driver: TestDriver, select: str) -> list[object]:
    """The column X of a query over three records."""
    values = [{"A": 3, "B": 3, "D": 0.1, "T": "t3"}, {"A": 999, "B": -1, "D": 1e16, "T": "t"}, {"A": None, "T": None}]
    driver.execute(f"CREATE STREAM O AS SELECT {select};")
    driver.feed([Record("s", None, json.dumps(value).encode()) for value in values])
    return [json.loads(record.value or b"")["X"] for record in driver.read("O")]


def terms(word: str, form: str) -> str:
    return word.join(form.format(i) for i in TERMS)


def total(start: float, step: float) -> float:
    for _ in TERMS:
        start += step
    return start


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (terms(" OR ", "A = {0}"), [True, True, False]),
        (terms(" AND ", "A <> {0}"), [False, False, False]),
        (terms(" OR ", "T LIKE 't{0}'"), [True, False, None]),
        (f"A IN ({terms(', ', '{0}')})", [True, True, False]),
        (f"B NOT IN ({terms(', ', 'A')})", [False, True, True]),
        (f"CASE {terms(' ', 'WHEN A = {0} THEN {0} + 1')} ELSE -1 END", [4, 1000, -1]),
        (f"LEN({terms(' || ', 'T')})", [2000, 1000, 0]),
        (f"COALESCE({terms(', ', 'A')})", [3, 999, None]),
        (f"GREATEST({terms(', ', 'A')})", [3, 999, None]),
        (terms(" + ", "A"), [3000, 999_000, None]),
        (f"A - {terms(' - ', 'B')}", [3 - 3000, 999 + 1000, None]),
        (f"0e0 + {terms(' + ', 'D')}", [total(0, 0.1), total(0, 1e16), None]),
        (f"D - 1e16 - {terms(' + ', '1e0')}", [-1e16, 998, None]),
        (f"2147483647 + {terms(' + ', 'A')}", [2147483647 + 3000 - 2**32, 2147483647 + 999_000 - 2**32, None]),
        (f"LEN({terms(' + ', 'T')})", [2000, 1000, None]),
    ],
)
def test_a_thousand_terms(driver: TestDriver, expression: str, expected: list[object]) -> None:
    assert results(driver, f"{expression} AS X FROM S") == expected


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        (terms(" OR ", "T LIKE 't{0}'"), [3]),
        (" AND ".join(f"T LIKE '%{'t' * (i % 2)}%'" for i in range(15)), [3, 999]),
    ],
)
def test_a_thousand_terms_in_where(driver: TestDriver, condition: str, kept: list[object]) -> None:
    assert results(driver, f"A AS X FROM S WHERE {condition}") == kept


def test_a_thousand_terms_over_groups(driver: TestDriver) -> None:
    driver.execute(f"CREATE TABLE G AS SELECT A, COUNT(*) AS N FROM S GROUP BY A HAVING {terms(' AND ', 'COUNT(*) <> {0}')};")
    driver.feed([Record("s", None, b'{"A":1}')] * 1000)
    assert [record.value for record in driver.read("G")] == [b'{"N":1000}']


@pytest.mark.parametrize(
    "deep",
    [
        "ABS(" * 1000 + "A" + ")" * 1000,
        "ABS(" * 120 + "A" + ")" * 120,
        "NOT " * 200 + "A = 1",
        "(" * 1000 + "A" + ")" * 1000,
        "- " * 1000 + "A",
        "A" + "[1]" * 1000,
        "T" + "->X" * 1000,
        "A" + " * A / 2" * 1000,
        "CASE WHEN A = 1 THEN " * 1000 + "A" + " END" * 1000,
    ],
)
def test_too_deep(driver: TestDriver, deep: str) -> None:
    with pytest.raises((KsqlError, ParseError), match=r"line \d+:\d+: this .*is nested too deeply"):
        driver.execute(f"CREATE STREAM O AS SELECT {deep} AS X FROM S;")


def test_operands_behind_the_decision_are_not_computed(driver: TestDriver) -> None:
    """So they raise nothing, and nothing is logged."""
    select = "T = 'no' AND CAST(T AS INT) = 1 OR A IS NOT NULL AND A / (A - A + 1) = A AS X"
    assert results(driver, f"{select} FROM S") == [True, True, False]
    assert driver.errors == []


@pytest.mark.parametrize("count", [2, 200])
def test_sums_that_overflow_compare_as_they_wrap(driver: TestDriver, count: int) -> None:
    driver.execute("CREATE STREAM P AS SELECT A + 1 > 2 AS X, 2 * A = 6 AS Y FROM S;")
    driver.feed([Record("s", None, b'{"A":2147483647}'), Record("s", None, b'{"A":-2147483645}')] * (count // 2))
    assert [r.value for r in driver.read("P")] == [b'{"X":false,"Y":false}', b'{"X":false,"Y":true}'] * (count // 2)
