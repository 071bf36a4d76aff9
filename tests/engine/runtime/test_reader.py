"""The merged order is that of taking the lowest next time, however the reading is split and whatever the offsets.

Records of source 0 have the time of their record; those of source 1 are decoded, and have the time that their values say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.engine.operators.batch import RecordError
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.reader import MicroBatch, Reader
from ksql.log import HEADERS_TYPE, RECORD_SCHEMA, CommittedOffset, Fetched, Log, TopicConfig, UnknownTopicError
from tests.log.gaps import GappyLog

Place = tuple[int, int]
#: (source, partition) → (time, number in its partition) of every record that waits to be read
Waiting = dict[Place, list[tuple[int, int]]]

PLACES = [(0, 0), (0, 1), (1, 0), (1, 1)]
#: A record of source 1 that cannot be decoded.
NONE = -1
TIMES = st.lists(st.integers(NONE, 12), max_size=14)
BACKLOG = st.fixed_dictionaries(dict.fromkeys(PLACES, TIMES))
#: Records that are written while something is fetched: (fetches before that, where, times).
ARRIVALS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(PLACES), TIMES), max_size=8)
#: Batch sizes, and whether the reader is another one from then on.
STEPS = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=8)
GAPS = st.lists(st.sampled_from([0, 0, 0, 1, 5]), min_size=1, max_size=9)


class WrittenLog(GappyLog):
    """Knows what was written and not taken yet; `on_fetch` is called before each fetch."""

    def __init__(self, gaps: Sequence[int]) -> None:
        super().__init__(gaps)
        self.waiting: Waiting = {place: [] for place in PLACES}
        self.unreadable: set[str] = set()
        self.on_fetch: Callable[[], None] = lambda: None
        self._written = dict.fromkeys(PLACES, 0)
        for source in (0, 1):
            self.create_topic(f"t{source}", TopicConfig(partitions=2))

    def write(self, written: dict[Place, list[int]]) -> None:
        """One transaction; keys say where a record is and which one of its partition, as in "0.1.7", values its time."""
        with self.transaction() as transaction:
            for place, times in written.items():
                numbers = range(self._written[place], self._written[place] + len(times))
                transaction.append(f"t{place[0]}", place[1], _records([f"{place[0]}.{place[1]}.{n}" for n in numbers], times))
                for time, number in zip(times, numbers, strict=True):
                    if place[0] == 1 and time == NONE:
                        self.unreadable.add(f"{place[0]}.{place[1]}.{number}")
                    else:
                        self.waiting[place].append((time, number))
                self._written[place] += len(times)

    def fetch(self, topic: str, partition: int, offset: int, max_records: int = 65_536) -> Fetched:
        self.on_fetch()
        return super().fetch(topic, partition, offset, max_records)


def _records(keys: Sequence[str], times: Sequence[int]) -> pa.RecordBatch:
    """In source 1 the time of the record says the opposite of the value."""
    data = [pa.array([text.encode() for text in texts], pa.binary()) for texts in (keys, map(str, times))]
    of_record = [-time if key.startswith("1") else time for key, time in zip(keys, times, strict=True)]
    columns = [*data, pa.array(of_record, pa.int64()), pa.nulls(len(times), HEADERS_TYPE)]
    return pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA)


def _clock(raw: pa.Table) -> tuple[pa.Table, list[RecordError]]:
    times = np.array([int(value) for value in raw.column("$value").to_pylist()])
    wrong = raw.filter(pa.array(times == NONE)).to_pylist()
    errors = [RecordError("", row["$key"].decode(), offset=row["$off"], place=row["$n"]) for row in wrong]
    columns = [raw.column("$n"), pa.array(times), raw.column("$key")]
    return pa.table(columns, names=["$n", "$ts", "$key"]).filter(pa.array(times != NONE)), errors


def _one_at_a_time(waiting: Waiting, loaded: Mapping[Place, int]) -> list[str]:
    """Take, again and again, the record with the lowest time among the next ones; ties by source, then partition.

    loaded: partitions that come first, up to before a number.
    """
    first = {place: [r for r in waiting[place] if r[1] < count] for place, count in loaded.items()}
    order = _one_at_a_time({place: first.get(place, []) for place in PLACES}, {}) if loaded else []
    left = {place: records[len(first.get(place, [])) :] for place, records in waiting.items()}
    while any(left.values()):
        source, partition = min((p for p in PLACES if left[p]), key=lambda p: (left[p][0][0], p))
        order.append(f"{source}.{partition}.{left[source, partition].pop(0)[1]}")
    return order


def _reader(log: Log, most: int, positions: Mapping[Place, CommittedOffset] | None = None) -> Reader:
    positions = {place: CommittedOffset(0) for place in PLACES} | dict(positions or {})
    cursors = [Cursor.resumed(s, (f"t{s}", p), positions[s, p]) for s, p in PLACES]
    return Reader(log, cursors, most, clocks={1: _clock})


def _names(batch: MicroBatch) -> list[str]:
    assert (set(batch.inputs) | {0}, set(batch.decoded) | {1}) == ({0}, {1})
    rows = [row for table in (*batch.inputs.values(), *batch.decoded.values()) for row in table.to_pylist()]
    names = {row["$n"]: row["$key"].decode() for row in rows}
    wrong = {error.place: error.message for error in batch.errors}
    assert sorted([*names, *wrong]) == list(range(batch.records))
    return [names[place] for place in sorted(names)]


@given(BACKLOG, ARRIVALS, STEPS, GAPS, st.sets(st.sampled_from(PLACES)))
def test_every_batch_goes_on_with_what_comes_next(
    backlog: dict[Place, list[int]],
    arrivals: list[tuple[int, Place, list[int]]],
    steps: list[tuple[int, bool]],
    gaps: list[int],
    loaded: set[Place],
) -> None:
    """Of what was written when its reading began: whatever is written meanwhile comes later, wherever batches end."""
    log = WrittenLog(gaps)
    log.write(backlog)
    waits = arrivals.copy()

    def arrive() -> None:
        if waits and waits[0][0] == 0:
            _, place, times = waits.pop(0)
            log.write({place: times})
        elif waits:
            waits[0] = (waits[0][0] - 1, *waits[0][1:])

    log.on_fetch = arrive
    positions = {(s, p): Cursor(s, f"t{s}", p, 0, log.end_offset(f"t{s}", p)).position for s, p in loaded}
    reader, turn, wrong = _reader(log, steps[0][0], positions), 0, set[str]()
    while reader.has_more():
        expected = _one_at_a_time(log.waiting, {place: len(backlog[place]) for place in loaded})
        batch = reader.read() or MicroBatch(0)
        found = _names(batch)
        assert found == expected[: len(found)]
        assert found or batch.errors or not expected
        assert wrong.isdisjoint(error.message for error in batch.errors)
        wrong |= {error.message for error in batch.errors}
        for cursor, position in batch.positions:
            positions[cursor.source, cursor.partition] = position
        for name in found:
            source, partition, _ = name.split(".")
            log.waiting[int(source), int(partition)].pop(0)
        turn += 1
        most, restarts = steps[turn % len(steps)]
        if restarts:
            reader.close()
            reader = _reader(log, most, positions)
    assert not any(log.waiting.values())
    assert wrong == log.unreadable
    assert (reader.read(), reader.lag()) == (None, 0)


@given(BACKLOG, st.integers(1, 9))
def test_a_batch_has_no_more_records_than_asked_for(backlog: dict[Place, list[int]], most: int) -> None:
    log = WrittenLog([0])
    log.write(backlog)
    reader = _reader(log, most)
    while (batch := reader.read()) is not None:
        assert 1 <= batch.records <= most


@pytest.mark.parametrize("gaps", [[7], [0], [3, 0, 0, 9]])
def test_nothing_is_left_where_offsets_have_no_record(gaps: list[int]) -> None:
    log = WrittenLog(gaps)
    reader = _reader(log, 100)
    for _ in range(2):
        log.skip("t0", 5)
        log.write({(0, 0): [1, 2, 3], (1, 1): [1]})
        log.skip("t1", 50, partition=1)
        assert reader.has_more()
        assert reader.lag() > 0
        batch = reader.read()
        assert batch is not None
        assert batch.records == 4
        assert (reader.has_more(), reader.lag(), reader.read()) == (False, 0, None)
    log.skip("t0", 1_000)
    assert (reader.has_more(), reader.lag(), reader.read()) == (True, 1_000, None)
    assert (reader.has_more(), reader.lag()) == (False, 0)


def test_a_closed_reader_reads_what_there_was() -> None:
    log = WrittenLog([0])
    log.write({(0, 0): [1, 2, 3]})
    reader = _reader(log, 2)
    reader.close()
    log.write({(0, 0): [4], (0, 1): [0]})
    batches = [_names(batch) for batch in iter(reader.read, None)]
    assert batches == [["0.0.0", "0.0.1"], ["0.0.2"]]
    assert not reader.has_more()


def test_deleted_records_are_passed_over() -> None:
    log = WrittenLog([1])
    log.write({(0, 0): [1, 2, 3, 4]})
    reader = _reader(log, 100, {(0, 0): CommittedOffset(2, "1000")})
    log.delete_records("t0", 0, 6)
    batch = reader.read()
    assert batch is not None
    assert _names(batch) == ["0.0.3"]
    assert not reader.has_more()


def test_a_topic_that_goes_is_an_error() -> None:
    log = WrittenLog([0])
    reader = _reader(log, 100)
    assert not reader.has_more()
    log.delete_topic("t1")
    assert reader.has_more()
    with pytest.raises(UnknownTopicError):
        reader.read()
