"""Making the files agree with what is committed, when a log is opened."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from ksql.log.embedded import index, segment
from ksql.log.embedded.partition import Partition
from ksql.log.local import Topic

_TOPIC_DIRECTORY = re.compile(r".+\.\d+")
_PARTITION_FILE = re.compile(rf"(\d{{20}})(?:{re.escape(segment.SUFFIX)}|{re.escape(index.SUFFIX)}|\.tmp)")


def cut_back(topics_directory: Path, topics: Collection[Topic[Partition]]) -> None:
    """Remove what no commit stands for: directories of deleted topics, files of segments never committed, and bytes
    behind the committed end. Committed bytes that are missing are reported by the fetch or append that needs them."""
    _remove_orphaned_topics(topics_directory, {p.directory.parent.name for topic in topics for p in topic.partitions})
    for topic in topics:
        for partition in topic.partitions:
            _remove_uncommitted_files(partition)
            _truncate_tail(partition)


def _remove_orphaned_topics(topics_directory: Path, known: set[str]) -> None:
    for directory in topics_directory.iterdir():
        if directory.name not in known and _TOPIC_DIRECTORY.fullmatch(directory.name):
            shutil.rmtree(directory)


def _remove_uncommitted_files(partition: Partition) -> None:
    if not partition.directory.exists():
        return
    committed = {part.path.stem for part in partition.segments}
    for file in partition.directory.iterdir():
        match = _PARTITION_FILE.fullmatch(file.name)
        if match and match[1] not in committed:
            file.unlink()


def _truncate_tail(partition: Partition) -> None:
    if partition.segments:
        tail = partition.segments[-1]
        if tail.path.exists() and tail.path.stat().st_size > tail.size:
            os.truncate(tail.path, tail.size)
