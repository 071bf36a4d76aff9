"""A statement gives the same rows in the same order, whether its batch is small, whole or cut into slices."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from ksql.engine.sql.runner import SqlRunner, reason


@pytest.fixture(params=[1, 2, 3])
def runner(request: pytest.FixtureRequest) -> Iterator[SqlRunner]:
    database = duckdb.connect(config={"threads": request.param})
    made = SqlRunner(database, request.param)
    yield made
    made.close()
    database.close()


@pytest.mark.parametrize("rows", [0, 1, 63, 64, 16_383, 16_384, 50_001])
def test_rows_keep_their_order(runner: SqlRunner, rows: int) -> None:
    batch = pa.table({"n": pa.array(range(rows), pa.int64())})
    result = runner.run("SELECT n, unnest([n, -n]) AS m FROM batch WHERE n % 3 <> 0", batch)
    kept = [n for n in range(rows) if n % 3]
    assert result.column("n").to_pylist() == [n for n in kept for _ in range(2)]
    assert result.column("m").to_pylist() == [m for n in kept for m in (n, -n)]


@pytest.mark.parametrize("bad", [0, 20_000, 39_999])
def test_an_error_in_any_slice_is_raised(runner: SqlRunner, bad: int) -> None:
    batch = pa.table({"n": pa.array([str(n) if n != bad else "x" for n in range(40_000)])})
    with pytest.raises(duckdb.ConversionException, match="'x'"):
        runner.run("SELECT n::INTEGER FROM batch", batch)
    assert runner.run("SELECT TRY_CAST(n AS INTEGER) AS n FROM batch", batch).column("n").null_count == 1


@pytest.mark.parametrize("rows", [3, 63, 20_000, 50_000])
def test_structs_in_structs_of_a_slice(runner: SqlRunner, rows: int) -> None:
    whole = pa.table({"s": pa.array([{"n": n, "t": {"u": str(n)} if n % 3 else None} for n in range(rows + 2)])})
    batch = pa.concat_tables([whole.slice(1, 1), whole.slice(2)])
    result = runner.run("SELECT s.n AS n, s.t.u AS u FROM batch", batch)
    assert result.column("n").to_pylist() == list(range(1, rows + 2))
    assert result.column("u").to_pylist() == [str(n) if n % 3 else None for n in range(1, rows + 2)]


def test_one_row(runner: SqlRunner) -> None:
    assert runner.row("SELECT 'k', 1.5::DOUBLE, NULL, '\\x01'::BLOB") == ("k", 1.5, None, b"\x01")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Conversion Error: Could not convert string 'x' to INT32\n\nLINE 1: …", "Could not convert string 'x' to INTEGER"),
        ("Invalid Input Error: Division by zero in expression (a // b). Use TRY(…) to return NULL", "Division by zero"),
        (
            'Parser Error: Max expression depth limit of 1000 exceeded. Use "SET max_expression_depth TO x" to …',
            "Max expression depth limit of 1000 exceeded",
        ),
    ],
)
def test_reasons_are_without_advice_on_settings(message: str, said: str) -> None:
    assert reason(message) == said
