"""Every type that an answer of DuckDB can have, in every form an answer has."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import anyio
import httpx
import numpy as np
import pytest

import ksql
from ksql.display import Display
from ksql.engine.errors import StatementError
from ksql.engine.results import Rows
from ksql.server.app import create_app

TEN_O_CLOCK = dt.datetime.fromisoformat("2020-01-01 10:00")
LAST_SECOND = dt.datetime.fromisoformat("1969-12-31 23:59:59.998")

#: Expression of DuckDB, SQL type, JSON, Python (None: as JSON is read).
SCALARS: list[tuple[str, str, str, Any]] = [
    ("true", "BOOLEAN", "true", None),
    ("(-128)::TINYINT", "INTEGER", "-128", None),
    ("255::UTINYINT", "INTEGER", "255", None),
    ("(-32768)::SMALLINT", "INTEGER", "-32768", None),
    ("65535::USMALLINT", "INTEGER", "65535", None),
    ("2147483647::INT", "INTEGER", "2147483647", None),
    ("4294967295::UINTEGER", "BIGINT", "4294967295", None),
    ("(-9223372036854775808)::BIGINT", "BIGINT", "-9223372036854775808", None),
    ("18446744073709551615::UBIGINT", "DECIMAL(20, 0)", "18446744073709551615", Decimal(2**64 - 1)),
    ("99999999999999999999999999999999999999::HUGEINT", "DECIMAL(38, 0)", "9" * 38, Decimal("9" * 38)),
    ("99999999999999999999999999999999999999::UHUGEINT", "DECIMAL(38, 0)", "9" * 38, Decimal("9" * 38)),
    ("sum(1)", "DECIMAL(38, 0)", "1", Decimal(1)),
    ("1234567890123456789012345678901234567890::BIGNUM", "STRING", '"1234567890123456789012345678901234567890"', None),
    ("0.1::FLOAT", "DOUBLE", "0.10000000149011612", None),
    ("1e300", "DOUBLE", "1e+300", None),
    ("'-inf'::FLOAT", "DOUBLE", '"-Infinity"', float("-inf")),
    ("1.50::DECIMAL(38, 2)", "DECIMAL(38, 2)", "1.50", Decimal("1.50")),
    ("'x'", "STRING", '"x"', None),
    ("'x'::BLOB", "BYTES", '"eA=="', b"x"),
    ("DATE '2020-02-29'", "DATE", '"2020-02-29"', dt.date(2020, 2, 29)),
    ("DATE '10000-01-01'", "DATE", '"+10000-01-01"', np.datetime64("10000-01-01")),
    ("DATE '0044-03-15 (BC)'", "DATE", '"-0043-03-15"', np.datetime64("-0043-03-15")),
    ("TIME '10:00:00.123999'", "TIME", '"10:00:00.123"', dt.time(10, 0, 0, 123_000)),
    ("TIME '24:00:00'", "TIME", '"24:00:00"', dt.time(0)),
    ("TIME_NS '10:00:00.123999999'", "TIME", '"10:00:00.123"', dt.time(10, 0, 0, 123_000)),
    ("'10:00:00+02'::TIMETZ", "STRING", '"10:00:00+02"', None),
    *(
        (f"'2020-01-01 10:00:00{digits}'::{type_}", "TIMESTAMP", '"2020-01-01T10:00:00.000"', TEN_O_CLOCK)
        for type_, digits in [
            ("TIMESTAMP", ".000999"), ("TIMESTAMP_S", ""), ("TIMESTAMP_MS", ".000"), ("TIMESTAMP_NS", ".000999999"),
            ("TIMESTAMPTZ", ".000999+00")
        ]
    ),
    ("TIMESTAMP '1969-12-31 23:59:59.9985'", "TIMESTAMP", '"1969-12-31T23:59:59.998"', LAST_SECOND),
    ("TIMESTAMP '290309-12-22 00:00:00'", "TIMESTAMP", '"+290309-12-22T00:00:00.000"', np.datetime64("290309-12-22", "ms")),
    ("INTERVAL '1 month 2 days 03:00:00.5'", "STRING", '"1 month 2 days 03:00:00.5"', None),
    ("'4ac7a9e9-607c-4c8a-84f3-843f0191e3fd'::UUID", "STRING", '"4ac7a9e9-607c-4c8a-84f3-843f0191e3fd"', None),
    ("'b'::ENUM('a', 'b')", "STRING", '"b"', None),
    ("union_value(num := 2)", "STRING", '"2"', None),
    ("'0101'::BIT", "STRING", '"0101"', None),
    ("'{\"a\": 1}'::JSON", "STRING", '"{\\"a\\": 1}"', None),
    ("{'A': 1}::VARIANT", "STRING", '"{\'A\': 1}"', None),
    ("NULL", "STRING", "null", None),
]  # fmt: skip

NESTED: list[tuple[str, str, str, Any]] = [
    ("[]", "ARRAY<STRING>", "[]", None),
    ("[1, 2]::INT[2]", "ARRAY<INTEGER>", "[1,2]", None),
    ("row(1, INTERVAL 1 DAY)", "STRUCT<`element1` INTEGER, `element2` STRING>", '{"element1":1,"element2":"1 day"}', None),
    ("{'U': 1::UTINYINT, 'T': [DATE '9999-12-31', NULL]}", "STRUCT<`U` INTEGER, `T` ARRAY<DATE>>",
     '{"U":1,"T":["9999-12-31",null]}', {"U": 1, "T": [dt.date(9999, 12, 31), None]}),
    ("MAP {1: TIME '10:00:00.123999'}", "MAP<INTEGER, TIME>", '{"1":"10:00:00.123"}', {1: dt.time(10, 0, 0, 123_000)}),
    ("MAP {DATE '2020-01-01': [1]}", "MAP<DATE, ARRAY<INTEGER>>", '{"2020-01-01":[1]}', {dt.date(2020, 1, 1): [1]}),
    ("MAP {[1]: 1::UBIGINT}", "MAP<STRING, DECIMAL(20, 0)>", '{"[1]":1}', {"[1]": Decimal(1)}),
    ("MAP {{'A': 1}: NULL}", "MAP<STRING, STRING>", '{"{\'A\': 1}":null}', None),
    ("NULL::STRUCT(\"a\" TIMESTAMP)", "STRUCT<`a` TIMESTAMP>", "null", None),
    ("[NULL, {'A': NULL}]::STRUCT(a TIMESTAMP)[]", "ARRAY<STRUCT<`A` TIMESTAMP>>", '[null,{"A":null}]', None),
]  # fmt: skip


def as_python(text: str, value: Any) -> Any:
    return json.loads(text) if value is None else value


#: In a list, a struct and a map every type is what it is by itself.
WITHIN = [
    case
    for expression, type_, text, value in SCALARS
    if "sum" not in expression
    for case in [
        (f"[{expression}, NULL]", f"ARRAY<{type_}>", f"[{text},null]", [as_python(text, value), None]),
        (f"{{'F': {expression}}}", f"STRUCT<`F` {type_}>", f'{{"F":{text}}}', {"F": as_python(text, value)}),
        (f"MAP {{'k': {expression}}}", f"MAP<STRING, {type_}>", f'{{"k":{text}}}', {"k": as_python(text, value)}),
    ]
]  # fmt: skip
CASES = [*SCALARS, *NESTED, *WITHIN]
EXPRESSIONS = [expression for expression, *_ in CASES]
STATEMENT = f"SELECT {', '.join(f'{expression} AS c{i}' for i, (expression, *_) in enumerate(CASES))};"


@pytest.fixture(scope="module")
def db() -> Iterator[ksql.Database]:
    with ksql.connect() as made:
        yield made


def test_types(db: ksql.Database) -> None:
    found = [str(column.type) for column in db.execute(STATEMENT).columns]
    assert dict(zip(EXPRESSIONS, found, strict=True)) == {e: type_ for e, type_, *_ in CASES}


def test_python(db: ksql.Database) -> None:
    [row] = db.execute(STATEMENT).fetchall()
    wanted = {e: as_python(text, value) for e, _, text, value in CASES}
    assert dict(zip(EXPRESSIONS, row.values(), strict=True)) == wanted


@pytest.mark.parametrize("output", ["JSON", "TABULAR"])
def test_command_line(db: ksql.Database, output: Any) -> None:
    result = db.execute(STATEMENT).result
    assert isinstance(result, Rows)
    file = io.StringIO()
    Display(file, output).show(result)
    if output == "JSON":
        assert file.getvalue() == "{" + ",".join(f'"C{i}":{text}' for i, (_, _, text, _) in enumerate(CASES)) + "}\n"
    else:
        assert file.getvalue().endswith("1 row\n")


@pytest.mark.parametrize(("path", "field"), [("/query", "ksql"), ("/query-stream", "sql")])
def test_rest(db: ksql.Database, path: str, field: str) -> None:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(db.engine)), base_url="http://test") as client:
            return await client.post(path, json={field: STATEMENT})

    answer = anyio.run(send)
    assert answer.status_code == 200
    assert "[" + ",".join(text for _, _, text, _ in CASES) + "]" in answer.text


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("170141183460469231731687303715884105727::HUGEINT", "up to 38 digits"),
        ("340282366920938463463374607431768211455::UHUGEINT", "up to 38 digits"),
        ("DATE 'infinity'", "column X has a time that no DATE can be"),
        ("TIMESTAMP '-infinity'", "column X has a time that no TIMESTAMP can be"),
        ("[{'A': TIMESTAMPTZ 'infinity'}]", "column X has a time that no ARRAY<STRUCT<`A` TIMESTAMP>> can be"),
    ],
)
def test_what_no_type_can_hold(db: ksql.Database, expression: str, message: str) -> None:
    with pytest.raises(StatementError, match=message):
        db.execute(f"SELECT {expression} AS x;")


def test_every_column_has_a_name_of_its_own(db: ksql.Database) -> None:
    assert db.execute("SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a, now() AS t;").fetchall()[0].keys() == {
        "A", "A_2", "A_1", "A_3", "T"
    }  # fmt: skip


def test_the_order_is_kept(db: ksql.Database) -> None:
    numbers = db.execute("SELECT range::UTINYINT AS n FROM range(200) ORDER BY hash(range);").arrow().column(0)
    assert numbers.to_pylist() == [
        row["N"] for row in db.execute("SELECT range::INT AS n FROM range(200) ORDER BY hash(range);")
    ]
