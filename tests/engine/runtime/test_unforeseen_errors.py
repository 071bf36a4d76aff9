"""What DuckDB refuses unexpectedly: a statement as a whole when the query is created, a row only together with its record."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ksql.engine.errors import StatementError
from ksql.engine.functions import declare
from ksql.testing import Record, TestDriver

SOURCE = "CREATE STREAM S (A INT, T STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');"


@pytest.fixture
def driver() -> Iterator[TestDriver]:
    driver = TestDriver()
    driver.create_topic("s")
    driver.execute(SOURCE)
    yield driver
    driver.close()


@pytest.fixture
def unheard_of() -> Iterator[str]:
    """A function whose SQL calls one that DuckDB does not have."""
    declare.scalar_sql("BROKEN", "INT -> INT", sql=lambda x: f"unheard_of({x})", category="", doc="", example=("", ""))
    yield "BROKEN"
    declare._FUNCTIONS.pop("BROKEN")


@pytest.mark.parametrize(
    "query",
    [
        "CREATE STREAM O AS SELECT {}(A) AS X FROM S",
        "CREATE STREAM O AS SELECT A FROM S WHERE {}(A) > 0",
        "CREATE TABLE O AS SELECT T, COUNT(*) AS N FROM S GROUP BY T HAVING {}(COUNT(*)) > 0",
        "CREATE TABLE O AS SELECT T, {}(MAX(A)) AS N FROM S GROUP BY T",
        "SELECT {}(A) FROM S EMIT CHANGES",
    ],
)
def test_a_query_that_cannot_be_bound_is_refused(driver: TestDriver, unheard_of: str, query: str) -> None:
    with pytest.raises(StatementError, match="cannot be run") as caught:
        driver.execute(query.format(unheard_of).replace("COUNT(*))", "CAST(COUNT(*) AS INT))") + ";")
    assert "unheard_of" in caught.value.detail
    assert caught.value.line == 1
    driver.execute("CREATE STREAM O AS SELECT A FROM S;")  # nothing was half created


@pytest.mark.parametrize("count", [5, 300])
def test_a_row_that_even_safe_sql_raises_for_is_left_out(driver: TestDriver, count: int) -> None:
    """DuckDB tries no expression with RANDOM: so the statement that gives NULL for a failed division does not exist."""
    driver.execute("CREATE STREAM O AS SELECT A, 10 / (A + CAST(RANDOM() * 0 AS INT)) AS X FROM S;")
    values = [n % 5 for n in range(count)]
    driver.feed([Record("s", None, json.dumps({"A": a}).encode(), n) for n, a in enumerate(values)])
    written = [json.loads(record.value or b"null") for record in driver.read("O")]
    assert written == [{"A": a, "X": 10 // a} for a in values if a]
    assert [error.message for error in driver.errors] == ["Division by zero"] * values.count(0)


@pytest.mark.parametrize("count", [3, 300])
def test_a_date_beyond_all_calendars_is_null(driver: TestDriver, count: int) -> None:
    driver.execute("CREATE STREAM O AS SELECT UNIX_DATE(PARSE_DATE(T, 'y')) AS X FROM S;")
    texts = ["1971", "999999999", "1969"]
    driver.feed([Record("s", None, json.dumps({"T": texts[n % 3]}).encode(), n) for n in range(count)])
    assert [json.loads(record.value or b"")["X"] for record in driver.read("O")] == [365, None, -365] * (count // 3)
