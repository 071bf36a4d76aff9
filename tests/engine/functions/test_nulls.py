"""NULL in, NULL out, but for the functions that say otherwise."""

from __future__ import annotations

import pytest

from ksql.engine.functions import functions
from ksql.engine.functions.signature import AnyDecimal, Generic, LambdaPattern, UnitPattern, walk
from tests.engine.functions.evaluator import Evaluator

#: What these make of NULL is said in the tables below.
OTHERWISE = {
    "ARRAY_CONTAINS", "CONCAT", "ENTRIES", "FIELD", "INSTR", "IS_JSON_STRING", "JSON_ARRAY_CONTAINS", "TO_JSON_STRING",
}  # fmt: skip
CONSTANT = {"PI", "RANDOM", "UUID", "UNIX_DATE", "UNIX_TIMESTAMP"}


def _null_calls() -> list[str]:
    calls = []
    for function in functions().values():
        for signature in function.signatures:
            types = [p.type for p in signature.parameters]
            special = any(isinstance(t, LambdaPattern | UnitPattern) for t in types)
            if special or function.name in OTHERWISE or (function.name in CONSTANT and not types):
                continue
            nulls = ", ".join(f"CAST(NULL AS {_spelt(str(t), t)})" for t in types)
            calls.append(f"{function.name}({nulls})")
    return calls


def _spelt(text: str, type_: object) -> str:
    for part in walk(type_):  # type: ignore[arg-type] # types of parameters
        if isinstance(part, Generic):
            text = "INT" if text == part.name else text.replace(f"<{part.name}>", "<INT>").replace(f" {part.name}>", " INT>")
        if isinstance(part, AnyDecimal):
            text = text.replace("DECIMAL", "DECIMAL(9, 2)")
    return text


@pytest.mark.parametrize("call", _null_calls())
def test_null_in_null_out(sql: Evaluator, call: str) -> None:
    assert sql.value(call) is None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("ARRAY_CONTAINS(CAST(NULL AS ARRAY<INT>), 1)", False),
        ("ARRAY_CONTAINS(ARRAY[1, NULL], CAST(NULL AS INT))", True),
        ("ARRAY_CONCAT(CAST(NULL AS ARRAY<INT>), ARRAY[1])", [1]),
        ("ARRAY_JOIN(ARRAY['a', NULL], CAST(NULL AS STRING))", "anull"),
        ("CONCAT('a', CAST(NULL AS STRING))", "a"),
        ("CONCAT_WS('-', CAST(NULL AS STRING), 'b')", "b"),
        ("CONCAT_WS(CAST(NULL AS STRING), 'a', 'b')", None),
        ("ELT(CAST(NULL AS INT), 'a')", None),
        ("FIELD(CAST(NULL AS STRING), 'a')", 0),
        ("GREATEST(1, CAST(NULL AS INT))", 1),
        ("INSTR(CAST(NULL AS STRING), 'a')", 0),
        ("INSTR('a', 'a', CAST(NULL AS INT))", None),
        ("IS_JSON_STRING(CAST(NULL AS STRING))", False),
        ("JSON_ARRAY_CONTAINS('[null]', CAST(NULL AS INT))", True),
        ("MAP_UNION(MAP('a' := 1), CAST(NULL AS MAP<STRING, INT>))", [("a", 1)]),
        ("MASK('aB1 ', NULL, NULL, '#', NULL)", "aB# "),
        ("REDUCE(CAST(NULL AS ARRAY<INT>), 3, (s, x) => s + x)", 3),
        ("TO_JSON_STRING(CAST(NULL AS INT))", "null"),
    ],
)
def test_functions_that_take_null(sql: Evaluator, call: str, expected: object) -> None:
    assert sql.value(call) == expected
