"""What is committed is there after the next start, and nothing else is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ksql.log import CommittedOffset, EmbeddedLog, LogError, TopicConfig
from tests.log.conftest import OpenLog
from tests.log.records import append, numbered, numbers, records

SMALL_SEGMENTS = TopicConfig(partitions=2, segment_bytes=4_000, retention_ms=7, cleanup_policy="compact")


def test_everything_survives(open_log: OpenLog) -> None:
    log = open_log()
    log.create_topic("t", SMALL_SEGMENTS)
    with log.change() as transaction:
        transaction.append("t", 1, records("a", None, headers=[("h", b"1")]))
        transaction.commit_offsets("g", {("t", 1): CommittedOffset(7, "note")})
        transaction.put("s", "k", b"\x00v")
    before = log.fetch("t", 1, 0).records
    log = open_log()
    assert log.topics() == {"t": SMALL_SEGMENTS}
    assert log.fetch("t", 1, 0).records.equals(before)
    assert log.committed("g") == {("t", 1): CommittedOffset(7, "note")}
    assert log.scan("s") == {"k": b"\x00v"}
    with log.change() as transaction:
        transaction.delete_group("g")
        transaction.delete_topic("t")
    log = open_log()
    assert (log.topics(), list(log.groups())) == ({}, [])


def test_appending_goes_on_after_a_restart(open_log: OpenLog) -> None:
    open_log().create_topic("t", SMALL_SEGMENTS)
    for start in range(0, 30, 3):
        assert append(open_log(), "t", numbered(start, 3)) == start
    log = open_log()
    assert numbers(log, "t") == list(range(30))
    assert [log.offset_for_time("t", 0, 10 * n) for n in range(31)] == list(range(31))


def test_segments_roll(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.create_topic("t", SMALL_SEGMENTS)
    with log.transaction() as transaction:
        for start in range(0, 20, 10):
            transaction.append("t", 0, numbered(start, 10))
    for start in range(20, 80, 10):
        append(log, "t", numbered(start, 10, size=100))
    files = sorted((tmp_path / "topics" / "t.1" / "0").glob("*.segment"))
    assert len(files) > 2
    assert all(file.stat().st_size <= 4_000 for file in files)
    for _ in range(2):
        assert numbers(log, "t") == list(range(80))
        assert numbers(log, "t", max_records=7) == list(range(80))
        assert [log.offset_for_time("t", 0, 10 * n - 5) for n in range(80)] == list(range(80))
        assert log.offset_for_time("t", 0, 791) == 80
        log = open_log()


def test_a_frame_larger_than_a_segment(open_log: OpenLog) -> None:
    log = open_log()
    log.create_topic("t", SMALL_SEGMENTS)
    for start in (0, 500, 1000):
        append(log, "t", numbered(start, 500, size=50))
    assert numbers(open_log(), "t") == list(range(1500))


def test_a_saved_index_serves_the_next_start(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.create_topic("t", TopicConfig(segment_bytes=3_000_000))
    for start in range(0, 1_500, 10):
        append(log, "t", numbered(start, 9, size=3_000))
        append(log, "t", numbered(start + 9, 1))
    log = open_log()
    segments, indexes = (list(tmp_path.glob(f"topics/t.1/0/*.{kind}")) for kind in ("segment", "index"))
    assert len(segments) == len(indexes) == 2
    append(log, "t", numbered(1_500, 1))
    for offset in (0, 1, 749, 750, 1_499, 1_500):
        assert log.fetch("t", 0, offset, 1).records.column("key").to_pylist() == [str(offset).encode()]
        assert log.offset_for_time("t", 0, 10 * offset) == offset


def test_a_damaged_index_is_not_trusted(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.create_topic("t")
    for start in range(0, 300, 10):
        append(log, "t", numbered(start, 10, size=10_000))
    log.close()
    (index,) = tmp_path.glob("topics/t.1/0/*.index")
    intact = index.read_bytes()
    for damaged in (b"", intact[:20], intact[:-8], intact[:50] + b"\xff" + intact[51:]):
        index.write_bytes(damaged)
        log = open_log()
        assert numbers(log, "t", max_records=25) == list(range(300))
        log.close()


def test_what_was_deleted_stays_deleted(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.create_topic("t", SMALL_SEGMENTS)
    for start in range(0, 60, 10):
        append(log, "t", numbered(start, 10, size=100))
    files = sorted(tmp_path.glob("topics/t.1/0/*.segment"))
    for before, left in [(25, files[1:]), (60, [])]:
        open_log().delete_records("t", 0, before)
        for log in (open_log(), open_log()):
            assert (log.start_offset("t", 0), log.end_offset("t", 0)) == (before, 60)
            assert numbers(log, "t") == list(range(before, 60))
            assert sorted(tmp_path.glob("topics/t.1/0/*")) == left
    append(open_log(), "t", numbered(60, 3))
    assert numbers(open_log(), "t") == [60, 61, 62]
    open_log().delete_topic("t")
    open_log().create_topic("t")
    assert open_log().start_offset("t", 0) == 0


def test_a_directory_of_an_older_program(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.create_topic("t")
    append(log, "t", numbered(0, 3))
    log.close()
    connection = sqlite3.connect(tmp_path / "log.sqlite")
    connection.executescript("DROP TABLE starts; PRAGMA user_version = 1")
    connection.close()
    for before in (1, 2):
        log = open_log()
        log.delete_records("t", 0, before)
        assert numbers(log, "t") == [0, 1, 2][before:]


def test_a_directory_of_a_newer_program(open_log: OpenLog, tmp_path: Path) -> None:
    open_log().close()
    connection = sqlite3.connect(tmp_path / "log.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LogError, match="format 99"):
        EmbeddedLog(tmp_path)


def test_with_fsync(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "new" / "directory")
    log.create_topic("t", SMALL_SEGMENTS)
    for start in range(0, 40, 10):
        append(log, "t", numbered(start, 10, size=100))
    log.close()
    log = EmbeddedLog(tmp_path / "new" / "directory")
    assert log.end_offset("t", 0) == 40
    log.close()


def test_a_fetch_takes_all_small_frames_there_are(open_log: OpenLog) -> None:
    log = open_log()
    log.create_topic("t")
    for start in range(300):
        append(log, "t", numbered(start, 1, size=100))
    for _ in range(2):
        for offset in (0, 1, 150, 299):
            assert log.fetch("t", 0, offset).records.column("offset").to_pylist() == list(range(offset, 300))
        log = open_log()


def test_a_fetch_stays_under_its_limit_of_bytes(open_log: OpenLog) -> None:
    log = open_log()
    log.create_topic("t")
    for start in range(10):
        append(log, "t", numbered(start, 1, size=20_000_000))
    assert [log.fetch("t", 0, offset).records.num_rows for offset in (0, 3, 6, 9)] == [3, 3, 3, 1]
