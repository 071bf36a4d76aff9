"""`log.sqlite`: the one place that says what is committed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ksql.log.contract import CommittedOffset, LogError, TopicConfig
from ksql.log.embedded.partition import Partition
from ksql.log.embedded.segment import Segment, segment_path
from ksql.log.local import Picture, Topic
from ksql.log.transaction import StagedChanges

#: What made each version out of the one before it; the first out of an empty file.
_STEPS = (
    """
BEGIN;
CREATE TABLE topics (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, config TEXT NOT NULL);
CREATE TABLE segments (
    topic_id INTEGER NOT NULL REFERENCES topics ON DELETE CASCADE, partition INTEGER NOT NULL, base_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL, size INTEGER NOT NULL, latest INTEGER NOT NULL,
    PRIMARY KEY (topic_id, partition, base_offset)
) WITHOUT ROWID;
CREATE TABLE group_offsets (
    group_name TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, metadata TEXT NOT NULL,
    PRIMARY KEY (group_name, topic, partition)
) WITHOUT ROWID;
CREATE TABLE entries (space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID;
CREATE TABLE last_transaction (id INTEGER NOT NULL);
INSERT INTO last_transaction VALUES (0);
PRAGMA user_version = 1;
COMMIT;
""",
    """
BEGIN;
CREATE TABLE starts (
    topic_id INTEGER NOT NULL REFERENCES topics ON DELETE CASCADE, partition INTEGER NOT NULL, start_offset INTEGER NOT NULL,
    PRIMARY KEY (topic_id, partition)
) WITHOUT ROWID;
PRAGMA user_version = 2;
COMMIT;
""",
)
_VERSION = len(_STEPS)
_DELETE_SEGMENTS = """
DELETE FROM segments WHERE partition = ? AND end_offset <= ? AND topic_id = (SELECT id FROM topics WHERE name = ?)
"""


class Database:
    """Used by one thread at a time: under the log's commit lock. Errors are sqlite3's."""

    def __init__(self, path: Path, *, synchronous: str) -> None:
        self._path = path
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._execute = self._connection.execute
        self._execute("PRAGMA journal_mode = WAL")
        self._execute(f"PRAGMA synchronous = {synchronous}")
        self._execute("PRAGMA foreign_keys = ON")
        self._prepare()
        self._inode = path.stat().st_ino

    def _prepare(self) -> None:
        (version,) = self._execute("PRAGMA user_version").fetchone()
        for step in _STEPS[version:]:
            self._connection.executescript(step)
        if version > _VERSION:
            self.close()
            raise LogError(
                f"{self._path} has format {version}, this program knows format {_VERSION}", hint="use a newer program"
            )

    def close(self) -> None:
        self._connection.close()

    def is_in_place(self) -> bool:
        """False after somebody moved or removed the file: SQLite itself would go on writing into nowhere."""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def load(self, topics_directory: Path) -> Picture[Partition]:
        picture: Picture[Partition] = Picture()
        names = {}
        for topic_id, name, config in self._execute("SELECT id, name, config FROM topics"):
            picture.topics[name] = open_topic(topics_directory, topic_id, name, TopicConfig(**json.loads(config)))
            names[topic_id] = name
        for topic_id, number, start in self._execute("SELECT topic_id, partition, start_offset FROM starts"):
            picture.topics[names[topic_id]].partitions[number].start_offset = start
        query = "SELECT topic_id, partition, base_offset, end_offset, size, latest FROM segments ORDER BY 1, 2, 3"
        for topic_id, number, base_offset, *rest in self._execute(query):
            partition = picture.topics[names[topic_id]].partitions[number]
            path = segment_path(partition.directory, base_offset)
            partition.segments = (*partition.segments, Segment(path, base_offset, *rest))
        for group, topic, number, offset, metadata in self._execute("SELECT * FROM group_offsets"):
            picture.groups.setdefault(group, {})[topic, number] = CommittedOffset(offset, metadata)
        for space, key, value in self._execute("SELECT space, key, value FROM entries"):
            picture.spaces.setdefault(space, {})[key] = value
        return picture

    def begin(self) -> int:
        """Start writing; returns a transaction id never given out before."""
        self._execute("BEGIN IMMEDIATE")
        self._execute("UPDATE last_transaction SET id = id + 1")
        return self.last_transaction()

    def last_transaction(self) -> int:
        (transaction_id,) = self._execute("SELECT id FROM last_transaction").fetchone()
        return int(transaction_id)

    def commit(self) -> None:
        self._execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def write(self, changes: StagedChanges) -> dict[str, int]:
        """Everything but the appends; returns the ids of created topics."""
        many = self._connection.executemany
        many("DELETE FROM group_offsets WHERE group_name = ?", [(group,) for group in changes.deleted_groups])
        many("DELETE FROM group_offsets WHERE topic = ?", [(name,) for name in changes.deleted_topics])
        many("DELETE FROM topics WHERE name = ?", [(name,) for name in changes.deleted_topics])
        many(
            "INSERT OR REPLACE INTO group_offsets VALUES (?, ?, ?, ?, ?)",
            [
                (group, topic, partition, committed.offset, committed.metadata)
                for group, offsets in changes.offsets.items()
                for (topic, partition), committed in offsets.items()
            ],
        )
        removed = [place for place, value in changes.entries.items() if value is None]
        written = [(*place, value) for place, value in changes.entries.items() if value is not None]
        many("DELETE FROM entries WHERE space = ? AND key = ?", removed)
        starts = [(number, start, name) for (name, number), start in changes.starts.items()]
        many("INSERT OR REPLACE INTO starts SELECT id, ?, ? FROM topics WHERE name = ?", starts)
        many(_DELETE_SEGMENTS, starts)
        many("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", written)
        return {name: self._create_topic(name, config) for name, config in changes.created_topics.items()}

    def write_segments(self, topic_id: int, partition: int, segments: Iterable[Segment]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?)",
            [(topic_id, partition, s.base_offset, s.end_offset, s.size, s.latest) for s in segments],
        )

    def _create_topic(self, name: str, config: TopicConfig) -> int:
        cursor = self._execute("INSERT INTO topics (name, config) VALUES (?, ?)", (name, json.dumps(asdict(config))))
        return int(cursor.lastrowid or 0)


def open_topic(topics_directory: Path, topic_id: int, name: str, config: TopicConfig) -> Topic[Partition]:
    """A topic over its directory `name.id`, with no records yet."""
    directory = topics_directory / f"{name}.{topic_id}"
    partitions = [Partition(directory / str(number), config.segment_bytes) for number in range(config.partitions)]
    return Topic(topic_id, config, partitions)
