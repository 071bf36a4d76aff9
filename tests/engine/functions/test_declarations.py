"""Every declared function: its name, its documentation, and its examples, which must come true in both renderings."""

from __future__ import annotations

import pytest

from ksql.engine import functions
from ksql.engine.functions.signature import AnyDecimal, Generic, LambdaPattern, Signature, UnitPattern, parse_signature
from ksql.engine.types.sql_types import BOOLEAN, INTEGER, STRING, Array, Column, Decimal, Map, SqlType
from tests.engine.functions.evaluator import Evaluator

NAMES = """
ABS ACOS ASIN ATAN ATAN2 CBRT CEIL COS COSH COT DEGREES EXP FLOOR GREATEST LEAST LN LOG PI POWER RADIANS RANDOM ROUND
SIGN SIN SINH SQRT TAN TANH TRUNC GENERATE_SERIES BIGINT_FROM_BYTES CHR CONCAT CONCAT_WS DOUBLE_FROM_BYTES ELT ENCODE
FIELD FROM_BYTES INITCAP INSTR INT_FROM_BYTES LCASE LEN LPAD MASK MASK_KEEP_LEFT MASK_KEEP_RIGHT MASK_LEFT MASK_RIGHT
MD5 REGEXP_EXTRACT REGEXP_EXTRACT_ALL REGEXP_REPLACE REGEXP_SPLIT_TO_ARRAY REPLACE RPAD SPLIT SPLIT_TO_MAP SUBSTRING
TO_BYTES TRIM UCASE UUID EXTRACTJSONFIELD IS_JSON_STRING JSON_ARRAY_CONTAINS JSON_ARRAY_LENGTH JSON_CONCAT JSON_ITEMS
JSON_KEYS JSON_RECORDS TO_JSON_STRING ARRAY_CONCAT ARRAY_CONTAINS ARRAY_DISTINCT ARRAY_EXCEPT ARRAY_INTERSECT ARRAY_JOIN
ARRAY_LENGTH ARRAY_MAX ARRAY_MIN ARRAY_REMOVE ARRAY_SORT ARRAY_UNION AS_MAP ENTRIES MAP_KEYS MAP_UNION MAP_VALUES SLICE
FILTER REDUCE TRANSFORM CONVERT_TZ DATEADD DATESUB DATETOSTRING FORMAT_DATE FORMAT_TIME FORMAT_TIMESTAMP FROM_DAYS
FROM_UNIXTIME PARSE_DATE PARSE_TIME PARSE_TIMESTAMP STRINGTODATE STRINGTOTIMESTAMP TIMEADD TIMESTAMPADD TIMESTAMPSUB
TIMESTAMPTOSTRING TIMESUB UNIX_DATE UNIX_TIMESTAMP URL_DECODE_PARAM URL_ENCODE_PARAM URL_EXTRACT_FRAGMENT
URL_EXTRACT_HOST URL_EXTRACT_PARAMETER URL_EXTRACT_PATH URL_EXTRACT_PORT URL_EXTRACT_PROTOCOL URL_EXTRACT_QUERY COALESCE
IFNULL NULLIF GEO_DISTANCE AS_VALUE EXPLODE CUBE_EXPLODE
""".split()  # noqa: SIM905 - a table of words

EXAMPLES = [(name, *example) for name, function in functions.functions().items() for example in function.examples]


def test_all_functions_exist() -> None:
    assert set(functions.functions()) >= set(NAMES)
    assert len(NAMES) == len(set(NAMES)) == 131


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_documented(name: str) -> None:
    function = functions.describe(name.lower())
    assert function is not None
    assert function.doc
    assert function.category
    assert function.examples


@pytest.mark.parametrize(("name", "expression", "expected"), EXAMPLES, ids=[e[1] for e in EXAMPLES])
def test_examples_come_true(sql: Evaluator, name: str, expression: str, expected: str) -> None:
    assert name in expression
    assert sql.value(expression) == sql.value(expected)
    assert sql.type(expression) == sql.type(expected)


def test_there_are_252_signatures() -> None:
    assert sum(len(function.signatures) for function in functions.functions().values() if function.name in NAMES) == 252


def test_table_functions_are_known_as_such() -> None:
    assert functions.is_table_function("explode")
    assert not functions.is_table_function("ABS")
    assert not functions.is_table_function("NO_SUCH")


@pytest.mark.parametrize(
    "text",
    [
        "STRING, INT! -> STRING",
        "-> DOUBLE",
        "T, T... -> T",
        "MAP<K, V>, LAMBDA<K, V, R> -> ARRAY<STRUCT<K STRING, V INT>>",
        "UNIT, INT -> DATE",
    ],
)
def test_signatures_are_read(text: str) -> None:
    assert str(parse_signature("F", text)).startswith("F(")


@pytest.mark.parametrize("text", ["STRING -> ", "STRNG -> INT", "(STRING) -> INT"])
def test_a_wrong_signature_is_refused(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        parse_signature("F", text)


SIGNATURES = [
    signature for function in functions.functions().values() for signature in function.signatures if signature.parameters
]


@pytest.mark.parametrize("signature", SIGNATURES, ids=str)
def test_every_argument_may_be_a_column(sql: Evaluator, signature: Signature) -> None:
    """DuckDB takes some arguments of its own functions only as constants, and refuses whole batches else."""
    columns = [Column(f"C{i}", _concrete(parameter.type)) for i, parameter in enumerate(signature.parameters)]
    arguments = [_argument(parameter.type, column) for parameter, column in zip(signature.parameters, columns, strict=True)]
    call = f"{signature.name}({', '.join(arguments)})"
    nulls = [[None for _ in columns]]
    assert len(sql.rows(call, columns, nulls)) == 1
    for column in set(arguments) & {column.name for column in columns}:
        assert len(sql.rows(f"TRANSFORM(ARRAY[{column}], x => {call.replace(column, 'x')})", columns, nulls)) == 1


def _concrete(type_: SqlType) -> SqlType:
    match type_:
        case Generic():
            return STRING
        case AnyDecimal():
            return Decimal(6, 2)
        case Array(item):
            return Array(_concrete(item))
        case Map(key, value):
            return Map(_concrete(key), _concrete(value))
    return INTEGER if isinstance(type_, UnitPattern | LambdaPattern) else type_


def _argument(type_: SqlType, column: Column) -> str:
    if isinstance(type_, UnitPattern):
        return "DAYS"
    if isinstance(type_, LambdaPattern):
        names = [f"p{i}" for i in range(len(type_.parameters))]
        return f"({', '.join(names)}) => {'p0 IS NULL' if type_.result == BOOLEAN else 'p0'}"
    return column.name
