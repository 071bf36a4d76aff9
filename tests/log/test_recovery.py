"""Files that are not as the last commit left them: cut back where nothing committed is touched, else a clear error."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.log import CorruptLogError, EmbeddedLog, OffsetOutOfRangeError, TopicConfig, UnknownTopicError
from ksql.log.embedded.partition import Partition
from tests.log.conftest import OpenLog
from tests.log.records import append, numbered, numbers

PARTITION = Path("topics/t.1/0")


@pytest.fixture
def segments(open_log: OpenLog, tmp_path: Path) -> list[Path]:
    """A topic of 50 records in frames of 10, three frames to a segment."""
    log = open_log()
    log.create_topic("t", TopicConfig(segment_bytes=6_000))
    for start in range(0, 50, 10):
        append(log, "t", numbered(start, 10, size=100))
    log.close()
    found = sorted((tmp_path / PARTITION).glob("*.segment"))
    assert [int(path.stem) for path in found] == [0, 30]
    return found


@pytest.mark.parametrize("extra", [1, 63, 64, 1000])
def test_a_torn_last_frame_is_cut_off(open_log: OpenLog, segments: list[Path], extra: int) -> None:
    size = segments[1].stat().st_size
    segments[1].write_bytes(segments[1].read_bytes() + segments[1].read_bytes()[:extra])
    log = open_log()
    assert segments[1].stat().st_size == size
    append(log, "t", numbered(50, 1))
    assert numbers(log, "t") == list(range(51))


def test_what_no_commit_stands_for_is_removed(open_log: OpenLog, segments: list[Path], tmp_path: Path) -> None:
    foreign = [tmp_path / "topics/notes.txt", tmp_path / "topics/lost+found", tmp_path / PARTITION / "notes.txt"]
    orphans = [segments[0].with_stem(f"{60:020}"), tmp_path / "topics/t.2/0/x", tmp_path / PARTITION / f"{60:020}.index"]
    for path in [*foreign, *orphans]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert numbers(open_log(), "t") == list(range(50))
    assert [path.exists() for path in foreign] == [True] * 3
    assert [path.exists() for path in orphans] == [False] * 3
    assert not (tmp_path / "topics/t.2").exists()


def test_a_flipped_bit_anywhere_is_found(open_log: OpenLog, segments: list[Path]) -> None:
    intact = segments[0].read_bytes()
    frame_bytes = len(intact) // 3
    for position in [*range(frame_bytes, frame_bytes + 56), frame_bytes + 64, frame_bytes + 500, 2 * frame_bytes - 1]:
        damaged = bytearray(intact)
        damaged[position] ^= 0x10
        segments[0].write_bytes(damaged)
        log = open_log()
        assert log.fetch("t", 0, 0).records.column("offset").to_pylist() == list(range(10))
        with pytest.raises(CorruptLogError, match=rf"{segments[0]} is damaged at byte {frame_bytes}"):
            log.fetch("t", 0, 15)
        assert log.fetch("t", 0, 30).records.num_rows == 20
        segments[0].write_bytes(intact)
        assert numbers(open_log(), "t") == list(range(50))


def test_a_missing_segment_is_named(open_log: OpenLog, segments: list[Path]) -> None:
    segments[0].unlink()
    log = open_log()
    assert log.fetch("t", 0, 30).records.num_rows == 20
    for read in (lambda: log.fetch("t", 0, 5), lambda: log.offset_for_time("t", 0, 50)):
        with pytest.raises(CorruptLogError, match=f"{segments[0]} is missing"):
            read()


def test_committed_bytes_that_are_missing_at_the_end(open_log: OpenLog, segments: list[Path]) -> None:
    content = segments[1].read_bytes()
    segments[1].write_bytes(content[:-100])
    log = open_log()
    with pytest.raises(CorruptLogError, match=rf"{segments[1]} ends at byte {len(content) - 100} of the {len(content)}"):
        log.fetch("t", 0, 45)
    with pytest.raises(CorruptLogError, match="ends at byte"):
        append(log, "t", numbered(50, 1))
    log.delete_topic("t")
    log.create_topic("t")
    assert append(log, "t", numbered(0, 1)) == 0


@pytest.mark.parametrize("kept", [0, 1_500_000, 2_900_000])
def test_a_large_segment_cut_short(open_log: OpenLog, tmp_path: Path, kept: int) -> None:
    log = open_log()
    log.create_topic("t")
    for start in (0, 10):
        append(log, "t", numbered(start, 10, size=150_000))
    (segment,) = (tmp_path / PARTITION).glob("*.segment")
    os.truncate(segment, kept)
    for reader in (log, open_log()):
        with pytest.raises(CorruptLogError, match=f"{segment} ends at byte {kept} of the "):
            reader.fetch("t", 0, 10)


def test_a_topic_deleted_while_it_is_read(open_log: OpenLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log()
    log.create_topic("t")
    append(log, "t", numbered(0, 10))
    fetch = Partition.fetch

    def delete_and_fetch(partition: Partition, offset: int, max_records: int) -> pa.RecordBatch:
        log.delete_topic("t")
        log.create_topic("t")
        return fetch(partition, offset, max_records)

    monkeypatch.setattr(Partition, "fetch", delete_and_fetch)
    with pytest.raises(UnknownTopicError):
        log.fetch("t", 0, 0)


def test_records_deleted_while_they_are_read(open_log: OpenLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log()
    log.create_topic("t")
    append(log, "t", numbered(0, 10))
    fetch = Partition.fetch

    def delete_and_fetch(partition: Partition, offset: int, max_records: int) -> pa.RecordBatch:
        log.delete_records("t", 0, 10)
        return fetch(partition, offset, max_records)

    monkeypatch.setattr(Partition, "fetch", delete_and_fetch)
    with pytest.raises(OffsetOutOfRangeError, match="no offset 3"):
        log.fetch("t", 0, 3)
    log.delete_topic("t")
    log.create_topic("t")
    append(log, "t", numbered(0, 10))
    assert log.offset_for_time("t", 0, 0) == 10


def test_files_of_deleted_records_that_could_not_be_removed(
    open_log: OpenLog, segments: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_args, **_kwargs: None)
        log.delete_records("t", 0, 40)
    assert segments[0].exists()
    assert numbers(log, "t") == numbers(open_log(), "t") == list(range(40, 50))
    assert [path.exists() for path in segments] == [False, True]


def test_a_deleted_topic_leaves_no_files(open_log: OpenLog, segments: list[Path], tmp_path: Path) -> None:
    log = open_log()
    log.delete_topic("t")
    assert not segments[0].exists()
    assert list((tmp_path / "topics").iterdir()) == []
    log.create_topic("t")
    assert append(log, "t", numbered(0, 3)) == 0
    assert numbers(open_log(), "t") == [0, 1, 2]


@settings(max_examples=30)
@given(data=st.data())
def test_damage_never_shows_as_records(data: st.DataObject) -> None:
    """Whatever byte of a segment or an index changes: a fetch gives the right records or says what is damaged."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        log = EmbeddedLog(directory, durability="os")
        log.create_topic("t", TopicConfig(segment_bytes=1_500_000))
        for start in range(0, 200, 10):
            append(log, "t", numbered(start, 9, size=data.draw(st.sampled_from([0, 10, 30_000]))), numbered(start + 9, 1))
        log.close()
        file = data.draw(st.sampled_from(sorted((directory / PARTITION).iterdir())))
        content = bytearray(file.read_bytes())
        position = data.draw(st.integers(0, min(len(content), 20_000) - 1))
        content[position] ^= data.draw(st.integers(1, 255))
        file.write_bytes(content)
        log = EmbeddedLog(directory, durability="os")
        for offset in range(0, 200, 3):
            with suppress(CorruptLogError):
                fetched = log.fetch("t", 0, offset, 25).records
                expected = range(offset, offset + fetched.num_rows)
                assert fetched.column("offset").to_pylist() == list(expected)
                assert [int(key) for key in fetched.column("key").to_pylist()] == list(expected)
        log.close()
