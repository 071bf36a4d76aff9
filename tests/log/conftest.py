from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ksql.log import EmbeddedLog, Log, MemoryLog

OpenLog = Callable[[], EmbeddedLog]


@pytest.fixture(params=["memory", "embedded"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """An empty log of each implementation."""
    opened: Log = MemoryLog() if request.param == "memory" else EmbeddedLog(tmp_path, durability="os")
    yield opened
    opened.close()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedLog]:
    opened = EmbeddedLog(tmp_path, durability="os")
    yield opened
    opened.close()


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[OpenLog]:
    """Opens the log of the test's directory; closes the one opened before, if it is still open."""
    opened: list[EmbeddedLog] = []

    def open_again() -> EmbeddedLog:
        if opened:
            opened[-1].close()
        opened.append(EmbeddedLog(tmp_path, durability="os"))
        return opened[-1]

    yield open_again
    if opened:
        opened[-1].close()
