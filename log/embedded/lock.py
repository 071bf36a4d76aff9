"""One process owns a data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ksql.log.contract import LogLockedError


class DirectoryLock:
    """Holds `directory/lock` from construction to `release`. The system frees it when the process dies."""

    def __init__(self, directory: Path) -> None:
        self._file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise LogLockedError(
                f"data directory {directory} is in use by process {owner}",
                hint="connect to that process's server, stop it, or choose another data directory",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)
