"""What a running query remembers, and what became of the records it read: the answer to why no row came out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ksql.engine.operators.batch import Part
from ksql.engine.operators.source import SourceInput
from ksql.engine.operators.tally import TITLE
from ksql.engine.planning.plan import walk
from ksql.engine.runtime.runtime import RunningQuery
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.statements.positions import Section

#: Times beyond this have no date of four digits; they are shown as numbers.
_LAST_DATE_MS = 253_402_300_799_999


def progress(query: RunningQuery) -> list[Section]:
    """Tables for people; none before a worker has taken the query up."""
    task = query.task
    if task is None or task.plan.sink is None:
        return []
    parts = list(walk(task.plan.sink))
    names = [_short(part) for part in parts]
    records = [[names[i], what, str(rows)] for i, what, rows in task.tally.of(parts)]
    sections = [
        ("State", ["State", "Rows", "MB"], _sizes(task.plan.states)),
        ("Stream time", ["State", "Partition", "Time"], _times(task.plan.states)),
        (TITLE, ["Operator", "Records", "Number"], records),
    ]
    return [section for section in sections if section[2]]


def as_text(sections: Sequence[Section]) -> str:
    """The same for a place that holds text: a line for each row."""
    return "\n".join(f"{title}: {', '.join(row)}" for title, _, rows in sections for row in rows)


def _short(part: Part) -> str:
    """What an operator is, without its particulars; of a source its name."""
    if isinstance(part, SourceInput):
        return part.source.name
    return part.describe().partition(":")[0].partition(",")[0] or "Stage"


def _sizes(states: Sequence[Stateful]) -> list[list[str]]:
    keyed = [state for state in states if isinstance(state, KeyedState)]
    if not any(len(state.store) for state in keyed):
        return []
    return [[state.name, str(len(state.store)), f"{state.store.nbytes / 1e6:.1f}"] for state in keyed]


def _times(states: Sequence[Stateful]) -> list[list[str]]:
    clocks = [state for state in states if isinstance(state, StreamTimes)]
    return [
        [clock.name.removesuffix(".stream-times"), str(p), _time(ms)]
        for clock in clocks
        for p, ms in sorted(dict(clock.published).items())
    ]


def _time(ms: int) -> str:
    return f"{np.datetime64(ms, 'ms')}Z" if 0 <= ms <= _LAST_DATE_MS else f"{ms} ms"
