"""Adding and taking back in any order gives what adding only the rest gives; and what cannot take back is refused on tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.aggregates import AGGREGATES, Bound, resolve_aggregate
from ksql.engine.aggregates.declare import Undoable
from ksql.engine.errors import StatementError
from ksql.engine.kernels import Segments
from ksql.engine.types.sql_types import BIGINT, BYTES, DOUBLE, INTEGER, STRING, Array, SqlType
from ksql.engine.types.sql_types import Decimal as DecimalType

#: Sums of these doubles are exact, so that their order does not matter.
HALVES = st.integers(-100, 100).map(lambda i: i / 2)
VALUES: dict[SqlType, st.SearchStrategy[Any]] = {
    INTEGER: st.integers(-(2**31), 2**31 - 1),
    BIGINT: st.integers(-(2**63), 2**63 - 1),
    DOUBLE: HALVES,
    STRING: st.sampled_from(["a", "b", "null", ""]),
    BYTES: st.binary(max_size=2),
    DecimalType(38, 2): st.integers(-(10**30), 10**30).map(lambda i: Decimal(i).scaleb(-2)),
    Array(INTEGER): st.lists(st.none() | st.integers(-5, 5), max_size=3),
    Array(DOUBLE): st.lists(st.none() | HALVES, max_size=3),
}
SMALL = st.integers(-50, 50)


def unordered(value: Any) -> Any:
    """Without the order in which values came."""
    return Counter(map(repr, value))


def near(value: Any) -> Any:
    return round(value, 6)


def same(value: Any) -> Any:
    return repr(value)


CASES: list[tuple[str, list[SqlType], list[st.SearchStrategy[Any]], Callable[[Any], Any]]] = [
    ("COUNT", [], [], same),
    *[("COUNT", [t], [st.none() | VALUES[t]], same) for t in (INTEGER, STRING)],
    *[("SUM", [t], [st.none() | VALUES[t]], same) for t in (INTEGER, BIGINT, DOUBLE, DecimalType(38, 2))],
    *[("AVG", [t], [st.none() | VALUES[t]], same) for t in (INTEGER, BIGINT, DOUBLE)],
    *[("SUM_LIST", [t], [st.none() | VALUES[t]], same) for t in (Array(INTEGER), Array(DOUBLE))],
    *[("CORRELATION", [t, t], [st.none() | SMALL] * 2, same) for t in (INTEGER, BIGINT, DOUBLE)],
    *[(name, [t], [st.none() | SMALL], near) for name in ("STDDEV_SAMP", "STDDEV_SAMPLE") for t in (INTEGER, BIGINT, DOUBLE)],
    *[(name, [t], [st.none() | VALUES[t]], unordered) for name in ("COLLECT_LIST", "COLLECT_SET") for t in VALUES],
    ("HISTOGRAM", [STRING], [VALUES[STRING]], unordered),
    *[("ATTR", [t], [st.none() | VALUES[t]], same) for t in (STRING, BYTES)],
]


#: What these are of the rows that are left is tested with the operator that remembers their values.
OF_VALUES = {"MIN", "MAX", "TOPK", "TOPKDISTINCT", "COUNT_DISTINCT"}

Row = tuple[Any, ...]


@pytest.mark.parametrize(("name", "types", "values", "view"), CASES, ids=[f"{name}{types}" for name, types, *_ in CASES])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_left_counts(
    name: str, types: list[SqlType], values: list[st.SearchStrategy[Any]], view: Callable[[Any], Any], data: st.DataObject
) -> None:
    bound = resolve_aggregate(name, types, (), table=True)
    rows, signs, left = come_and_go(data, st.tuples(*values))
    assert view(result(bound, types, rows, signs)) == view(result(bound, types, left, None))


def come_and_go(data: st.DataObject, row: st.SearchStrategy[Row]) -> tuple[list[Row], list[int], list[Row]]:
    """(rows, whether each is added or taken back, those that are left: at least one)"""
    rows, signs, left = [], [], []
    for goes in [*data.draw(st.lists(st.booleans(), max_size=40)), False]:
        signs.append(-1 if goes and left else 1)
        if signs[-1] < 0:
            rows.append(left.pop(data.draw(st.integers(0, len(left) - 1))))
        else:
            rows.append(data.draw(row))
            left.append(rows[-1])
    return rows, signs, left


def result(bound: Bound, types: Sequence[SqlType], rows: Sequence[Row], signs: list[int] | None) -> Any:
    """The function's value after all rows of one group."""
    assert isinstance(bound, Undoable)
    segments = Segments(np.zeros(len(rows), dtype=np.int64))
    arguments = [pa.array([row[i] for row in rows], type_.arrow) for i, type_ in enumerate(types)]
    before = [pa.nulls(1, type_) for _, type_ in bound.state]
    after = bound.scan(arguments, before, segments, segments.ends, None if signs is None else np.array(signs))
    return bound.result(after)[0].as_py()


def test_undoable_functions_are_declared_for_tables() -> None:
    undoable = {case[0] for case in CASES} | OF_VALUES
    assert undoable == {name for name, declared in AGGREGATES.items() if declared.tables}


@pytest.mark.parametrize("name", sorted(name for name, declared in AGGREGATES.items() if not declared.tables))
def test_refused_on_tables(name: str) -> None:
    with pytest.raises(StatementError, match=f"{name} cannot be used on a table"):
        resolve_aggregate(name, [INTEGER], (), table=True)


def test_topk_of_several_columns_is_refused_on_tables() -> None:
    with pytest.raises(StatementError, match="several columns cannot be used on a table"):
        resolve_aggregate("TOPK", [INTEGER, STRING], (2,), table=True)


@pytest.mark.parametrize("name", sorted(name for name, declared in AGGREGATES.items() if not declared.distinct))
def test_distinct_is_refused_by_name(name: str) -> None:
    with pytest.raises(StatementError, match=f"{name} cannot have DISTINCT"):
        resolve_aggregate(name, [INTEGER], (), distinct=True)


@pytest.mark.parametrize("types", [[], [INTEGER, INTEGER]])
def test_distinct_is_of_one_column(types: list[SqlType]) -> None:
    with pytest.raises(StatementError, match=r"COUNT does not accept \(DISTINCT"):
        resolve_aggregate("COUNT", types, (), distinct=True)


def test_rounding_leaves_no_negative_variance() -> None:
    bound = resolve_aggregate("STDDEV_SAMPLE", [DOUBLE], (), table=True)
    assert result(bound, [DOUBLE], [(0.1,), (0.1,), (0.7,), (0.7,)], [1, 1, 1, -1]) == pytest.approx(0.0)


def test_a_histogram_keeps_its_null() -> None:
    """As in ksqlDB, where a null that is taken back is not the text null that the map holds."""
    bound = resolve_aggregate("HISTOGRAM", [STRING], (), table=True)
    assert result(bound, [STRING], [(None,), ("a",), (None,), ("a",)], [1, 1, -1, -1]) == [("null", 1)]
