"""Python values in place of question marks."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ksql.engine.errors import StatementError
from ksql.parameters import bind, literal


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (-5, "-5"),
        (1.5, "1.5E0"),
        (1e300, "1e+300"),
        (float("nan"), "CAST('NaN' AS DOUBLE)"),
        (float("-inf"), "CAST('-Infinity' AS DOUBLE)"),
        (Decimal("1.10"), "1.10"),
        (Decimal("-7"), "-7"),
        (Decimal(10) ** 20, "100000000000000000000.0"),
        ("it's ?", "'it''s ?'"),
        (b"!", "'IQ=='"),
        (dt.date(2020, 1, 2), "'2020-01-02'"),
        (dt.time(10, 0), "'10:00:00'"),
        (dt.datetime(2020, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=1))), "'2020-01-02T02:00:00.000'"),
        ([1, "a"], "ARRAY[1, 'a']"),
        ({"k": [None]}, "MAP('k' := ARRAY[NULL])"),
    ],
)
def test_literals(value: Any, expected: str) -> None:
    assert literal(value) == expected


def test_only_parameters_are_replaced() -> None:
    sql = "SELECT '?', `a?`, \"b?\" -- why?\n, /* ? */ ? FROM t WHERE a = ?;"
    assert bind(sql, [1, "x"]) == "SELECT '?', `a?`, \"b?\" -- why?\n, /* ? */ 1 FROM t WHERE a = 'x';"


@pytest.mark.parametrize(
    ("sql", "values", "message"),
    [
        ("SELECT ?", [], "takes 1 parameter, and got 0 values"),
        ("SELECT 1", [1], "takes 0 parameters, and got 1 value"),
        ("SELECT ?", "x", "must be a list"),
        ("SELECT ?", [Decimal("NaN")], "Decimal NaN has no SQL literal"),
        ("SELECT ?", [object()], "object has no SQL literal"),
    ],
)
def test_wrong_parameters(sql: str, values: Any, message: str) -> None:
    with pytest.raises(StatementError, match=message):
        bind(sql, values)
