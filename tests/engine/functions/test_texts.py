"""Functions of text, against their definition over UTF-16 units."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.functions.utf16 import joined, units
from ksql.engine.types.sql_types import INTEGER, STRING, Column
from tests.engine.functions.evaluator import Evaluator

TEXTS = st.text(st.sampled_from("ab é日😀\t"), max_size=8)
POSITIONS = st.integers(-10, 10)


@settings(max_examples=25)
@given(st.lists(st.tuples(TEXTS, POSITIONS, POSITIONS), min_size=1, max_size=40))
def test_substring(sql: Evaluator, rows: list[tuple[str, int, int]]) -> None:
    def twin(text: str, position: int, count: int) -> str:
        whole = units(text)
        start = min(max(len(whole) + position if position < 0 else position - 1, 0), len(whole))
        return joined(whole[start : start + max(count, 0)])

    columns = [Column("S", STRING), Column("P", INTEGER), Column("N", INTEGER)]
    assert sql.rows("SUBSTRING(S, P, N)", columns, rows) == [twin(*row) for row in rows]


@settings(max_examples=25)
@given(st.lists(st.tuples(TEXTS, st.integers(-2, 12), TEXTS), min_size=1, max_size=40))
def test_padding(sql: Evaluator, rows: list[tuple[str, int, str]]) -> None:
    def twin(text: str, length: int, padding: str, left: bool) -> str | None:
        if length < 0 or not padding:
            return None
        whole = units(text)[:length]
        filling = (units(padding) * length)[: length - len(whole)]
        return joined(filling + whole if left else whole + filling)

    columns = [Column("S", STRING), Column("N", INTEGER), Column("P", STRING)]
    assert sql.rows("LPAD(S, N, P)", columns, rows) == [twin(*row, left=True) for row in rows]
    assert sql.rows("RPAD(S, N, P)", columns, rows) == [twin(*row, left=False) for row in rows]
    padded = "FROM_BYTES({}(TO_BYTES(S, 'utf8'), N, TO_BYTES(P, 'utf8')), 'utf8')"
    ascii_rows = [(s.encode("ascii", "replace").decode(), n, p.encode("ascii", "replace").decode()) for s, n, p in rows]
    assert sql.rows(padded.format("LPAD"), columns, ascii_rows) == [twin(*row, left=True) for row in ascii_rows]
    assert sql.rows(padded.format("RPAD"), columns, ascii_rows) == [twin(*row, left=False) for row in ascii_rows]


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=40))
def test_lengths_count_utf16_units(sql: Evaluator, values: list[str]) -> None:
    rows = [(v,) for v in values]
    assert sql.rows("LEN(S)", [Column("S", STRING)], rows) == [len(v.encode("utf-16-le")) // 2 for v in values]


@settings(max_examples=25)
@given(st.lists(st.tuples(TEXTS, st.text("ab", max_size=2)), min_size=1, max_size=40))
def test_instr_and_split(sql: Evaluator, rows: list[tuple[str, str]]) -> None:
    columns = [Column("S", STRING), Column("P", STRING)]
    found = [0 if not s else units(s).find(units(p)) + 1 for s, p in rows]
    assert sql.rows("INSTR(S, P)", columns, rows) == found
    parts = [s.split(p) if p else list(s) or [""] for s, p in rows]
    assert sql.rows("SPLIT(S, P)", columns, rows) == parts
    assert sql.rows("REPLACE(S, P, '-')", columns, rows) == [s.replace(p, "-") for s, p in rows]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("INITCAP('  the QUICK  br0wn-fox')", "The Quick  Br0wn-fox"),
        ("TRIM(CONCAT(CHR(9), ' a ', CHR(10)))", "a"),
        ("CHR(128512)", "😀"),
        ("CHR('\\ud83d\\ude00')", "😀"),
        ("CHR(-1)", None),
        ("CHR('75')", None),
        ("ELT(0, 'a')", None),
        ("FIELD('x', 'a')", 0),
        ("INSTR('banana', 'a', -1, 3)", 2),
        ("INSTR('short', 'or', -2)", 3),
        ("INSTR('short', 'or', -3)", 0),
        ("INSTR('banana', 'a', 0)", 0),
        ("INSTR('banana', 'a', 7)", 0),
        ("MASK('Ab1!é日')", "Xxn-x-"),
        ("MASK_RIGHT('abc', 10)", "xxx"),
        ("MASK_KEEP_RIGHT('abc', 10)", "abc"),
        ("SPLIT_TO_MAP('a=1,b,c=2,a=3', ',', '=')", [("a", "3"), ("c", "2")]),
        ("SPLIT_TO_MAP('a=1', '=', '=')", None),
        ("ENCODE('0x6869', 'hex', 'utf8')", "hi"),
        ("ENCODE('X''6869''', 'hex', 'ascii')", "hi"),
        ("ENCODE('aGk', 'base64', 'utf8')", "hi"),
        ("ENCODE('é', 'ascii', 'hex')", "3f"),
        ("FROM_BYTES(TO_BYTES('é', 'utf8'), 'hex')", "C3A9"),
        ("FROM_BYTES(TO_BYTES('FF', 'hex'), 'utf8')", "\ufffd"),
        ("SUBSTRING(TO_BYTES('abc', 'utf8'), 2)", b"bc"),
        ("UUID(TO_BYTES('00112233445566778899aabbccddeeff', 'hex'))", "00112233-4455-6677-8899-aabbccddeeff"),
    ],
)
def test_edges(sql: Evaluator, expression: str, expected: object) -> None:
    assert sql.value(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "MASK('a', 'xx', 'x', 'x', 'x')",
        "MASK_LEFT('a', -1)",
        "TO_BYTES('a', 'utf16')",
        "TO_BYTES('a!', 'base64')",
        "ENCODE('a', 'utf8', 'utf8')",
        "INT_FROM_BYTES(TO_BYTES('00', 'hex'))",
        "INT_FROM_BYTES(TO_BYTES('00000001', 'hex'), 'MIDDLE')",
        "ELT(CAST(NULL AS INT), 'a')",
        "REGEXP_REPLACE('a', '(', 'b')",
        "EXTRACTJSONFIELD('{', '$')",
        "URL_EXTRACT_HOST('a b')",
        "GEO_DISTANCE(91, 0, 0, 0)",
        "GENERATE_SERIES(1, 5, -1)",
        "GENERATE_SERIES(1, 5, 0)",
        "GENERATE_SERIES(1, 2147483647)",
        "LPAD('a', 2147483647, 'b')",
        "RPAD('😀', 2147483647, 'b')",
        "LPAD(TO_BYTES('00', 'hex'), 2147483647, TO_BYTES('00', 'hex'))",
        "FORMAT_TIME('12:00', 'yyyy')",
        "FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'HH', 'Nowhere')",
        "FROM_DAYS(CAST(NULL AS INT))",
    ],
)
def test_errors_are_null_and_raise_in_plain_sql(sql: Evaluator, expression: str) -> None:
    assert sql.value(expression) is None
    assert sql.raises(expression)
