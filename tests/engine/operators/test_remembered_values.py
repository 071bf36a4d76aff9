"""Functions of the values that groups have against their step twins: of tables and streams, in windows, in any batches, with
restarts and refused commits between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.aggregates import resolve_aggregate
from ksql.engine.aggregates.declare import Bound, Undoable, java_identity
from ksql.engine.aggregates.values import OfValues
from ksql.engine.operators.aggregation import Aggregation
from ksql.engine.operators.batch import PARTITION, TIMESTAMP
from ksql.engine.operators.groups import AggregateCall
from ksql.engine.operators.table_changes import REPLACED, SIGN
from ksql.engine.operators.windows import WINDOW_START, TimeWindows
from ksql.engine.state import ranked_store, store
from ksql.engine.types.sql_types import BIGINT, DOUBLE, INTEGER, STRING, Array, Map, SqlType, Struct
from tests.engine.aggregates.test_twins import ORDERED, VALUES, exact
from tests.engine.operators.given import CONTEXT, Given, publish

Call = tuple[str, tuple[int, ...], bool]

EXTREMES: list[Call] = [("MIN", (), False), ("MAX", (), False), ("TOPKDISTINCT", (2,), False)]
NUMERIC: list[Call] = [("SUM", (), True), ("AVG", (), True), ("STDDEV_SAMPLE", (), True), ("TOPK", (3,), False)]
ANY: list[Call] = [("COUNT", (), True), ("COUNT_DISTINCT", (), False), ("COLLECT_SET", (), False)]
CALLS: list[tuple[SqlType, list[Call]]] = [
    *[(type_, EXTREMES + ANY) for type_ in ORDERED],
    *[(type_, EXTREMES + NUMERIC) for type_ in (INTEGER, BIGINT, DOUBLE)],
    (STRING, [("TOPK", (2,), False), *ANY]),
    (Struct((("A", STRING),)), ANY),
    (Map(STRING, DOUBLE), ANY),
    (Array(DOUBLE), [*ANY, ("SUM_LIST", (), True)]),
]
WINDOWS = TimeWindows("HOPPING", 10, 5, 3, 20)


class Row(NamedTuple):
    group: str
    value: Any
    time: int
    sign: int
    #: The next row comes in its stead.
    replaced: bool = False


class Twin:
    """A row at a time: the values of each group in order of their coming, and the states of the functions."""

    def __init__(self, functions: Sequence[Any]) -> None:
        self.functions = functions
        self.left: dict[Any, list[Any]] = {}
        self.states: dict[Any, list[list[Any]]] = {}

    def step(self, group: Any, value: Any, sign: int) -> list[Any]:
        left = self.left.setdefault(group, [])
        if value is not None and sign > 0:
            left.append(value)
        elif value is not None:
            del left[[java_identity(other) for other in left].index(java_identity(value))]
        states = self.states.setdefault(group, [[None] * len(function.state) for function in self.functions])
        for i, function in enumerate(self.functions):
            if isinstance(function, OfValues):
                states[i] = function.step(states[i], value, sign, left)
            else:
                signs = (sign,) if isinstance(function, Undoable) else ()
                states[i] = function.step(states[i], [value], *signs)
        return [function.result_of(state) for function, state in zip(self.functions, states, strict=True)]


class Running:
    """An aggregation that begins anew from its changelog, or whose commit is refused, when told so."""

    def __init__(self, type_: SqlType, calls: Sequence[Call], *, signed: bool, windowed: bool) -> None:
        self.type, self.signed, self.windowed = type_, signed, windowed
        self.functions = [
            resolve_aggregate(name, [type_], literals, table=signed, distinct=distinct) for name, literals, distinct in calls
        ]
        self.log: list[tuple[str, pa.RecordBatch]] = []
        self.start()

    def start(self) -> None:
        columns = {"$key0": pa.string(), "$arg0": self.type.arrow}
        self.node = Given(columns | ({SIGN: pa.int64(), REPLACED: pa.bool_()} if self.signed else {}))
        calls = [AggregateCall(function, ["$arg0"], f"$agg{i}") for i, function in enumerate(self.functions)]
        windows = WINDOWS if self.windowed else None
        self.operator = Aggregation("a", self.node, [("$key0", pa.string())], calls, windows, signed=self.signed)
        for offset, (name, changes) in enumerate(self.log):
            state = next(state for state in self.operator.states if state.name == name)
            state.restore(changes, offset)

    def process(self, rows: Sequence[tuple[int, Row]], *, fold: bool, refused: bool) -> list[list[Any]]:
        self.node.rows = [
            {
                "$n": place,
                "$ts": row.time,
                "$p": 0,
                "$del": False,
                "$key0": row.group,
                "$arg0": row.value,
                SIGN: row.sign,
                REPLACED: row.replaced,
            }
            for place, row in rows
        ]
        context = replace(CONTEXT, fold=fold)
        if refused:
            self.operator.process(context)
            for state in self.operator.states:
                state.discard()
        made = self.operator.process(context)
        for state in self.operator.states:
            if (changes := state.changes()) is not None:
                self.log.append((state.name, changes))
        publish(self.operator, len(self.log))
        group = ["$key0", WINDOW_START] if self.windowed else ["$key0"]
        names = ["$n", *group, *(call.ref for call in self.operator.calls)]
        return [[row[name] for name in names] for row in made.to_pylist()]


@st.composite
def rows_of_a_table(draw: st.DrawFn, type_: SqlType) -> list[Row]:
    """Rows that come, and go when they are there; some replace one of their group."""
    pool = draw(st.lists(st.none() | VALUES[type_], min_size=1, max_size=6))
    rows: list[Row] = []
    there: list[tuple[str, Any]] = []
    for kind in draw(st.lists(st.sampled_from("+++--="), max_size=60)):
        if kind != "+" and there:
            group, value = there.pop(draw(st.integers(0, len(there) - 1)))
            rows.append(Row(group, value, len(rows), -1, kind == "="))
        if kind == "+" or (kind == "=" and rows and rows[-1].replaced):
            group = rows[-1].group if kind == "=" else draw(st.sampled_from("aab"))
            there.append((group, draw(st.sampled_from(pool))))
            rows.append(Row(*there[-1], len(rows), 1))
    return rows


@st.composite
def rows_of_a_stream(draw: st.DrawFn, type_: SqlType) -> list[Row]:
    pool = draw(st.lists(st.none() | VALUES[type_], min_size=1, max_size=6))
    drawn = st.tuples(st.sampled_from("aab"), st.sampled_from(pool), st.integers(0, 40))
    return [Row(group, value, time, 1) for group, value, time in draw(st.lists(drawn, max_size=40))]


def batches(draw: Any, rows: Sequence[Row]) -> list[list[tuple[int, Row]]]:
    cuts = draw(st.lists(st.integers(0, len(rows)), max_size=4))
    bounds = sorted({0, len(rows), *(cut for cut in cuts if not (0 < cut < len(rows) and rows[cut - 1].replaced))})
    return [list(enumerate(rows))[start:end] for start, end in pairwise(bounds)]


@pytest.mark.parametrize(("type_", "calls"), CALLS, ids=str)
@pytest.mark.parametrize("signed", [True, False])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_every_row_sees_what_is_there(type_: SqlType, calls: list[Call], signed: bool, data: st.DataObject) -> None:
    rows = data.draw(rows_of_a_table(type_) if signed else rows_of_a_stream(type_))
    running = Running(type_, calls, signed=signed, windowed=False)
    twin = Twin(running.functions)
    expected = [[place, row.group, *twin.step(row.group, row.value, row.sign)] for place, row in enumerate(rows)]
    found = []
    few = data.draw(st.sampled_from([2, 65_536]))
    with patch.object(store, "_DEAD_AT_LEAST", few), patch.object(ranked_store, "_PASSED_AT_LEAST", few):
        for batch in batches(data.draw, rows):
            found += running.process(batch, fold=False, refused=data.draw(st.booleans()))
            if data.draw(st.booleans()):
                running.start()
    assert exact(found) == exact([made for made, row in zip(expected, rows, strict=True) if not row.replaced])


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_last_row_of_a_batch_sees_what_is_there(data: st.DataObject) -> None:
    rows = data.draw(rows_of_a_table(INTEGER))
    running = Running(INTEGER, [*EXTREMES, *NUMERIC, *ANY], signed=True, windowed=False)
    twin = Twin(running.functions)
    for batch in batches(data.draw, rows):
        found = {made[1]: made[2:] for made in running.process(batch, fold=True, refused=False)}
        expected = {row.group: twin.step(row.group, row.value, row.sign) for _, row in batch}
        assert exact(found) == exact(expected)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_windows_count_different_values_and_go(data: st.DataObject) -> None:
    rows = data.draw(rows_of_a_stream(STRING))
    running = Running(STRING, ANY, signed=False, windowed=True)
    twin, stream_time, expected = Twin(running.functions), -1, []
    for place, row in enumerate(rows):
        stream_time = max(stream_time, row.time)
        starts = [s for s in range(0, row.time + 1, 5) if row.time < s + 10 and s + 13 > stream_time]
        expected += [[place, row.group, s, *twin.step((row.group, s), row.value, 1)] for s in starts]
    found = []
    for batch in batches(data.draw, rows):
        if data.draw(st.booleans()):
            running.start()
        found += running.process(batch, fold=False, refused=data.draw(st.booleans()))
    assert exact(found) == exact(expected)
    values = running.operator.values[0].state
    present = values.read(None).to_pydict()
    assert all(start + 20 >= stream_time for start in present[WINDOW_START])
    assert set(present) == {"$key0", WINDOW_START, "$value", PARTITION}


def test_a_value_that_came_before_is_no_change() -> None:
    """What is remembered of a stream's values is written once for each."""
    running = Running(INTEGER, [("COUNT", (), True)], signed=False, windowed=False)
    for place in range(3):
        running.process([(place, Row("a", 7, 0, 1))], fold=False, refused=False)
    assert [name for name, _ in running.log] == ["a", "a.values-0", "a", "a"]
    assert TIMESTAMP in running.operator.state.rows.names


def test_functions_with_the_same_argument_share_its_values() -> None:
    running = Running(INTEGER, [("MIN", (), False), ("MAX", (), False), ("COUNT", (), True)], signed=True, windowed=False)
    assert [state.name for state in running.operator.states] == ["a", "a.values-0"]
    assert not any(isinstance(function, Bound) for function in running.functions)


def test_maps_have_no_order() -> None:
    running = Running(Map(STRING, DOUBLE), [("COUNT", (), True)], signed=False, windowed=False)
    entries = [("x", 1.0), ("y", 2.0)]
    made = [
        running.process([(i, Row("a", value, 0, 1))], fold=False, refused=False)
        for i, value in enumerate([entries, entries[::-1]])
    ]
    assert [row[-1] for batch in made for row in batch] == [1, 1]
