"""Keys pressed at the prompt."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

import ksql.database
import ksql.repl.loop
from ksql.config import Config
from ksql.display import Display
from ksql.repl.loop import prompt
from ksql.repl.shell import Shell
from tests.ksql.fake_engine import FakeEngine, unchecked

LEAVE = "\x04"
CTRL_C = "\x03"


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    engine = FakeEngine()
    monkeypatch.setattr(ksql.database, "Engine", lambda *_, **__: engine)
    unchecked(monkeypatch)
    return engine


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    screen = io.StringIO()

    def shell(db: Any, **settings: Any) -> Shell:
        return Shell(db, **settings, display=Display(screen))

    monkeypatch.setattr(ksql.repl.loop, "Shell", shell)
    return screen


def test_a_session(keys: PipeInput, engine: FakeEngine, screen: io.StringIO, tmp_path: Path) -> None:
    engine.answers["SELECT"] = engine.answers["SELECT * FROM T"]
    keys.send_text("SELECT *\rFROM T;\rSEL" + CTRL_C + "nonsense;\rhistory\r" + LEAVE)
    assert prompt(Config(data=tmp_path / "data"), {}, "TABULAR") == 0
    text = screen.getvalue()
    assert f"Data directory: {tmp_path / 'data'}" in text
    assert "2 rows" in text
    assert "unknown statement" in text
    assert text.rstrip().endswith("SELECT *\nFROM T;\nnonsense;\nhistory")
    assert "SELECT *\nFROM T;" in [statement for statement, *_ in engine.executed]

    keys.send_text("history\rexit\r")
    assert prompt(Config(data=tmp_path / "data"), {}, "TABULAR") == 0
    assert screen.getvalue().count("SELECT *\nFROM T;\nnonsense;\nhistory") == 2
