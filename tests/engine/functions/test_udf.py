"""Python functions inside DuckDB."""

from __future__ import annotations

import threading

import duckdb
import pyarrow as pa
import pytest

from ksql.engine.functions import functions
from ksql.engine.functions.declare import Overload, scalar
from ksql.engine.functions.signature import parse_signature
from ksql.engine.functions.udf import _vectorised
from tests.engine.functions.evaluator import Evaluator


def _overload(signature: str, function: object, **options: bool) -> Overload:
    return Overload(parse_signature("F", signature), lambda *_: "", python=function, udf="f", **options)  # type: ignore[arg-type]


def test_a_function_runs_once_per_distinct_arguments() -> None:
    calls = []

    def function(text: str, number: int) -> str:
        calls.append((text, number))
        return text * number

    call = _vectorised(_overload("STRING, INT -> STRING", function), False)
    texts, numbers = pa.array(["a", "b", "a", None, "a"] * 500), pa.array([1, 2, 1, 1, 2] * 500, pa.int32())
    assert call(texts, numbers).to_pylist() == ["a", "bb", "a", None, "aa"] * 500
    assert sorted(calls) == [("a", 1), ("a", 2), ("b", 2)]


def test_null_goes_in_only_where_it_is_asked_for() -> None:
    call = _vectorised(_overload("STRING -> STRING", lambda text: text or "nothing", null_in_null_out=False), False)
    assert call(pa.array(["a", None])).to_pylist() == ["a", "nothing"]


def test_maps_are_dicts() -> None:
    def function(value: dict[str, int]) -> dict[str, int]:
        assert isinstance(value, dict)
        return {key.upper(): number + 1 for key, number in value.items()}

    call = _vectorised(_overload("MAP<STRING, INT> -> MAP<STRING, INT>", function), False)
    maps = pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int32()))
    assert call(maps).to_pylist() == [[("A", 2)], None, []]


def test_an_exception_fails_the_statement_or_gives_null() -> None:
    def function(number: int) -> int:
        return 10 // number

    numbers = pa.array([5, 0, 2], pa.int32())
    assert _vectorised(_overload("INT -> INT", function), True)(numbers).to_pylist() == [2, None, 5]
    with pytest.raises(ZeroDivisionError):
        _vectorised(_overload("INT -> INT", function), False)(numbers)


@pytest.mark.parametrize("result", [2**40, "text", b"\0", [1]])
def test_what_does_not_fit_the_declared_type_fails_like_an_exception(result: object) -> None:
    numbers = pa.array([5, 0, 2], pa.int32())
    overload = _overload("INT -> INT", lambda number: number or result)
    assert _vectorised(overload, True)(numbers).to_pylist() == [5, None, 2]
    with pytest.raises((pa.ArrowException, TypeError)):
        _vectorised(overload, False)(numbers)


def test_cursors_share_functions_and_run_them_in_threads(sql: Evaluator) -> None:
    expression = sql.sql("INITCAP('the fox')", safe=False)
    found: list[object] = []

    def run() -> None:
        with sql.connection.cursor() as cursor:
            found.extend(cursor.sql(f"SELECT DISTINCT {expression} FROM range(10000)").fetchall())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [("The Fox",)] * 4


def test_a_users_function_is_declared_like_ours() -> None:
    from ksql.engine.functions import declare, register

    @scalar(
        "TEST_SHOUT",
        "STRING, STRING... -> STRING",
        category="TEST",
        doc="Joined and loud",
        example=("TEST_SHOUT('a', 'b')", "'A B'"),
    )
    def shout(first: str, rest: list[str]) -> str:
        return " ".join([first, *rest]).upper()

    try:
        connection = duckdb.connect()
        register(connection)
        evaluator = Evaluator(connection)
        assert evaluator.value("TEST_SHOUT('a', 'b', 'c')") == "A B C"
        assert functions()["TEST_SHOUT"].doc == "Joined and loud"
        connection.close()
    finally:
        del declare._FUNCTIONS["TEST_SHOUT"]
