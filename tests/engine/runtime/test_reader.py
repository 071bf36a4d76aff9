"""The merged order is that of taking the lowest next timestamp, however the reading is split."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ksql.engine.operators.batch import PLACE
from ksql.engine.runtime.reader import Cursor, Reader
from ksql.log import MemoryLog
from ksql.log.contract import HEADERS_TYPE, RECORD_SCHEMA, Log, TopicConfig

#: (source, partition) → timestamps
Timestamps = dict[tuple[int, int], list[int]]

PLACES = [(0, 0), (0, 1), (1, 0), (1, 1)]
TIMESTAMPS = st.fixed_dictionaries({place: st.lists(st.integers(0, 12), max_size=14) for place in PLACES})


def _log(timestamps: Timestamps) -> MemoryLog:
    log = MemoryLog()
    for source in (0, 1):
        log.create_topic(f"t{source}", TopicConfig(partitions=2))
    for (source, partition), times in timestamps.items():
        if times:
            names = [f"{source}.{partition}.{n}".encode() for n in range(len(times))]
            columns = [pa.array(names), pa.array(names), pa.array(times, pa.int64()), pa.nulls(len(times), HEADERS_TYPE)]
            with log.transaction() as transaction:
                transaction.append(f"t{source}", partition, pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA))
    return log


def _one_at_a_time(timestamps: Timestamps) -> list[str]:
    """Take, again and again, the record with the lowest timestamp among the next ones; ties by source, then partition."""
    waiting = {place: list(enumerate(times)) for place, times in timestamps.items()}
    order = []
    while any(waiting.values()):
        source, partition = min((p for p in PLACES if waiting[p]), key=lambda p: (waiting[p][0][1], p))
        n, _ = waiting[source, partition].pop(0)
        order.append(f"{source}.{partition}.{n}")
    return order


def _reader(log: Log, positions: dict[tuple[int, int], tuple[int, int]], most: int) -> Reader:
    cursors = [Cursor(s, f"t{s}", p, *positions.get((s, p), (0, -1))) for s, p in PLACES]
    return Reader(log, cursors, most)


@given(TIMESTAMPS, st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=8))
def test_neither_batch_size_nor_restarts_change_the_order(timestamps: Timestamps, steps: list[tuple[int, bool]]) -> None:
    log = _log(timestamps)
    positions: dict[tuple[int, int], tuple[int, int]] = {}
    reader, order, turn = _reader(log, positions, steps[0][0]), list[str](), 0
    while (batch := reader.read()) is not None:
        rows = pa.concat_tables(batch.inputs.values()).sort_by(PLACE)
        assert rows.column(PLACE).to_pylist() == list(range(batch.records))
        order += [name.decode() for name in rows.column("$value").to_pylist()]
        reader.advance(batch)
        for cursor, position in batch.positions:
            positions[cursor.source, cursor.partition] = position.offset, int(position.metadata)
        turn += 1
        most, restarts = steps[turn % len(steps)]
        if restarts:
            reader = _reader(log, positions, most)
    assert order == _one_at_a_time(timestamps)
    assert not reader.has_more()
    assert reader.lag() == 0


@given(TIMESTAMPS, st.integers(1, 9))
def test_a_batch_has_no_more_records_than_asked_for(timestamps: Timestamps, most: int) -> None:
    reader = _reader(_log(timestamps), {}, most)
    while (batch := reader.read()) is not None:
        assert 1 <= batch.records <= most
        reader.advance(batch)
