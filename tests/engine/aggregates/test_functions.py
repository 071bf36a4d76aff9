"""What each aggregate gives after every record of one group, and what it refuses."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ksql.engine.aggregates import AGGREGATES, resolve_aggregate
from ksql.engine.errors import QueryError, StatementError
from ksql.engine.kernels import Segments
from ksql.engine.types.sql_types import BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, INTEGER, STRING, Array, SqlType, Struct
from ksql.engine.types.sql_types import Decimal as DecimalType

MONEY = DecimalType(4, 1)
BIG = 2**63 - 1

CASES: list[tuple[str, list[SqlType], tuple[Any, ...], list[Any], list[Any]]] = [
    ("COUNT", [], (), [(), ()], [1, 2]),
    ("COUNT", [STRING], (), ["a", None, ""], [1, 1, 2]),
    ("SUM", [INTEGER], (), [None, 2**31 - 1, 1], [0, 2**31 - 1, -(2**31)]),
    ("SUM", [BIGINT], (), [BIG, 1, None], [BIG, -(2**63), -(2**63)]),
    ("SUM", [DOUBLE], (), [0.1, 0.2, 0.3, None], [0.1, 0.1 + 0.2, 0.1 + 0.2 + 0.3, 0.1 + 0.2 + 0.3]),
    ("SUM", [MONEY], (), [None, Decimal("500.9"), Decimal("-0.9")], [Decimal("0.0"), Decimal("500.9"), Decimal("500.0")]),
    ("AVG", [INTEGER], (), [None, 2**31 - 1, 1], [0.0, float(2**31 - 1), -(2.0**30)]),
    ("AVG", [BIGINT], (), [-1, BIG, 1], [-1.0, 4.611686018427388e18, 3.0744573456182584e18]),
    ("MIN", [DOUBLE], (), [math.nan, 0.0, -0.0], ["nan", 0.0, -0.0]),
    ("MAX", [DOUBLE], (), [-0.0, 0.0, math.inf, math.nan, 1.0], [-0.0, 0.0, math.inf, "nan", "nan"]),
    ("MAX", [STRING], (), [None, "\uffff", "\U0001f600", "a"], [None, "\uffff", "\uffff", "\uffff"]),
    ("MIN", [BYTES], (), [b"\x00", b"\x80", b"\x81"], [b"\x00", b"\x80", b"\x80"]),
    ("LATEST_BY_OFFSET", [INTEGER], (), [None, 1, None, 2], [None, 1, 1, 2]),
    ("LATEST_BY_OFFSET", [INTEGER], (False,), [None, 1, None], [None, 1, None]),
    ("LATEST_BY_OFFSET", [INTEGER], (2,), [None, 1, None, 2, 3], [[], [1], [1], [1, 2], [2, 3]]),
    ("LATEST_BY_OFFSET", [INTEGER], (2, False), [1, None, 3], [[1], [1, None], [None, 3]]),
    ("EARLIEST_BY_OFFSET", [INTEGER], (), [None, 1, 2], [None, 1, 1]),
    ("EARLIEST_BY_OFFSET", [INTEGER], (False,), [None, 1], [None, None]),
    ("EARLIEST_BY_OFFSET", [INTEGER], (2, True), [1, None, 2, 3], [[1], [1], [1, 2], [1, 2]]),
    ("EARLIEST_BY_OFFSET", [INTEGER], (1, False), [None, 2], [[None], [None]]),
    ("COLLECT_LIST", [INTEGER], (), [1, None, 1], [[1], [1, None], [1, None, 1]]),
    (
        "COLLECT_SET",
        [DOUBLE],
        (),
        [0.0, -0.0, None, 0.0, None],
        [[0.0], [0.0, -0.0], [0.0, -0.0, None]] + [[0.0, -0.0, None]] * 2,
    ),
    ("COUNT_DISTINCT", [STRING], (), ["a", None, "b", "a"], [1, 1, 2, 2]),
    ("STDDEV_SAMP", [INTEGER], (), [0, 10, None, 7, 6], [0.0, 50.0, 50.0, 26.333333333333332, 17.583333333333332]),
    ("STDDEV_SAMPLE", [INTEGER], (), [50, 10, 3], [0.0, 28.284271247461902, 25.357444666211933]),
    ("CORRELATION", [INTEGER, INTEGER], (), [(1, 8), (None, 1), (-1, -2), (-4, -1)], ["nan", "nan", 1.0, 0.7455284088780169]),
    ("SUM_LIST", [Array(INTEGER)], (), [None, [], [1, None, 2], [3]], [0, 0, 3, 6]),
    ("ATTR", [STRING], (), ["a", "a", "b", "a"], ["a", "a", None, None]),
    ("ATTR", [STRING], (), [None, "a"], [None, None]),
    (
        "HISTOGRAM",
        [STRING],
        (),
        ["a", None, "a", None, "null"],
        [[("a", 1)], [("a", 1), ("null", 1)], [("a", 2), ("null", 1)], [("a", 2), ("null", 1)], [("a", 2), ("null", 2)]],
    ),
    ("TOPK", [INTEGER], (2,), [None, 1, 3, 3, 2], [[], [1], [3, 1], [3, 3], [3, 3]]),
    ("TOPKDISTINCT", [DATE], (2,), [1, 3, 3, 2], [[1], [3, 1], [3, 1], [3, 2]]),
]


def after_every_record(
    name: str, types: list[SqlType], literals: tuple[Any, ...], records: list[Any], **settings: Any
) -> list[Any]:
    bound = resolve_aggregate(name, types, literals, settings.get("settings", {}))
    rows = [record if isinstance(record, tuple) else (record,) for record in records]
    arguments = [pa.array([row[i] for row in rows], type_.arrow) for i, type_ in enumerate(types)]
    segments = Segments(np.zeros(len(rows), dtype=np.int64))
    state = bound.scan(arguments, [pa.nulls(1, t) for _, t in bound.state], segments, np.arange(len(rows)))
    return list(bound.result(state).to_pylist())


@pytest.mark.parametrize(("name", "types", "literals", "records", "expected"), CASES, ids=str)
def test_values(name: str, types: list[SqlType], literals: tuple[Any, ...], records: list[Any], expected: list[Any]) -> None:
    found = after_every_record(name, types, literals, records)
    assert repr(found).replace("nan", "'nan'") == repr(expected)


def test_topk_of_several_columns_keeps_the_earlier_of_equal_rows() -> None:
    found = after_every_record("TOPK", [INTEGER, STRING], (2,), [(1, "a"), (2, "b"), (2, None), (None, "c")])
    item = Struct((("sort_col", INTEGER), ("col0", STRING)))
    assert resolve_aggregate("TOPK", [INTEGER, STRING], (2,)).returns == Array(item)
    assert found[-1] == [{"sort_col": 2, "col0": "b"}, {"sort_col": 2, "col0": None}]


@pytest.mark.parametrize("name", ["COLLECT_LIST", "COLLECT_SET"])
def test_a_setting_limits_what_is_collected(name: str) -> None:
    settings = {f"ksql.functions.{name.lower()}.limit": "2"}
    assert after_every_record(name, [INTEGER], (), [1, 2, 3], settings=settings) == [[1], [1, 2], [1, 2]]


def test_a_histogram_has_a_thousand_entries() -> None:
    found = after_every_record("HISTOGRAM", [STRING], (), [str(i) for i in range(1001)] + ["0", "1000"])[-1]
    assert len(found) == 1000
    assert dict(found)["0"] == 2
    assert "1000" not in dict(found)


def test_decimal_overflow_is_an_error() -> None:
    with pytest.raises(QueryError, match="more digits"):
        after_every_record("SUM", [MONEY], (), [Decimal("999.9"), Decimal("0.1")])


@pytest.mark.parametrize(
    ("name", "types", "literals"),
    [
        ("AVG", [MONEY], ()),
        ("SUM", [STRING], ()),
        ("SUM", [INTEGER, INTEGER], ()),
        ("MAX", [BOOLEAN], ()),
        ("MAX", [Array(INTEGER)], ()),
        ("CORRELATION", [INTEGER, BIGINT], ()),
        ("LATEST_BY_OFFSET", [INTEGER], ("x",)),
        ("LATEST_BY_OFFSET", [INTEGER], (True, 2)),
        ("EARLIEST_BY_OFFSET", [INTEGER, INTEGER], ()),
        ("TOPK", [INTEGER], ()),
        ("TOPK", [INTEGER], (0,)),
        ("TOPKDISTINCT", [INTEGER, STRING], (2,)),
        ("HISTOGRAM", [INTEGER], ()),
        ("NO_SUCH", [INTEGER], ()),
    ],
)
def test_refused(name: str, types: list[SqlType], literals: tuple[Any, ...]) -> None:
    with pytest.raises(StatementError):
        resolve_aggregate(name, types, literals)


def test_every_declaration_is_documented() -> None:
    assert len(AGGREGATES) == 18
    assert all(declared.doc.endswith(".") and declared.signatures for declared in AGGREGATES.values())
