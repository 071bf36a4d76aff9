"""Values as text, in JSON and for people."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal as PyDecimal

import numpy as np
import pyarrow as pa
import pytest

from ksql.engine.types.calendar import calendar_type
from ksql.engine.types.sql_types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    STRING,
    TIME,
    TIMESTAMP,
    Array,
    Column,
    Decimal,
    Map,
    SqlType,
    Struct,
)
from ksql.python_values import python_rows
from ksql.render import json_objects, json_rows, schema_string, text_cells

POINT = Struct((("X", INTEGER), ("at", DATE)))

CASES = [
    (BOOLEAN, pa.array([True, False, None]), ["true", "false", "null"], ["true", "false", "null"]),
    (INTEGER, pa.array([1, None], pa.int32()), ["1", "null"], ["1", "null"]),
    (BIGINT, pa.array([2**63 - 1]), ["9223372036854775807"], ["9223372036854775807"]),
    (DOUBLE, pa.array([1.0, 1e300, float("nan"), float("-inf")]), ["1.0", "1e+300", '"NaN"', '"-Infinity"'], None),
    (STRING, pa.array(['a"b\n', "ü"]), ['"a\\"b\\n"', '"ü"'], ['a"b\n', "ü"]),
    (BYTES, pa.array([b"!", b""]), ['"IQ=="', '""'], ["IQ==", ""]),
    (Decimal(38, 20), pa.array([PyDecimal("1.10"), PyDecimal("-0.00000000000000000001")], pa.decimal128(38, 20)),
     ["1.10000000000000000000", "-0.00000000000000000001"], None),
    (DATE, pa.array([dt.date(2023, 1, 31)]), ['"2023-01-31"'], ["2023-01-31"]),
    (DATE, pa.array([-1, 10**6], pa.int32()), ['"1969-12-31"', '"4707-11-29"'], None),
    (TIME, pa.array([0, 36_000_123], pa.time32("ms")), ['"00:00:00"', '"10:00:00.123"'], ["00:00:00", "10:00:00.123"]),
    (TIMESTAMP, pa.array([0, -1], pa.timestamp("ms")), ['"1970-01-01T00:00:00.000"', '"1969-12-31T23:59:59.999"'], None),
    (TIMESTAMP, pa.array([253402300800000]), ['"+10000-01-01T00:00:00.000"'], ["+10000-01-01T00:00:00.000"]),
    (TIMESTAMP, pa.array([-(2**63)]), ['"-292275055-05-16T16:47:04.192"'], None),
    (DATE, pa.array([-(2**31)], pa.int32()), ['"-5877641-06-23"'], None),
    (Array(STRING), pa.array([["a", None], []]), ['["a",null]', "[]"], ['["a",null]', "[]"]),
    (Map(STRING, Array(INTEGER)), pa.array([[("k", [1])]], pa.map_(pa.string(), pa.list_(pa.int32()))), ['{"k":[1]}'], None),
    (Map(INTEGER, STRING), pa.array([[(7, "v")]], pa.map_(pa.int32(), pa.string())), ['{"7":"v"}'], None),
    (POINT, pa.array([{"X": 1, "at": 1}], POINT.arrow), ['{"X":1,"at":"1970-01-02"}'], None),
    (Array(TIMESTAMP), pa.array([[0]], pa.list_(pa.timestamp("ms"))), ['["1970-01-01T00:00:00.000"]'], None),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "values", "as_json", "as_text"), CASES, ids=[str(case[0]) for case in CASES])
def test_values(type_: SqlType, values: pa.Array, as_json: list[str], as_text: list[str] | None) -> None:
    column = Column("C", type_)
    table = pa.table([values], names=["C"])
    assert json_rows(table, [column]) == [f"[{value}]" for value in as_json]
    assert json.loads(f"[{','.join(as_json)}]") is not None
    assert text_cells(table, [column]) == [as_text or [value.strip('"') for value in as_json]]


def test_objects_and_schema() -> None:
    columns = [Column("ID", INTEGER), Column("na`me", STRING)]
    table = pa.table([pa.array([1], pa.int32()), pa.array(["x"])], names=["ID", "na`me"])
    assert json_objects(table, columns) == ['{"ID":1,"na`me":"x"}']
    assert schema_string(columns, frozenset({"ID"})) == "`ID` INTEGER KEY, `na``me` STRING"
    assert schema_string([Column("A", Array(POINT)), Column("D", Decimal(4, 2))]) == (
        "`A` ARRAY<STRUCT<`X` INTEGER, `at` DATE>>, `D` DECIMAL(4, 2)"
    )


def test_python_values() -> None:
    far = Struct((("D", Array(DATE)), ("M", Map(DATE, TIMESTAMP))))
    columns = [Column("M", Map(STRING, INTEGER)), Column("T", TIMESTAMP), Column("F", far)]
    day, moment = np.datetime64("10000-01-01"), np.datetime64("-292275055-05-16T16:47:04.193")
    row = {"D": [2932897, None], "M": [(0, 1 - 2**63)]}
    table = pa.table(
        [
            pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())),
            pa.array([0, None], pa.timestamp("ms")),
            pa.array([row, None], far.arrow).cast(calendar_type(far)),
        ],
        names=["M", "T", "F"],
    )
    assert python_rows(table, columns) == [
        {"M": {"k": 1}, "T": dt.datetime(1970, 1, 1), "F": {"D": [day, None], "M": {dt.date(1970, 1, 1): moment}}},  # noqa: DTZ001
        {"M": None, "T": None, "F": None},
    ]
