"""Python values in place of question marks."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

import ksql
from ksql.engine.errors import StatementError
from ksql.engine.statements.parameters import bind, literal


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
    assert bind(sql, [1, "x"], {}) == "SELECT '?', `a?`, \"b?\" -- why?\n, /* ? */ 1 FROM t WHERE a = 'x';"


@pytest.mark.parametrize("value", ["'; DROP STREAM s; --", "?", "${v}", "it''s"])
def test_a_value_is_a_value(value: str) -> None:
    with ksql.connect() as db:
        db.execute("DEFINE v = 'x'; CREATE STREAM s (a STRING) WITH (kafka_topic='s', value_format='JSON', partitions=1);")
        db.execute("INSERT INTO s VALUES (?); INSERT INTO s VALUES (?);", [value, value])
        assert db.execute("SELECT a FROM s WHERE a = ?", [value]).fetchall() == [{"A": value}] * 2


STRUCTS = "CREATE STREAM s (m MAP<STRING, INT>, t STRUCT<a INT, b ARRAY<STRUCT<`c` STRING, d MAP<STRING, INT>>>>)"


@pytest.mark.parametrize("insert", ["INSERT INTO s VALUES (?, ?)", "INSERT INTO s (t, m) VALUES (?, ?)"])
def test_a_dict_is_what_the_column_wants(insert: str) -> None:
    struct = {"a": 1, "B": [{"c": "x", "d": {"k": 2}}, {"c": None}]}
    with ksql.connect() as db:
        db.execute(f"{STRUCTS} WITH (kafka_topic='s', value_format='JSON', partitions=1); {insert};",
                   [{"k": 1}, struct] if "(t" not in insert else [struct, {"k": 1}])  # fmt: skip
        [row] = db.execute("SELECT * FROM s").fetchall()
        assert row == {"M": {"k": 1}, "T": {"A": 1, "B": [{"c": "x", "D": {"k": 2}}, {"c": None, "D": None}]}}
        with pytest.raises(StatementError, match="has no field AB"):
            db.execute("INSERT INTO s (t) VALUES (?)", [{"ab": 1}])


@pytest.mark.parametrize(
    ("sql", "values", "message"),
    [
        ("SELECT ?", [], r"line 1:8: the statement takes 1 parameter, and got 0 values\n  SELECT \?\n         \^"),
        ("SHOW STREAMS;\n SELECT ?, ?", [1], r"line 2:12: the statement takes 2 parameters, and got 1 value\n"),
        ("SELECT 1", [1], "takes 0 parameters, and got 1 value"),
        ("SELECT ?", "x", "must be a list"),
        ("SELECT ?", [Decimal("NaN")], "Decimal NaN has no SQL literal"),
        ("SELECT ?", [object()], "object has no SQL literal"),
    ],
)
def test_wrong_parameters(sql: str, values: Any, message: str) -> None:
    with ksql.connect() as db, pytest.raises(StatementError, match=message):
        db.execute(sql, values)
