"""The aggregation in sessions against its step twin: one record at a time, sessions in lists that are looked through."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.aggregates import resolve_aggregate
from ksql.engine.aggregates.declare import Mergeable
from ksql.engine.operators.groups import AggregateCall
from ksql.engine.operators.session_aggregation import ARRIVAL, SessionAggregation
from ksql.engine.operators.windows import SessionWindows
from ksql.engine.types.sql_types import BIGINT, DOUBLE
from tests.engine.operators.given import CONTEXT, Given, publish, states_of

COLUMNS = {"k": pa.string(), "a": pa.int64(), "d": pa.float64()}
TYPES = {"a": BIGINT, "d": DOUBLE}
#: Functions, their columns and literals: sums that depend on their order, lists, and what goes by arrival.
CALLS: list[tuple[str, list[str], list[int | bool | str]]] = [
    ("COUNT", [], []),
    ("SUM", ["d"], []),
    ("MAX", ["d"], []),
    ("COLLECT_LIST", ["a"], []),
    ("COLLECT_SET", ["d"], []),
    ("COUNT_DISTINCT", ["d"], []),
    ("TOPK", ["a"], [2]),
    ("STDDEV_SAMP", ["d"], []),
    ("LATEST_BY_OFFSET", ["d"], []),
    ("LATEST_BY_OFFSET", ["a"], [2]),
    ("EARLIEST_BY_OFFSET", ["a"], [False]),
]


class Record(NamedTuple):
    key: str
    time: int
    partition: int
    value: float | None


class Output(NamedTuple):
    place: int
    time: int
    partition: int
    key: str
    start: int
    end: int
    #: None: a tombstone.
    results: tuple[Any, ...] | None


def calls() -> list[AggregateCall]:
    made = []
    for i, (name, arguments, literals) in enumerate(CALLS):
        function = resolve_aggregate(name, [TYPES[a] for a in arguments], literals).mergeable()
        assert function is not None
        made.append(AggregateCall(function, [*arguments, *[ARRIVAL] * function.by_arrival], f"c{i}"))
    return made


@dataclass
class Session:
    start: int
    end: int
    states: list[list[Any]]


@dataclass
class Twin:
    """The aggregation of one partition, step by step."""

    windows: SessionWindows
    calls: list[AggregateCall] = field(default_factory=calls)
    time: int = -1
    sessions: dict[str, list[Session]] = field(default_factory=dict)

    def step(self, place: int, record: Record) -> Iterator[Output]:
        self.time = max(self.time, record.time)
        close = self.time - self.windows.gap_ms - self.windows.grace_ms
        gap, own = self.windows.gap_ms, self.sessions.setdefault(record.key, [])
        found = [s for s in own if s.end >= max(record.time - gap, close) and s.start <= record.time + gap]
        found.sort(key=lambda session: session.end)
        start = min(record.time, *(s.start for s in found), record.time)
        end = max(record.time, *(s.end for s in found), record.time)
        if end < close:
            return
        for session in found:
            own.remove(session)
            if start < end:
                yield self.output(place, record, session, None)
        merged = Session(start, end, self.states(record, found, place))
        own.append(merged)
        results = tuple(call.function.result_of(state) for call, state in zip(self.calls, merged.states, strict=True))
        yield self.output(place, record, merged, results)

    def states(self, record: Record, found: list[Session], place: int) -> list[list[Any]]:
        states = []
        values = {"a": place % 3, "d": record.value, ARRIVAL: place}
        for i, call in enumerate(self.calls):
            function = call.function
            assert isinstance(function, Mergeable)
            state: list[Any] = [None] * len(function.state)
            for number, session in enumerate(found):
                state = session.states[i] if number == 0 else function.merge_of(state, session.states[i])
            states.append(function.step(state, [values[ref] for ref in call.arguments]))
        return states

    def output(self, place: int, record: Record, session: Session, results: tuple[Any, ...] | None) -> Output:
        return Output(place, session.end, record.partition, record.key, session.start, session.end, results)


class Grouped:
    """The operator over batches. `changelog` has what a restart needs."""

    def __init__(self, windows: SessionWindows, *, fold: bool = False) -> None:
        self.windows, self.context = windows, replace(CONTEXT, fold=fold)
        self.changelog: list[tuple[str, pa.RecordBatch]] = []
        self.restart()

    def restart(self) -> None:
        self.given = Given(COLUMNS)
        self.operator = self.new(self.given)
        states = {state.name: state for state in states_of(self.operator)}
        for offset, (name, changes) in enumerate(self.changelog):
            states[name].restore(changes, offset)

    def new(self, given_: Given) -> Any:
        return SessionAggregation("aggregation", given_, [("k", pa.string())], calls(), self.windows)

    def process(self, batch: Sequence[tuple[int, Record]]) -> list[Output]:
        self.given.rows = [row(place, record) for place, record in batch]
        rows = self.operator.process(self.context).to_pylist()
        changes = [(state.name, state.changes()) for state in states_of(self.operator)]
        self.changelog += [(name, changed) for name, changed in changes if changed is not None]
        publish(self.operator)
        return [outputs(row) for row in rows]


def row(place: int, record: Record) -> dict[str, object]:
    meta = {"$n": place, "$ts": record.time, "$p": record.partition, "$del": False}
    return {**meta, "k": record.key, "a": place % 3, "d": record.value}


def outputs(row: dict[str, Any]) -> Output:
    results = tuple(row[f"c{i}"] for i in range(len(CALLS)))
    assert not row["$del"] or set(results) == {None}
    bounds = row["WINDOWSTART"], row["WINDOWEND"]
    return Output(row["$n"], row["$ts"], row["$p"], row["k"], *bounds, None if row["$del"] else results)


def exact(found: Any) -> Any:
    """Comparable by bits."""
    if isinstance(found, float):
        return struct.pack(">d", found) if found == found else "NaN"  # noqa: PLR0124 - NaN
    return tuple(map(exact, found)) if isinstance(found, (list, tuple)) else found


WINDOWS = st.builds(
    lambda gap, grace, more: SessionWindows(gap, grace, gap + grace + more),
    st.sampled_from([1, 2, 3, 7]),
    st.sampled_from([0, 0, 2, 5, 30, 1000]),
    st.sampled_from([0, 0, 10]),
)
VALUE = st.none() | st.sampled_from([0.1, 0.2, 0.3, -0.0, 1e16, float("nan"), float("inf")])


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """Mostly in order, or in none; one hot key, or some, in one partition or in several."""
    keys, partitions = st.sampled_from("aaab" if draw(st.booleans()) else "abcdef"), draw(st.integers(0, 2))
    jitter = draw(st.sampled_from([0, 3, 12, 80]))
    record = st.tuples(keys, st.integers(0, jitter), st.integers(0, partitions), VALUE, st.sampled_from([0, 1, 1, 2, 9]))
    made, time = [], 0
    for key, late, partition, value, step in draw(st.lists(record, max_size=60)):
        time += step
        made.append(Record(key, max(time - late, 0), partition, value))
    return made


CUTS = st.sets(st.integers(0, 60), max_size=6)


@settings(max_examples=300, deadline=None)
@given(records=records(), cuts=CUTS, restarts=st.sets(st.integers(0, 6)), windows=WINDOWS)
def test_it_does_what_its_twin_does(records: list[Record], cuts: set[int], restarts: set[int], windows: SessionWindows) -> None:
    grouped = Grouped(windows)
    found = []
    for number, batch in enumerate(batches(records, cuts)):
        if number in restarts:
            grouped.restart()
        found += grouped.process(batch)
    assert exact(found) == exact(expected(records, windows))


@settings(max_examples=100, deadline=None)
@given(records=records(), cuts=CUTS, windows=WINDOWS)
def test_folded_it_ends_in_the_same(records: list[Record], cuts: set[int], windows: SessionWindows) -> None:
    """Each batch gives the last change of each session, of those that were there before or are there after it."""
    grouped, every = Grouped(windows, fold=True), expected(records, windows)
    found = []
    for batch in batches(records, cuts):
        folded = grouped.process(batch)
        assert [output.place for output in folded] == sorted(output.place for output in folded)
        assert len({session(output) for output in folded}) == len(folded)
        found += folded
    assert exact(last_of_each(found)) == exact(last_of_each(every))
    assert set(map(exact, (output[1:] for output in found))) <= set(map(exact, (output[1:] for output in every)))


def batches(records: list[Record], cuts: set[int]) -> Iterator[list[tuple[int, Record]]]:
    bounds = sorted({0, len(records), *(cut for cut in cuts if cut < len(records))})
    for start, end in pairwise(bounds):
        yield list(enumerate(records))[start:end]


def expected(records: list[Record], windows: SessionWindows) -> list[Output]:
    twins = {partition: Twin(windows) for partition in range(3)}
    return [output for place, record in enumerate(records) for output in twins[record.partition].step(place, record)]


def session(output: Output) -> tuple[int, str, int, int]:
    return output.partition, output.key, output.start, output.end


def last_of_each(found: list[Output]) -> list[tuple[Any, ...]]:
    """The results of the sessions there are in the end."""
    last = {session(output): output.results for output in found}
    return sorted((key, results) for key, results in last.items() if results is not None)


def test_sessions_leave_when_their_retention_is_over() -> None:
    grouped = Grouped(SessionWindows(5, 0, 100))
    for time in range(0, 1_000, 10):
        grouped.process([(0, Record("a", time, 0, None)), (1, Record("b", time + 1, 0, None))])
    assert len(grouped.operator.state.store) <= 2 * 12
    assert grouped.operator.rows(pa.table({"k": ["b"]})).column("WINDOWEND").to_pylist() == list(range(891, 1_000, 10))


@pytest.mark.parametrize("fold", [False, True])
def test_a_session_that_nothing_can_join_may_lie_in_another(fold: bool) -> None:
    """A late record joins a session behind one that has closed, and begins before that: which stays as it is."""
    grouped = Grouped(SessionWindows(15, 0, 1000), fold=fold)
    for place, (key, time) in enumerate([("a", 3), ("a", 10), ("b", 26), ("a", 12), ("a", 0), ("a", 20)]):
        grouped.process([(place, Record(key, time, 0, None))])
    rows = grouped.operator.rows(pa.table({"k": ["a"]}))
    assert {tuple(row[ref] for ref in ("WINDOWSTART", "WINDOWEND", "c0")) for row in rows.to_pylist()} == {
        (3, 10, 2),
        (0, 20, 3),
    }
