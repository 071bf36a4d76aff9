"""Variables are replaced as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.parser import ParseError, substitute

VALUES = {"topic": "flights", "n": "3", "Name": "x", "quoted": "'a'", "nested": "${topic}", "empty": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no variable", "no variable"),
        ("${topic}", "flights"),
        ("'${topic}'", "'flights'"),
        ("`${topic}`", "`flights`"),
        ('"${topic}"', '"flights"'),
        ("LIMIT ${n}${n}", "LIMIT 33"),
        ("a_${topic}_b", "a_flights_b"),
        ("'it''s ${topic}'", "'it''s flights'"),
        ("${empty}", ""),
        ("${nested}", "${topic}"),
        ("${quoted}", "'a'"),
        ("-- ${unknown}\n${n}", "-- ${unknown}\n3"),
        ("/* ${topic} */ ${n}", "/* ${topic} */ 3"),
        ("'-- ${topic}'", "'-- flights'"),
        ("-- it's\n'${topic}'", "-- it's\n'flights'"),
        ("$topic {topic} ${} ${to pic}", "$topic {topic} ${} ${to pic}"),
        ("'open ${topic}", "'open flights"),
    ],
)
def test_variables_are_replaced(text: str, expected: str) -> None:
    assert substitute(text, VALUES) == expected


def test_case_counts() -> None:
    with pytest.raises(ParseError, match="variable name is not defined"):
        substitute("${name}", {"NAME": "x"})


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("SELECT ${topik}", 1, 8, "did you mean topic?"),
        ("SELECT 1,\n '${topik}'", 2, 3, "did you mean topic?"),
        ("${n} ${zzz}", 1, 6, "DEFINE zzz = '…'; gives it a value."),
    ],
)
def test_an_undefined_variable(text: str, line: int, column: int, hint: str) -> None:
    with pytest.raises(ParseError) as caught:
        substitute(text, VALUES)
    assert (caught.value.line, caught.value.column, caught.value.hint) == (line, column, hint)
    assert "^" in str(caught.value)


def test_undefined_variables_can_be_kept() -> None:
    assert substitute("${n} ${zzz} '${yyy}'", VALUES, keep_undefined=True) == "3 ${zzz} '${yyy}'"


@given(st.text(alphabet="ab$ {'`\"-\n*/"))
def test_a_text_without_variables_stays(text: str) -> None:
    assert substitute(text, VALUES) == text
