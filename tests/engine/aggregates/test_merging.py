"""Groups that become one: `merge` equals its plain twin, bit for bit, and gives what one group of all the rows would have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.aggregates import AGGREGATES, declare, distinct, resolve_aggregate
from ksql.engine.aggregates.declare import Mergeable
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, STRING, Array, SqlType
from tests.engine.aggregates.test_twins import CASES, VALUES, exact

Case = tuple[str, list[SqlType], tuple[int | bool, ...]]
#: Those of one column that have a meaning of their own with DISTINCT, with it.
ONCE: list[Case] = [
    (f"{name} DISTINCT", types, ()) for name, types, _ in CASES if AGGREGATES[name].distinct == declare.ONCE and len(types) == 1
]
ALL = [*CASES, *ONCE]


@dataclass
class Group:
    """Rows as (number in the order of arrival, arguments)."""

    rows: list[tuple[int, Sequence[Any]]] = field(default_factory=list)

    def state(self, function: Mergeable) -> list[Any]:
        state: list[Any] = [None] * len(function.state)
        for arrival, arguments in self.rows:
            state = function.step(state, [*arguments, arrival] if function.by_arrival else arguments)
        return state


def mergeable(name: str, types: list[SqlType], literals: tuple[int | bool, ...], limit: str = "-1") -> Mergeable:
    """The function called `name`; `name DISTINCT` of the different values."""
    name, _, distinct = name.partition(" ")
    limits = {f"ksql.functions.{name.lower()}.limit": limit}
    function = resolve_aggregate(name, types, literals, limits, distinct=bool(distinct)).mergeable()
    assert function is not None
    return function


def two_groups(data: st.DataObject, row: st.SearchStrategy[Sequence[Any]]) -> tuple[Group, Group]:
    """Rows in order of arrival, each to one of two groups; neither is empty."""
    groups = Group(), Group()
    for arrival, (number, arguments) in enumerate(data.draw(st.lists(st.tuples(st.integers(0, 1), row), max_size=12))):
        groups[number].rows.append((arrival, arguments))
    for arrival, group in enumerate(groups, start=100):
        if not group.rows:
            group.rows.append((arrival, data.draw(row)))
    return groups


@pytest.mark.parametrize(("name", "types", "literals"), ALL, ids=str)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_merge_equals_its_twin(name: str, types: list[SqlType], literals: tuple[int | bool, ...], data: st.DataObject) -> None:
    function = mergeable(name, types, literals, data.draw(st.sampled_from(["-1", "3"])))
    row = st.tuples(*[st.none() | VALUES[t] for t in types])
    with patch.object(distinct, "_MOST_IN_HISTOGRAM", data.draw(st.sampled_from([2, 1000]))):
        pairs = [[g.state(function) for g in two_groups(data, row)] for _ in range(data.draw(st.integers(1, 4)))]
        sides = [columns(function, [pair[side] for pair in pairs]) for side in (0, 1)]
        merged = function.merge(*sides)
        # The twins see what arrays of the types hold: dates, say, as dates.
        plain = [function.merge_of(*(rows(side)[i] for side in sides)) for i in range(len(pairs))]
        assert [column.type for column in merged] == [type_ for _, type_ in function.state]
        assert exact(rows(merged)) == exact(plain)
        assert exact(function.result(merged).to_pylist()) == exact([function.result_of(state) for state in rows(merged)])


def columns(function: Mergeable, states: list[list[Any]]) -> list[pa.Array]:
    return [pa.array([state[i] for state in states], type_) for i, (_, type_) in enumerate(function.state)]


def rows(states: Sequence[pa.Array]) -> list[list[Any]]:
    return [list(row) for row in zip(*(column.to_pylist() for column in states), strict=True)]


#: In what order one group of all rows would have taken them.
BY_ARRIVAL = {"LATEST_BY_OFFSET", "EARLIEST_BY_OFFSET"}
#: Their sums of doubles depend on how they are put together, or nulls count once for each group.
OTHERWISE = {"STDDEV_SAMP", "STDDEV_SAMPLE", "CORRELATION"}
#: Sums of these are exact.
EXACT: dict[SqlType, st.SearchStrategy[Any]] = {
    **VALUES,
    DOUBLE: st.integers(-100, 100).map(lambda i: i / 2),
    STRING: st.sampled_from("abc"),
    Array(DOUBLE): st.lists(st.integers(-100, 100).map(lambda i: i / 2), max_size=3),
}


@pytest.mark.parametrize(("name", "types", "literals"), [case for case in ALL if case[0].split()[0] not in OTHERWISE], ids=str)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_merged_groups_are_one_group(
    name: str, types: list[SqlType], literals: tuple[int | bool, ...], data: st.DataObject
) -> None:
    function = mergeable(name, types, literals)
    missing = st.nothing() if name == "HISTOGRAM" else st.none()
    left, right = two_groups(data, st.tuples(*[missing | EXACT[t] for t in types]))
    together = [*left.rows, *right.rows]
    if name in BY_ARRIVAL:
        together.sort(key=lambda row: row[0])
    merged = function.merge_of(left.state(function), right.state(function))
    assert exact(function.result_of(merged)) == exact(function.result_of(Group(together).state(function)))


@pytest.mark.parametrize("type_", [INTEGER, BIGINT, DOUBLE])
@pytest.mark.parametrize("name", ["STDDEV_SAMP", "STDDEV_SAMPLE"])
@settings(max_examples=10)
@given(values=st.lists(st.integers(-50, 50), min_size=2, max_size=20), data=st.data())
def test_merged_deviations_are_near(name: str, type_: SqlType, values: list[int], data: st.DataObject) -> None:
    function = mergeable(name, [type_], ())
    cut = data.draw(st.integers(1, len(values) - 1))
    given_ = [(i, [float(value) if type_ == DOUBLE else value]) for i, value in enumerate(values)]
    merged = function.merge_of(Group(given_[:cut]).state(function), Group(given_[cut:]).state(function))
    assert function.result_of(merged) == pytest.approx(function.result_of(Group(given_).state(function)))


def test_a_histogram_counts_the_null_of_each_group() -> None:
    function = mergeable("HISTOGRAM", [STRING], ())
    state = Group([(0, [None]), (1, [None])]).state(function)
    assert function.merge_of(state, state) == [[("null", 2)]]


def test_every_function_is_tried() -> None:
    assert {case[0] for case in CASES} == set(AGGREGATES)
