"""How long the command `ksql` takes to its prompt, in a terminal of its own, and how much memory it has then."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

from tests.benchmarks.measured import resident_mb

PROMPT = b"ksql>"
COMMAND = (sys.executable, "-c", "from ksql.cli import main; main()")


def prompt_after_s(data: Path, timeout_s: float = 30.0) -> tuple[float, float]:
    """(seconds from start to prompt, MB resident one second later). Raises TimeoutError with what was shown instead."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(COMMAND[0], [*COMMAND, "--data", str(data)])  # noqa: S606
    try:
        seconds = _wait_for_prompt(terminal, start, timeout_s)
        time.sleep(1)
        return seconds, resident_mb(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def _wait_for_prompt(terminal: int, start: float, timeout_s: float) -> float:
    shown = b""
    while (passed := time.perf_counter() - start) < timeout_s:
        if select.select([terminal], [], [], timeout_s - passed)[0]:
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break
        if PROMPT in shown:
            return time.perf_counter() - start
    raise TimeoutError(f"no prompt; the terminal shows: {shown.decode(errors='replace')}")
