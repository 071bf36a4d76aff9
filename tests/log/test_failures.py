"""Storage that refuses: a clear error, nothing half-visible, and a log that works again afterwards."""

from __future__ import annotations

import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest

from ksql.log import EmbeddedLog, LogWriteError, TopicConfig
from ksql.log.embedded.database import Database
from tests.log.conftest import OpenLog
from tests.log.records import append, numbered, numbers


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """The system refuses to let any file grow beyond `size` bytes, as a full disk would."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.create_topic("t", TopicConfig(partitions=2, segment_bytes=2_000_000))
    append(log, "t", numbered(0, 10))
    segment = next(tmp_path.glob("topics/t.1/0/*.segment"))
    size = segment.stat().st_size
    for _ in range(2):
        transaction = log.change()
        transaction.append("t", 1, numbered(0, 10))
        transaction.append("t", 0, numbered(10, 100, size=20_000))
        transaction.put("s", "k", b"v")
        with no_file_beyond(1_000_000), pytest.raises(LogWriteError, match="file too large"):
            transaction.commit()
        assert segment.stat().st_size == size
        assert [log.end_offset("t", p) for p in (0, 1)] == [10, 0]
        assert log.scan("s") == {}
    assert not list(tmp_path.glob("topics/t.1/1/*.segment"))
    assert append(log, "t", numbered(10, 5)) == 10
    assert numbers(log, "t") == numbers(open_log(), "t") == list(range(15))


def test_a_database_that_cannot_grow(open_log: OpenLog) -> None:
    log = open_log()
    log.create_topic("t")
    append(log, "t", numbered(0, 3))
    transaction = log.change()
    transaction.append("t", 0, numbered(3, 3))
    transaction.put("s", "k", bytes(1_000_000))
    with no_file_beyond(300_000), pytest.raises(LogWriteError, match="cannot write to data directory"):
        transaction.commit()
    assert (log.end_offset("t", 0), log.scan("s")) == (3, {})
    append(log, "t", numbered(3, 2))
    assert numbers(log, "t") == numbers(open_log(), "t") == list(range(5))


@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), KeyboardInterrupt()])
def test_an_error_in_the_commit_itself(
    open_log: OpenLog, monkeypatch: pytest.MonkeyPatch, happened: bool, error: BaseException
) -> None:
    """The database says afterwards whether it happened; the caller and readers are told so."""
    log = open_log()
    log.create_topic("t")
    append(log, "t", numbered(0, 3))
    commit = Database.commit

    def fail(database: Database) -> None:
        if happened:
            commit(database)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Database, "commit", fail)
        with pytest.raises(KeyboardInterrupt) if isinstance(error, KeyboardInterrupt) else outcome(happened):
            append(log, "t", numbered(3, 3))
    end = 6 if happened else 3
    assert numbers(log, "t") == list(range(end))
    append(log, "t", numbered(end, 2))
    assert numbers(log, "t") == numbers(open_log(), "t") == list(range(end + 2))


def outcome(happened: bool) -> AbstractContextManager[object]:
    return nullcontext() if happened else pytest.raises(LogWriteError, match="disk I/O error")


def test_an_interrupt_while_writing(open_log: OpenLog, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log()
    log.create_topic("t")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write_segments", interrupt)
        with pytest.raises(KeyboardInterrupt):
            append(log, "t", numbered(0, 3))
    append(log, "t", numbered(0, 3))
    assert numbers(log, "t") == [0, 1, 2]


def test_a_directory_that_went_away(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.create_topic("t")
    append(log, "t", numbered(0, 3))
    away = tmp_path.with_name("away")
    tmp_path.rename(away)
    for topic in ("t", "u"):
        with pytest.raises(LogWriteError, match=f"{tmp_path} was moved or removed"):
            append(log, "t", numbered(3, 1)) if topic == "t" else log.create_topic("u")
    away.rename(tmp_path)
    append(log, "t", numbered(3, 1))
    assert numbers(log, "t") == [0, 1, 2, 3]


def test_topics_that_went_away(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    log.create_topic("t", TopicConfig(partitions=2))
    append(log, "t", numbered(0, 3))
    shutil.rmtree(tmp_path / "topics")
    for partition in (0, 1):
        with pytest.raises(LogWriteError, match="no such file or directory"):
            append(log, "t", numbered(3, 1), partition=partition)
    assert log.end_offset("t", 0) == 3


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LogWriteError, match="cannot open data directory"):
        EmbeddedLog(tmp_path / "file" / "data")
    (tmp_path / "log.sqlite").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(LogWriteError, match="not a database"):
        EmbeddedLog(tmp_path)
