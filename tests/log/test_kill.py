"""A process that commits in a loop and is killed: what it acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from ksql.log import EmbeddedLog
from tests.log.records import numbers

WRITE = """
import sys
from pathlib import Path
from ksql.log import CommittedOffset, EmbeddedLog, TopicConfig
from tests.log.records import numbered
log = EmbeddedLog(Path(sys.argv[1]), durability=sys.argv[2])
if "t" not in log.topics():
    log.create_topic("t", TopicConfig(partitions=2, segment_bytes=100_000))
while True:
    start = log.end_offset("t", 0)
    count = 1 + start * 7 % 50
    with log.change() as transaction:
        transaction.append("t", 0, numbered(start, count, size=start % 3 * 1000))
        transaction.append("t", 1, numbered(start, count))
        transaction.commit_offsets("g", {("t", 0): CommittedOffset(start + count)})
        transaction.put("s", str(start), b"")
    if start % 5 == 0:
        log.delete_records("t", 1, start)
    print(start + count, flush=True)
"""


def run_and_kill(directory: Path, durability: str, acknowledgements: int) -> int:
    """Returns the last end offset that was acknowledged."""
    command = [sys.executable, "-c", WRITE, str(directory), durability]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        for _ in range(acknowledgements):
            writer.stdout.readline()
        writer.kill()
        rest = writer.stdout.read().split("\n")[:-1]
    return int(rest[-1]) if rest else 0


def check(directory: Path, acknowledged: int) -> None:
    log = EmbeddedLog(directory)
    end = log.end_offset("t", 0)
    assert end >= acknowledged
    assert numbers(log, "t", 0) == list(range(end))
    assert numbers(log, "t", 1) == list(range(log.start_offset("t", 1), end))
    assert log.committed("g")["t", 0].offset == end
    starts = sorted(int(key) for key in log.scan("s"))
    assert [start + 1 + start * 7 % 50 for start in starts] == [*starts[1:], end]
    log.close()


@pytest.mark.parametrize("durability", ["os", "fsync"])
def test_killed_once(tmp_path: Path, durability: str) -> None:
    check(tmp_path, run_and_kill(tmp_path, durability, 30))


@pytest.mark.long
@pytest.mark.parametrize("durability", ["os", "fsync"])
def test_killed_again_and_again(tmp_path: Path, durability: str) -> None:
    choose = random.Random(1)  # noqa: S311
    for _ in range(20):
        check(tmp_path, run_and_kill(tmp_path, durability, choose.randrange(1, 200)))
