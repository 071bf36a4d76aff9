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
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ksql.log.contract import LogError, LogWriteError, TopicPartition, TransactionResult
from ksql.log.embedded.database import Database, open_topic
from ksql.log.embedded.frame import EncodedBatch
from ksql.log.embedded.lock import DirectoryLock
from ksql.log.embedded.partition import Partition
from ksql.log.embedded.recovery import cut_back
from ksql.log.embedded.writer import PartitionWriter, encode_all
from ksql.log.local import LocalLog, Topic
from ksql.log.transaction import Changes

Durability = Literal["fsync", "os"]


@dataclass(slots=True)
class _Pending:
    """A transaction on its way through commit."""

    changes: Changes
    frames: Mapping[TopicPartition, list[EncodedBatch]]
    outcome: Future[TransactionResult] = field(default_factory=Future)

    @property
    def changes_topics(self) -> bool:
        return bool(self.changes.created_topics or self.changes.deleted_topics)


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
                picture = self._database.load(self._topics_directory)
                cut_back(self._topics_directory, picture.topics.values())
            except (OSError, sqlite3.Error) as error:
                raise LogWriteError(f"cannot open data directory {directory}: {error}") from error
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

    def _carry_out(self, changes: Changes) -> TransactionResult:
        pending = _Pending(changes, {place: encode_all(batches) for place, batches in changes.appends.items()})
        self._queue.append(pending)
        with self._commit_lock:
            while not pending.outcome.done():
                self._commit(self._next_group())
        result = pending.outcome.result()
        self._wake_subscribers()
        return result

    def _next_group(self) -> list[_Pending]:
        """Transactions to commit together. One that changes topics goes alone: others are checked against its outcome."""
        group = [self._queue.popleft()]
        while self._queue and not (group[0].changes_topics or self._queue[0].changes_topics):
            group.append(self._queue.popleft())
        return group

    def _commit(self, group: list[_Pending]) -> None:
        """Commit all, or each alone if that fails, so that one transaction's fault is not another's."""
        accepted = [pending for pending in group if self._accept(pending)]
        if not accepted:
            return
        try:
            self._commit_together(accepted)
        except (OSError, sqlite3.Error, LogError) as error:
            if len(accepted) == 1:
                accepted[0].outcome.set_exception(self._explain(error))
            else:
                for pending in accepted:
                    self._commit([pending])
        except BaseException:
            for pending in accepted:
                if not pending.outcome.done():
                    pending.outcome.set_exception(LogWriteError("the commit was interrupted and may have succeeded"))
            raise

    def _accept(self, pending: _Pending) -> bool:
        """False if the transaction can no longer be carried out; it has its answer then."""
        try:
            pending.changes.check(self._picture.config)
        except LogError as error:
            pending.outcome.set_exception(error)
        return not pending.outcome.done()

    def _commit_together(self, group: list[_Pending]) -> None:
        writers: dict[TopicPartition, PartitionWriter] = {}
        outcome_open = False
        try:
            transaction_id = self._begin()
            created: dict[str, Topic[Partition]] = {}
            results = []
            for pending in group:
                created |= self._write_metadata(pending.changes)
                results.append(self._write_records(pending.frames, created, writers, transaction_id))
            self._write_ends(writers, created)
            outcome_open = True
            self._database.commit()
            removed = self._publish(group, created, writers.values())
        except BaseException:
            self._take_back(writers.values(), outcome_open=outcome_open)
            raise
        for pending, result in zip(group, results, strict=True):
            pending.outcome.set_result(result)
        for writer in writers.values():
            writer.note_in_index()
        for directory in removed:
            shutil.rmtree(directory, ignore_errors=True)

    def _begin(self) -> int:
        if self._closed:
            raise LogError("the log is closed")
        if not self._database.is_in_place():
            raise LogWriteError(f"data directory {self._directory} was moved or removed", hint="put it back, or start again")
        return self._database.begin()

    def _write_metadata(self, changes: Changes) -> dict[str, Topic[Partition]]:
        ids = self._database.write(changes)
        return {
            name: open_topic(self._topics_directory, topic_id, name, changes.created_topics[name])
            for name, topic_id in ids.items()
        }

    def _write_records(
        self,
        frames: Mapping[TopicPartition, list[EncodedBatch]],
        created: Mapping[str, Topic[Partition]],
        writers: dict[TopicPartition, PartitionWriter],
        transaction_id: int,
    ) -> TransactionResult:
        base_offsets = {}
        for place, encoded in frames.items():
            if place not in writers:
                topic = created.get(place[0]) or self._picture.topics[place[0]]
                writers[place] = PartitionWriter(topic.partitions[place[1]], sync=self._sync)
            base_offsets[place] = writers[place].end_offset
            writers[place].append(encoded, transaction_id)
        return TransactionResult(base_offsets)

    def _write_ends(self, writers: Mapping[TopicPartition, PartitionWriter], created: Mapping[str, Topic[Partition]]) -> None:
        for (name, partition), writer in writers.items():
            writer.flush()
            topic = created.get(name) or self._picture.topics[name]
            self._database.write_segments(topic.id, partition, writer.changed_segments)

    def _publish(
        self, group: Iterable[_Pending], created: Mapping[str, Topic[Partition]], writers: Iterable[PartitionWriter]
    ) -> list[Path]:
        """Show the commit to readers; returns the directories of deleted topics."""
        topics = self._picture.topics
        removed = [topics[name].partitions[0].directory.parent for p in group for name in p.changes.deleted_topics]
        with self._visible:
            for pending in group:
                self._picture.apply(pending.changes, created)
            for writer in writers:
                writer.publish()
        return removed

    def _take_back(self, writers: Iterable[PartitionWriter], *, outcome_open: bool) -> None:
        """After a failure. If it came so late that the commit may have happened, the database says whether it did."""
        with suppress(sqlite3.Error):
            self._database.rollback()
            if outcome_open:
                picture = self._database.load(self._topics_directory)
                with self._visible:
                    self._picture = picture
                return
        for writer in writers:
            writer.undo()

    def _explain(self, error: Exception) -> LogError:
        if isinstance(error, LogError):
            return error
        hint = "free some space" if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT} else ""
        return LogWriteError(f"cannot write to data directory {self._directory}: {error}", hint)
