"""Offsets without a record: a fetch says where to go on, whatever it found."""

from __future__ import annotations

import pytest

from tests.log.gaps import GappyLog
from tests.log.records import append, numbered, numbers, read

OFFSETS = [2, 3, 5, 8, 12]


@pytest.fixture
def log() -> GappyLog:
    """Gaps at the start, between records, and at the end."""
    log = GappyLog([2, 0, 1, 2, 3, 4])
    log.create_topic("t")
    append(log, "t", numbered(0, 5))
    return log


@pytest.mark.parametrize("max_records", [1, 2, 3, 100])
def test_a_fetch_says_where_to_go_on(log: GappyLog, max_records: int) -> None:
    assert log.end_offset("t", 0) == 17
    assert read(log, "t", max_records=max_records).column("offset").to_pylist() == OFFSETS
    for offset in range(18):
        fetched = log.fetch("t", 0, offset, max_records)
        ahead = [o for o in OFFSETS if o >= offset]
        assert fetched.records.column("offset").to_pylist() == ahead[:max_records]
        assert fetched.next_offset == 17 if offset == 17 else fetched.next_offset > offset
        assert [o for o in ahead if o < fetched.next_offset] == ahead[:max_records]


def test_a_range_without_a_record(log: GappyLog) -> None:
    log.skip("t", 100)
    fetched = log.fetch("t", 0, 13)
    assert (fetched.records.num_rows, fetched.next_offset) == (0, 117)
    assert append(log, "t", numbered(5, 1)) == 117
    assert numbers(log, "t") == list(range(6))


def test_times_and_deleted_records(log: GappyLog) -> None:
    assert [log.offset_for_time("t", 0, time) for time in (0, 1, 20, 40, 41)] == [2, 3, 5, 12, 17]
    for start, kept in [(4, [2, 3, 4]), (5, [2, 3, 4]), (6, [3, 4]), (13, []), (17, [])]:
        log.delete_records("t", 0, start)
        assert log.start_offset("t", 0) == start
        assert numbers(log, "t") == kept
    assert append(log, "t", numbered(5, 1)) == 17
