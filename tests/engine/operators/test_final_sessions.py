"""EMIT FINAL of sessions against its step twin: that of sessions, which says nothing before they have closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.engine.operators.batch import BatchContext
from ksql.engine.operators.closed_windows import KEY_BYTES, ClosedWindows, Closing
from ksql.engine.operators.final_windows import FinalWindows
from ksql.engine.operators.session_aggregation import SessionAggregation
from ksql.engine.operators.windows import WINDOW_END, WINDOW_START, SessionWindows
from ksql.engine.state.idle import Idle
from tests.engine.operators.given import Given
from tests.engine.operators.test_session_aggregation import (
    COLUMNS,
    CUTS,
    WINDOWS,
    Grouped,
    Output,
    Record,
    Session,
    Twin,
    batches,
    calls,
    exact,
    records,
)


@dataclass
class FinalTwin(Twin):
    out: list[Session] = field(default_factory=list)

    def step(self, place: int, record: Record) -> Iterator[Output]:
        for _ in super().step(place, record):
            pass
        yield from self.closed(place, record)

    def closed(self, place: int, record: Record) -> Iterator[Output]:
        close = self.time - self.windows.gap_ms - self.windows.grace_ms
        every = [(key, session) for key, own in self.sessions.items() for session in own]
        due = [(key, s) for key, s in every if s.end < close and not any(s is other for other in self.out)]
        for key, session in sorted(due, key=lambda pair: (pair[1].end, pair[1].start, pair[0].encode())):
            self.out.append(session)
            results = tuple(call.function.result_of(state) for call, state in zip(self.calls, session.states, strict=True))
            yield self.output(place, record._replace(key=key), session, results)


class KeyBytes:
    def run_over(self, batch: pa.Table, context: BatchContext) -> pa.Table:  # noqa: ARG002
        return pa.table({KEY_BYTES: batch.column("k").cast(pa.binary())})


class FinalGrouped(Grouped):
    def new(self, given_: Given) -> FinalWindows:
        closed = ClosedWindows("aggregation", Closing(self.windows.order, self.windows.lasting_ms, KeyBytes()))
        self.made = made = SessionAggregation(
            "aggregation", given_, [("k", pa.string())], calls(), self.windows, leave_by=closed.times
        )
        return FinalWindows(made, closed)


@settings(max_examples=300, deadline=None)
@given(records=records(), cuts=CUTS, restarts=st.sets(st.integers(0, 6)), windows=WINDOWS)
def test_it_does_what_its_twin_does(records: list[Record], cuts: set[int], restarts: set[int], windows: SessionWindows) -> None:
    twins = {partition: FinalTwin(windows) for partition in range(3)}
    expected = [output for n, record in enumerate(records) for output in twins[record.partition].step(n, record)]
    grouped, found = FinalGrouped(windows), []
    for number, batch in enumerate(batches(records, cuts)):
        if number in restarts:
            grouped.restart()
        found += grouped.process(batch)
    assert exact(found) == exact(expected)


def test_it_closes_by_the_clock() -> None:
    grouped = FinalGrouped(SessionWindows(5, 5, 100))
    grouped.context = replace(grouped.context, idle=Idle(10, 1000))
    assert grouped.process([(0, Record("a", 0, 0, None)), (1, Record("a", 4, 0, None))]) == []
    assert grouped.made.due_at(Idle(10, 1000)) == 1011
    for now, sessions in [(1010, []), (1011, [(0, 4)]), (5000, [])]:
        grouped.context = replace(grouped.context, idle=Idle(10, now))
        assert [(output.start, output.end) for output in grouped.process([])] == sessions
    assert grouped.made.due_at(Idle(10, 5000)) is None


@pytest.mark.parametrize("cut", range(4))
def test_readers_see_what_has_come_out(cut: int) -> None:
    grouped = FinalGrouped(SessionWindows(5, 0, 1000))
    rows = [(n, Record("a", time, 0, None)) for n, time in enumerate([0, 3, 20, 40])]
    for start, end in pairwise([0, cut, 4]):
        grouped.process(rows[start:end])
    seen = grouped.operator.rows(pa.table({"k": ["a"]})).to_pylist()
    assert [(row[WINDOW_START], row[WINDOW_END], row["c0"]) for row in seen] == [(0, 3, 2), (20, 20, 1)]
    assert COLUMNS.keys() & seen[0].keys() == {"k"}
