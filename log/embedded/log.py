"""The embedded log: topics in a directory of this machine, owned by one process.

    directory/
        lock                                   process id of the owner
        log.sqlite                             what is committed
        topics/NAME.ID/PARTITION/*.segment     records, in frames
                                 *.index       where to look in them

A commit writes its frames behind the committed ends, then moves all ends, consumer offsets and metadata in one SQLite
transaction, then shows the result to readers. Commits that meet while another one is under way share the next.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ksql.log.contract import LogError, LogWriteError, TopicPartition, TransactionResult
from ksql.log.embedded.database import Database, open_topic
from ksql.log.embedded.frame import EncodedBatch
from ksql.log.embedded.index import SUFFIX as INDEX_SUFFIX
from ksql.log.embedded.lock import DirectoryLock
from ksql.log.embedded.partition import Partition
from ksql.log.embedded.recovery import cut_back
from ksql.log.embedded.writer import PartitionWriter, encode_all, sync_directory
from ksql.log.local import LocalLog, Topic
from ksql.log.transaction import StagedChanges

Durability = Literal["fsync", "os"]


@dataclass(slots=True)
class _Pending:
    """A transaction on its way through commit."""

    changes: StagedChanges
    frames: Mapping[TopicPartition, list[EncodedBatch]]
    outcome: Future[TransactionResult] = field(default_factory=Future)

    @property
    def goes_alone(self) -> bool:
        """Others are to be checked against its outcome, and written where it leaves off."""
        return bool(self.changes.created_topics or self.changes.deleted_topics or self.changes.starts)


@dataclass(slots=True)
class _Staged:
    """What a group of transactions has written before it is committed."""

    transaction_id: int = 0
    created: dict[str, Topic[Partition]] = field(default_factory=dict)
    writers: dict[TopicPartition, PartitionWriter] = field(default_factory=dict)
    results: list[TransactionResult] = field(default_factory=list)


class EmbeddedLog(LocalLog[Partition]):
    """The whole contract on local files.

    `durability`: "fsync" survives a power failure; "os" survives the end of this process, but after a power failure may
    have lost the last commits or refuse damaged partitions. Raises LogLockedError, LogWriteError, LogError (a directory of a
    newer program).
    """

    def __init__(self, directory: Path, *, durability: Durability = "fsync") -> None:
        self._directory = directory
        self._topics_directory = directory / "topics"
        self._sync = durability == "fsync"
        self._commit_lock = threading.Lock()
        self._queue: deque[_Pending] = deque()
        self._closed = False
        with ExitStack() as undo:
            try:
                self._topics_directory.mkdir(parents=True, exist_ok=True)
                self._lock = DirectoryLock(directory)
                undo.callback(self._lock.release)
                self._database = Database(directory / "log.sqlite", synchronous="FULL" if self._sync else "NORMAL")
                undo.callback(self._database.close)
                if self._sync:
                    sync_directory(directory)
                picture = self._database.load(self._topics_directory)
                cut_back(self._topics_directory, picture.topics.values())
            except (OSError, sqlite3.Error) as error:
                raise LogWriteError(f"cannot open data directory {directory}: {_reason(error)}") from error
            undo.pop_all()
        super().__init__(picture)

    def close(self) -> None:
        with self._commit_lock:
            if self._closed:
                return
            self._closed = True
            for topic in self._picture.topics.values():
                for partition in topic.partitions:
                    partition.save_indexes()
            self._database.close()
            self._lock.release()

    def _carry_out(self, changes: StagedChanges) -> TransactionResult:
        pending = _Pending(changes, {place: encode_all(batches) for place, batches in changes.appends.items()})
        self._queue.append(pending)
        with self._commit_lock:
            while not pending.outcome.done():
                self._commit(self._next_group())
        result = pending.outcome.result()
        self._wake_subscribers()
        return result

    def _next_group(self) -> list[_Pending]:
        """Transactions to commit together."""
        group = [self._queue.popleft()]
        while self._queue and not (group[0].goes_alone or self._queue[0].goes_alone):
            group.append(self._queue.popleft())
        return group

    def _commit(self, group: list[_Pending]) -> None:
        """Commit all, or each alone if that fails, so that one transaction's fault is not another's. Gives all an answer."""
        accepted = [pending for pending in group if self._accept(pending)]
        try:
            if accepted:
                self._finish(accepted, self._stage(accepted))
        except (OSError, sqlite3.Error, LogError) as error:
            if len(accepted) == 1:
                accepted[0].outcome.set_exception(self._explain(error))
            else:
                for pending in accepted:
                    self._commit([pending])
        finally:
            _fail(accepted, LogWriteError("the commit was interrupted"))

    def _accept(self, pending: _Pending) -> bool:
        """False if the transaction can no longer be carried out; it has its answer then."""
        try:
            self._check(pending.changes)
        except LogError as error:
            pending.outcome.set_exception(error)
        return not pending.outcome.done()

    def _stage(self, group: list[_Pending]) -> _Staged:
        """Everything that can be taken back: on disk and in the database's open transaction, but not committed."""
        staged = _Staged()
        try:
            staged.transaction_id = self._begin()
            for pending in group:
                staged.created |= self._write_metadata(pending.changes)
                staged.results.append(self._write_records(pending.frames, staged))
            self._write_ends(staged)
        except BaseException:
            with suppress(sqlite3.Error):
                self._database.rollback()
            for writer in staged.writers.values():
                writer.undo()
            raise
        return staged

    def _finish(self, group: list[_Pending], staged: _Staged) -> None:
        """Commit what is staged, show it to readers and answer. An error here is no reason to try again."""
        removed = [path for pending in group for path in self._removed_paths(pending.changes)]
        try:
            self._database.commit()
            self._publish(group, staged)
        except sqlite3.Error as error:
            if not self._settle(staged.transaction_id):
                _fail(group, self._explain(error))
                return
        except BaseException:
            if self._settle(staged.transaction_id):
                _succeed(group, staged.results)
            raise
        _succeed(group, staged.results)
        for writer in staged.writers.values():
            writer.note_in_index()
        for path in removed:
            _remove(path)

    def _begin(self) -> int:
        if self._closed:
            raise LogError("the log is closed")
        if not self._database.is_in_place():
            raise LogWriteError(f"data directory {self._directory} was moved or removed", hint="put it back, or start again")
        return self._database.begin()

    def _write_metadata(self, changes: StagedChanges) -> dict[str, Topic[Partition]]:
        ids = self._database.write(changes)
        return {
            name: open_topic(self._topics_directory, topic_id, name, changes.created_topics[name])
            for name, topic_id in ids.items()
        }

    def _write_records(self, frames: Mapping[TopicPartition, list[EncodedBatch]], staged: _Staged) -> TransactionResult:
        base_offsets = {}
        for place, encoded in frames.items():
            writer = staged.writers.get(place)
            if writer is None:
                partition = self._topic(place[0], staged).partitions[place[1]]
                writer = staged.writers[place] = PartitionWriter(partition, sync=self._sync)
            base_offsets[place] = writer.end_offset
            writer.append(encoded, staged.transaction_id)
        return TransactionResult(base_offsets)

    def _write_ends(self, staged: _Staged) -> None:
        for (name, partition), writer in staged.writers.items():
            writer.flush()
            self._database.write_segments(self._topic(name, staged).id, partition, writer.changed_segments)

    def _publish(self, group: Iterable[_Pending], staged: _Staged) -> None:
        with self._visible:
            moved = [place for pending in group for place in self._moved(pending.changes)]
            for pending in group:
                self._picture.apply(pending.changes, staged.created)
            for writer in staged.writers.values():
                writer.publish()
            self._tell_followers(moved)

    def _settle(self, transaction_id: int) -> bool:
        """After an error so late that the commit may have happened: ask the database, and show readers what it says."""
        with suppress(sqlite3.Error):
            self._database.rollback()
            picture = self._database.load(self._topics_directory)
            with self._visible:
                self._picture = picture
                self._tell_followers()
            return self._database.last_transaction() == transaction_id
        return False

    def _topic(self, name: str, staged: _Staged) -> Topic[Partition]:
        return staged.created.get(name) or self._picture.topics[name]

    def _removed_paths(self, changes: StagedChanges) -> Iterator[Path]:
        """Files and directories that nothing stands for when `changes` are committed."""
        topics = self._picture.topics
        yield from (topics[name].partitions[0].directory.parent for name in changes.deleted_topics)
        for (name, number), start in changes.starts.items():
            for segment in topics[name].partitions[number].segments_before(start):
                yield from (segment.path, segment.path.with_suffix(INDEX_SUFFIX))

    def _explain(self, error: Exception) -> LogError:
        if isinstance(error, LogError):
            return error
        hint = "free some space" if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT} else ""
        return LogWriteError(f"cannot write to data directory {self._directory}: {_reason(error)}", hint)


def _reason(error: Exception) -> str:
    """What an error says, without the number and the file's name that Python adds to those of the system."""
    text = str(getattr(error, "strerror", None) or error)
    return text[:1].lower() + text[1:]


def _remove(path: Path) -> None:
    """As far as the system lets us: what is left is removed when the log is opened again."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _succeed(group: Iterable[_Pending], results: Iterable[TransactionResult]) -> None:
    for pending, result in zip(group, results, strict=True):
        pending.outcome.set_result(result)


def _fail(group: Iterable[_Pending], error: LogError) -> None:
    """Answer those that have no answer yet."""
    for pending in group:
        if not pending.outcome.done():
            pending.outcome.set_exception(error)
