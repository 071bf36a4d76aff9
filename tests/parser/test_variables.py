"""Variables are replaced by values that stay one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.parser import ParseError, split, substitute
from ksql.parser.tokens import Kind, tokenize

VALUES = {
    "topic": "flights", "n": "3", "Name": "x", "quoted": "'a'", "nested": "${topic}", "minus": "-1.5", "e": "it's",
    "backtick": "a`b", "double": 'a"b', "column": "`my col`", "type": "MAP<STRING, DECIMAL(4, 2)>", "all": "ALL", "no": "false",
}  # fmt: skip


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
        ("'${nested}'", "'${topic}'"),
        ("${quoted}", "'a'"),
        ("'x'${quoted}'y'", "'x' 'a' 'y'"),
        ("${column}", "`my col`"),
        ("CAST(x AS ${type})", "CAST(x AS MAP<STRING, DECIMAL(4, 2)>)"),
        ("1 -${minus}", "1 - -1.5"),
        ("TERMINATE ${all};", "TERMINATE `ALL`;"),
        ("WITH (a = ${no})", "WITH (a = false)"),
        ("-- ${unknown}\n${n}", "-- ${unknown}\n3"),
        ("/* ${topic} */ ${n}", "/* ${topic} */ 3"),
        ("'-- ${topic}'", "'-- flights'"),
        ("-- it's\n'${topic}'", "-- it's\n'flights'"),
        ("$topic {topic} ${} ${to pic}", "$topic {topic} ${} ${to pic}"),
        ("'${e}' `${backtick}` \"${double}\"", "'it''s' `a``b` \"a\"\"b\""),
        ("'$${topic}' '$$${topic}' $${topic}", "'${topic}' '$${topic}' $${topic}"),
        ("'${unknown} $${unknown}' `${unknown}`", "'${unknown} ${unknown}' `${unknown}`"),
    ],
)
def test_variables_are_replaced(text: str, expected: str) -> None:
    assert substitute(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("SELECT ${topik}", 1, 8, "variable topik is not defined", "did you mean topic?"),
        ("SELECT 1,\n ${topik}", 2, 2, "variable topik is not defined", "did you mean topic?"),
        ("${n} a_${zzz}", 1, 8, "variable zzz is not defined", "DEFINE zzz = '…'; gives it a value."),
        ("${name}", 1, 1, "variable name is not defined", "did you mean Name?"),
        ("a ${e}", 1, 3, "the value of variable e cannot stand here: it's", "'${e}'"),
        ("a_${minus}", 1, 3, "the value of variable minus cannot stand here: -1.5", "one name"),
    ],
)
def test_a_variable_that_cannot_be_replaced(text: str, line: int, column: int, message: str, hint: str) -> None:
    with pytest.raises(ParseError) as caught:
        substitute(text, VALUES)
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)
    assert hint in caught.value.hint
    assert "^" in str(caught.value)


def test_places_count_in_the_whole_script() -> None:
    with pytest.raises(ParseError, match="line 7:5:"):
        substitute("SELECT\n    ${zzz}", {}, line=6, column=9)


@pytest.mark.parametrize(
    "value",
    ["", "a; DROP STREAM s", "a b", "a, b", "1 OR 1=1", "x'", "'a' OR 'b'", "a -- b", "f(1)", "*", "--1", "/*"],
)
def test_a_value_of_more_than_one_thing(value: str) -> None:
    with pytest.raises(ParseError, match="the value of variable v cannot stand here"):
        substitute("DROP STREAM ${v};", {"v": value})


@given(st.text(alphabet="ab$ {'`\"-\n*/"))
def test_a_text_without_variables_stays(text: str) -> None:
    assert substitute(text, VALUES) == text


SHAPE = "SELECT ${v}, 'a${v}', `b${v}`, c${v}d -${v} FROM x'${v}';"


@given(st.text(alphabet="a1'`\"-;,. \n*/$(){}<>"))
def test_no_value_changes_the_shape_of_a_statement(value: str) -> None:
    """Whatever the value, as many tokens of the same kinds come out, or an error."""
    try:
        text = substitute(SHAPE, {"v": value})
    except ParseError:
        text = substitute("'${v}' `${v}`", {"v": value})
        assert [(token.kind, token.value) for token in tokenize(text)][:2] == [(Kind.STRING, value), (Kind.QUOTED, value)]
        return
    assert len(split(text)) == 1
    assert len(tokenize(text)) in (15, 17)
