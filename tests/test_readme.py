"""What the README shows works as it stands, in an empty folder."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

import ksql
from ksql.database import as_push_query
from ksql.parser import split
from tests.test_imports import ROOT


def snippet(language: str) -> str:
    [text] = re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return str(text)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_python(capsys: pytest.CaptureFixture[str]) -> None:
    for visits in (1, 2):
        exec(snippet("python"), {})  # noqa: S102 - our own text
        assert capsys.readouterr().out == f"[{{'PAGE': '/start', 'VISITS': {visits}, 'STAYED_S': {visits * 12}}}]\n"


def test_the_python_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert ksql.__doc__ is not None
    exec(textwrap.dedent(ksql.__doc__.partition("\n")[2].partition("\nImporting")[0]), {})  # noqa: S102 - our own text
    assert capsys.readouterr().out == "[{'ID': 1, 'NAME': 'Ada'}]\n"


def test_sql() -> None:
    pulled = []
    with ksql.connect("data") as db:
        for piece in split(snippet("sql")):
            answer = db.execute(piece.text)
            if as_push_query(answer.result) is not None:
                answer.close()
            elif piece.text.startswith("INSERT"):
                assert db.wait_idle(10)
            elif piece.text.startswith("SELECT"):
                pulled.append([tuple(row.values()) for row in answer.fetchall()])
    oven = "the oven is on"
    assert pulled == [[("kitchen", 23.0), ("attic", 9.25)], [("kitchen", "a1", 21.5, oven), ("kitchen", "a2", 23.0, oven)]]
