"""Numbers as statements write them and formats print them, record by record and in batches."""

from __future__ import annotations

import pytest

from ksql.engine.errors import StatementError
from ksql.testing import Record, TestDriver


def results(expression: str, value: bytes, count: int = 1) -> tuple[list[bytes | None], list[str]]:
    """What `expression` makes of `count` equal records, and the messages of what failed."""
    driver = TestDriver()
    try:
        driver.create_topic("s")
        driver.execute(f"""
            CREATE STREAM S (I INT, M DECIMAL(2, 2), T STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
            CREATE STREAM O AS SELECT {expression} AS X FROM S;
        """)
        driver.feed([Record("s", None, value, n) for n in range(count)])
        return [record.value for record in driver.read("O")], [error.message for error in driver.errors]
    finally:
        driver.close()


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("0.10", "0.10"),
        ("-0.5", "-0.5"),
        ("M", "-0.25"),
        ("CAST(M AS STRING)", '"-0.25"'),
        ("ARRAY[M, .5]", "[-0.25,0.50]"),
        ("CAST(STRUCT(A := M) AS STRING)", '"Struct{A=-0.25}"'),
        ("-7.5 % 2", "-1.5"),
        ("-7.5 / 2", "-3.750000000000"),
        ("I - -2", "7"),
        ("-2147483648 + CAST(0 AS INT)", "-2147483648"),
        ("-9223372036854775808", "-9223372036854775808"),
    ],
)
@pytest.mark.parametrize("count", [1, 200])
def test_numbers_are_printed_with_all_their_digits(expression: str, text: str, count: int) -> None:
    values, errors = results(expression, b'{"I":5,"M":-0.25,"T":"x"}', count)
    assert values == [b'{"X":' + text.encode() + b"}"] * count
    assert errors == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("I / 0", "Division by zero"),
        ("M / 0", "Division by zero"),
        ("M % 0", "Division by zero"),
        ("CAST(T AS INT)", "Could not convert string 'x' to INTEGER"),
        ("CAST(T AS DECIMAL(4, 2))", "Could not convert string 'x' to DECIMAL(4,2)"),
    ],
)
def test_messages_speak_of_the_statement(expression: str, message: str) -> None:
    assert results(expression, b'{"I":5,"M":-0.25,"T":"x"}') == ([b'{"X":null}'], [message])


def test_a_negation_that_wraps_is_no_failure() -> None:
    assert results("-I", b'{"I":-2147483648}') == ([b'{"X":-2147483648}'], [])


@pytest.mark.parametrize(
    ("expression", "column"),
    [("ARRAY[1, 'a']", 10), ("CASE WHEN I > 0 THEN 1 ELSE 'a' END", 29), ("(I > 0) = 'x'", 11), ("-9223372036854775809", 2)],
)
def test_a_literal_that_does_not_fit_is_pointed_at(expression: str, column: int) -> None:
    with pytest.raises(StatementError) as caught:
        results(expression, b"{}")
    assert caught.value.column == len("            CREATE STREAM O AS SELECT ") + column


@pytest.mark.parametrize("literal", ["9" * 50 + ".5", "0." + "1" * 60, "DECIMAL '" + "9" * 39 + "'"])
def test_a_number_of_too_many_digits(literal: str) -> None:
    with pytest.raises(StatementError, match="a DECIMAL has at most 38 digits, not"):
        results(literal, b"{}")


@pytest.mark.parametrize("count", [1, 200])
def test_a_comment_is_not_json(count: int) -> None:
    values, errors = results("I", b'{"I":5 /* five */}', count)
    assert (values, len(errors)) == ([], count)
    values, errors = results("T", b'{"I": 5, "T": "a\\"//b"}', count)
    assert (values, errors) == ([b'{"X":"a\\"//b"}'] * count, [])
