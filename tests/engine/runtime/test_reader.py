"""The merged order is that of taking the lowest next timestamp, however the reading is split and whatever the offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksql.engine.operators.batch import PLACE
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.reader import MicroBatch, Reader
from ksql.log import HEADERS_TYPE, RECORD_SCHEMA, Fetched, Log, TopicConfig, UnknownTopicError
from tests.log.gaps import GappyLog

Place = tuple[int, int]
#: (source, partition) → (timestamp, number in its partition) of every record that waits to be read
Waiting = dict[Place, list[tuple[int, int]]]

PLACES = [(0, 0), (0, 1), (1, 0), (1, 1)]
TIMESTAMPS = st.lists(st.integers(-3, 12), max_size=14)
BACKLOG = st.fixed_dictionaries(dict.fromkeys(PLACES, TIMESTAMPS))
#: Records that are written while something is fetched: (fetches before that, where, timestamps).
ARRIVALS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(PLACES), TIMESTAMPS), max_size=8)
#: Batch sizes, and whether the reader is another one from then on.
STEPS = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=8)
GAPS = st.lists(st.sampled_from([0, 0, 0, 1, 5]), min_size=1, max_size=9)


class WrittenLog(GappyLog):
    """Knows what was written and not taken yet; `on_fetch` is called before each fetch."""

    def __init__(self, gaps: Sequence[int]) -> None:
        super().__init__(gaps)
        self.waiting: Waiting = {place: [] for place in PLACES}
        self.on_fetch: Callable[[], None] = lambda: None
        self._written = dict.fromkeys(PLACES, 0)
        for source in (0, 1):
            self.create_topic(f"t{source}", TopicConfig(partitions=2))

    def write(self, written: dict[Place, list[int]]) -> None:
        """One transaction; values say where a record is and which one of its partition, as in "0.1.7"."""
        with self.transaction() as transaction:
            for place, times in written.items():
                numbers = range(self._written[place], self._written[place] + len(times))
                transaction.append(f"t{place[0]}", place[1], _records([f"{place[0]}.{place[1]}.{n}" for n in numbers], times))
                self.waiting[place] += zip(times, numbers, strict=True)
                self._written[place] += len(times)

    def fetch(self, topic: str, partition: int, offset: int, max_records: int = 65_536) -> Fetched:
        self.on_fetch()
        return super().fetch(topic, partition, offset, max_records)


def _records(values: Sequence[str], times: Sequence[int]) -> pa.RecordBatch:
    content = pa.array([value.encode() for value in values], pa.binary())
    columns = [content, content, pa.array(times, pa.int64()), pa.nulls(len(times), HEADERS_TYPE)]
    return pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA)


def _one_at_a_time(waiting: Waiting) -> list[str]:
    """Take, again and again, the record with the lowest timestamp among the next ones; ties by source, then partition."""
    left = {place: list(records) for place, records in waiting.items()}
    order = []
    while any(left.values()):
        source, partition = min((p for p in PLACES if left[p]), key=lambda p: (left[p][0][0], p))
        order.append(f"{source}.{partition}.{left[source, partition].pop(0)[1]}")
    return order


def _reader(log: Log, most: int, offsets: dict[Place, int] | None = None) -> Reader:
    return Reader(log, [Cursor(s, f"t{s}", p, (offsets or {}).get((s, p), 0)) for s, p in PLACES], most)


def _names(batch: MicroBatch) -> list[str]:
    rows = pa.concat_tables(batch.inputs.values()).sort_by(PLACE)
    assert rows.column(PLACE).to_pylist() == list(range(batch.records))
    return [name.decode() for name in rows.column("$value").to_pylist()]


@given(BACKLOG, ARRIVALS, STEPS, GAPS)
def test_every_batch_goes_on_with_what_comes_next(
    backlog: dict[Place, list[int]],
    arrivals: list[tuple[int, Place, list[int]]],
    steps: list[tuple[int, bool]],
    gaps: list[int],
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
    reader, turn, offsets = _reader(log, steps[0][0]), 0, dict[Place, int]()
    while reader.has_more():
        expected = _one_at_a_time(log.waiting)
        batch = reader.read()
        found = [] if batch is None else _names(batch)
        assert found == expected[: len(found)]
        assert bool(found) == bool(expected)
        for cursor, position in [] if batch is None else batch.positions:
            offsets[cursor.source, cursor.partition] = position.offset
        for name in found:
            source, partition, _ = name.split(".")
            log.waiting[int(source), int(partition)].pop(0)
        turn += 1
        most, restarts = steps[turn % len(steps)]
        if restarts:
            reader.close()
            reader = _reader(log, most, offsets)
    assert not any(log.waiting.values())
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
    reader = _reader(log, 100, {(0, 0): 2})
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
