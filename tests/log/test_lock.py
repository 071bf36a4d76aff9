"""One process owns a data directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ksql.log import EmbeddedLog, LogLockedError

HOLD = """
import sys
from pathlib import Path
from ksql.log import EmbeddedLog
log = EmbeddedLog(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
log.close()
"""


def test_a_second_process_is_told_of_the_first(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "ready\n"
        with pytest.raises(LogLockedError, match=f"{tmp_path} is in use by process {owner.pid}"):
            EmbeddedLog(tmp_path)
        owner.communicate("")
    EmbeddedLog(tmp_path).close()


def test_a_failed_start_leaves_no_lock(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path)
    for _ in range(2):
        with pytest.raises(LogLockedError):
            EmbeddedLog(tmp_path)
    log.close()
    EmbeddedLog(tmp_path).close()
