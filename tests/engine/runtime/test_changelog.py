"""The changelog restores a state from however little of it is kept, and stays about as small as the state."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from ksql.engine.errors import QueryError
from ksql.engine.runtime import changelog
from ksql.engine.runtime.changelog import Changelog
from ksql.engine.state.keyed_state import KeyedState
from ksql.engine.state.stateful import Stateful
from ksql.engine.state.stream_times import StreamTimes
from ksql.engine.state.timed_state import Expiry, TimedState
from ksql.log import MemoryLog

KEYS, ROWS = pa.schema([("k", pa.int64())]), pa.schema([("v", pa.string())])
TIMED_KEYS, TIMED_ROWS = KEYS.append(pa.field("start", pa.int64())), ROWS.append(pa.field("p", pa.int32()))


def states() -> tuple[StreamTimes, TimedState, KeyedState]:
    times = StreamTimes("times")
    return (
        times,
        TimedState("windows", TIMED_KEYS, TIMED_ROWS, Expiry(times, 50), time="start", partition="p"),
        KeyedState("a", KEYS, ROWS),
    )


def opened(log: MemoryLog, remembered: tuple[Stateful, ...]) -> Changelog:
    kept = Changelog(log, "q", remembered)
    if kept.topic not in log.topics():
        with log.change() as transaction:
            changelog.create_topic(transaction, log, "q", remembered)
    kept.restore()
    return kept


def commit(log: MemoryLog, kept: Changelog) -> None:
    with log.transaction() as transaction:
        kept.append(transaction)
        result = transaction.commit()
    kept.publish(result)


def change(remembered: tuple[StreamTimes, TimedState, KeyedState], random_: random.Random, now: int) -> None:
    """New rows and deletes of a few keys of 20."""
    times, windows, keyed = remembered
    keys = np.array(random_.sample(range(20), random_.randint(0, 6)), dtype=np.int64)
    partitions = (keys % 2).astype(np.int32)
    values = [str(random_.random()) * random_.choice([1, 1, 20]) for _ in keys]
    starts = np.full(len(keys), now // 10 * 10)
    table = pa.table({"k": keys, "start": starts, "v": pa.array(values, pa.string()), "p": partitions})
    times.advance(np.full(len(keys), now), partitions)
    slots = windows.store.lookup(table.select(TIMED_KEYS.names), insert=True)
    windows.stage(slots, table.select(TIMED_KEYS.names), table.select(TIMED_ROWS.names))
    live = np.array([random_.random() < 0.8 for _ in keys], dtype=bool)
    slots = keyed.store.lookup(table.select(["k"]), insert=True)
    keyed.stage(slots, table.select(["k"]), table.select(["v"]), live)


def shown(remembered: tuple[StreamTimes, TimedState, KeyedState]) -> list[object]:
    times, windows, keyed = remembered
    return [dict(times.published), *(sorted(map(repr, state.read(None).to_pylist())) for state in (windows, keyed))]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changelog is gone through from a few bytes on, some rows of a record at a time."""
    monkeypatch.setattr(changelog, "_AT_LEAST", 3_000)
    monkeypatch.setattr(changelog, "_STRIDE", 300)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(8))
def test_states_come_back_whatever_was_deleted(seed: int) -> None:
    random_, log = random.Random(seed), MemoryLog()  # noqa: S311 - test data
    remembered = states()
    kept = opened(log, remembered)
    for now in range(0, 600, 3):
        change(remembered, random_, now)
        commit(log, kept)
        if random_.random() < 0.2:
            before = shown(remembered)
            remembered = states()
            kept = opened(log, remembered)
            assert shown(remembered) == before
    assert log.start_offset(kept.topic, 0) > 50


@pytest.mark.usefixtures("small")
def test_it_stays_within_twice_the_size_of_the_state() -> None:
    random_, log, remembered = random.Random(1), MemoryLog(), states()  # noqa: S311 - test data
    kept = opened(log, remembered)
    for now in range(0, 3_000, 3):
        change(remembered, random_, now)
        commit(log, kept)
        if now > 300:
            records = log.fetch(kept.topic, 0, log.start_offset(kept.topic, 0)).records
            assert sum(map(len, records.column("value").to_pylist())) < 2.5 * kept._ledger.bytes_in_use


def test_nothing_staged_is_seen_or_kept() -> None:
    log, remembered = MemoryLog(), states()
    kept = opened(log, remembered)
    change(remembered, random.Random(2), 100)  # noqa: S311 - test data
    assert shown(remembered) == [{}, [], []]
    for state in remembered:
        state.discard()
    commit(log, kept)
    assert shown(remembered) == [{}, [], []]
    assert log.end_offset(kept.topic, 0) == 0


def test_a_lost_changelog_is_no_empty_state() -> None:
    log, remembered = MemoryLog(), states()
    log.delete_topic(opened(log, remembered).topic)
    with pytest.raises(QueryError, match="is missing"):
        Changelog(log, "q", remembered).restore()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (KeyedState("b", KEYS, ROWS), "there is a state a; the plan has b"),
        (KeyedState("a", KEYS, pa.schema([("w", pa.string())])), "state a has the columns k int64, v string"),
        (KeyedState("a", KEYS, pa.schema([("v", pa.int64())])), r"the plan wants k int64, v int64"),
    ],
)
def test_another_plan_is_refused(state: KeyedState, expected: str) -> None:
    log, remembered = MemoryLog(), states()
    kept = opened(log, (remembered[2],))
    change(remembered, random.Random(3), 100)  # noqa: S311 - test data
    commit(log, kept)
    with pytest.raises(QueryError, match="does not fit its plan") as refused:
        Changelog(log, "q", (state,)).restore()
    assert expected in str(refused.value)
