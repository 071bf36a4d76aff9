"""The functions over JSON texts: which texts they take, and how they write what they find."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.functions.evaluator import Evaluator

#: A JSON text, and the text of it as a whole; None: it is no JSON.
WHOLES: list[tuple[str, str | None]] = [
    ("12", "12"),
    (" 12 \n", "12"),
    ("12 x", "12"),
    ("12x", None),
    ("12,", None),
    ("012", None),
    ("+12", None),
    (".5", None),
    ("5.", None),
    ("-0", "0"),
    ("-0.0", "0.0"),
    ("-0.00", "0.00"),
    ("0.10", "0.10"),
    ("1.23450", "1.23450"),
    ("12345678901234567890123", "12345678901234567890123"),
    ("1e400", "1E+400"),
    ("0.000001", "0.000001"),
    ("1e99999999999", None),
    ("NaN", None),
    ("-Infinity", None),
    ("true", "true"),
    ("truex", None),
    ("true]", "true"),
    ("null", "null"),
    ("nul", None),
    ('"a"b', "a"),
    (r'"\ud83d"', "?"),
    (r'"\ud83d\ude00"', "😀"),
    ('"\t"', None),
    ("[1,]", None),
    ("[ 1 , 2 ] ]", "[1,2]"),
    ("[-0.0,1E2]", "[0.0,1E+2]"),
    ('{"a" : 1, "b":[ ]}}', '{"a":1,"b":[]}'),
    ('{"b":1,"a":2,"b":3}', '{"b":3,"a":2}'),
    ("{'a':1}", None),
    ('{"a":1}//', '{"a":1}'),
    ("/**/1", None),
    (r'["\u001f\\u001f\/\u00e9"]', '["\\u001F\\\\u001f/é"]'),
    ("\ufeff1", None),
    ("[" * 1001 + "]" * 1001, None),
]


@pytest.mark.parametrize(("text", "whole"), WHOLES, ids=[text[:30] for text, _ in WHOLES])
def test_whole(sql: Evaluator, text: str, whole: str | None) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert sql.value(f"EXTRACTJSONFIELD({quoted}, '$')") == whole
    assert sql.value(f"IS_JSON_STRING({quoted})") == (whole is not None)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("EXTRACTJSONFIELD('{\"a\":-0.0}', '$.a')", "0.0"),
        ("EXTRACTJSONFIELD('{\"a\":{\"b\":-0.0}}', '$.a')", '{"b":0.0}'),
        ("EXTRACTJSONFIELD('', '$')", None),
        ('JSON_ITEMS(\'[-0.0, -0, "x", {"a" : 1.0}]\')', ["0.0", "0", '"x"', '{"a":1.0}']),
        ('JSON_RECORDS(\'{"a":-0.0,"b":"-0.0"}\')', [("a", "0.0"), ("b", "-0.0")]),
        ("JSON_CONCAT('[-0.0]', '1.50')", "[0.0,1.50]"),
        ("JSON_CONCAT('{\"a\":1}', '{\"b\":2},')", '{"a":1,"b":2}'),
        ("JSON_CONCAT('{\"a\":1}', '2,')", None),
        ("JSON_KEYS('{\"a\":1,}')", None),
        ("JSON_ARRAY_LENGTH('[1,2]x')", 2),
        ("JSON_ARRAY_LENGTH('[1,2x]')", None),
        ("JSON_ARRAY_CONTAINS('[1, 2, oops', 2)", True),
        ("JSON_ARRAY_CONTAINS('[1, oops, 2]', 2)", False),
        ("JSON_ARRAY_CONTAINS('[3000000000, 2]', 2)", False),
        ("JSON_ARRAY_CONTAINS('[3000000000, 2]', CAST(2 AS BIGINT))", True),
        ("JSON_ARRAY_CONTAINS('[2.0]', 2)", False),
        ("JSON_ARRAY_CONTAINS('[2e0]', 2e0)", True),
        ("JSON_ARRAY_CONTAINS('[[2]]', 2)", False),
        ("JSON_ARRAY_CONTAINS('  [ ]', 2)", False),
        ("JSON_ARRAY_CONTAINS('2', 2)", False),
        ("TO_JSON_STRING(1e10)", "1.0E10"),
        ("TO_JSON_STRING(-1e-7)", "-1.0E-7"),
        ("TO_JSON_STRING(0e0 * -1)", "-0.0"),
        ("TO_JSON_STRING(CAST('NaN' AS DOUBLE))", '"NaN"'),
        ("TO_JSON_STRING(1.50)", "1.50"),
        ("TO_JSON_STRING('\t\\\"😀/')", '"\\t\\\\\\"😀/"'),
    ],
)
def test_corners(sql: Evaluator, expression: str, expected: Any) -> None:
    assert sql.value(expression) == expected
