"""Tables of text: what fits, what folds."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ksql.tables import TableWriter, fitting


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def written(monkeypatch: pytest.MonkeyPatch, width: int, *rows: tuple[str, str]) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen()
    TableWriter(screen).write([("A", "left"), ("B", "right")], rows)
    return screen.getvalue().splitlines()[2:]


def test_a_table_of_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, 40, ("one", "1"), ("three", "22")) == [" one      1 ", " three   22 "]


def test_long_text_folds_between_words_or_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = written(monkeypatch, 16, ("some words of text", "1"), ("abcdefghijklm", "2"))
    assert lines == [" some words   1 ", " of text        ", " abcdefghij   2 ", " klm            "]


def test_wide_characters_take_two_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, 40, ("日本", "1"), ("abcd", "2")) == [" 日本   1 ", " abcd   2 "]
    assert written(monkeypatch, 12, ("日本日本", "1")) == [" 日本日   1 ", " 本       1 ".replace("1", " ")]


def test_control_characters_cannot_reach_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, 40, ("\x1b[2J\t", "x\ny")) == [" ␛[2J␉   x ", "         y "]


def test_rows_are_there_at_once(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as file:
        TableWriter(file).write([("A", "left")], [["here"]])
        assert "here" in (tmp_path / "out").read_text(encoding="utf-8")


def test_cut_instead_of_folded() -> None:
    file = io.StringIO()
    tables = TableWriter(file)
    tables.wrap, tables.column_width = False, 6
    tables.write([("A", "left"), ("LONG_NAME", "right")], [("two words", "1"), ("a\nb", "日本語日本")])
    assert file.getvalue().splitlines()[2:] == [" two w…        1 ", " a b      日本 … "]


@pytest.mark.parametrize(
    ("natural", "line", "wished", "widths"),
    [
        ([5, 5], 100, (), [5, 5]),
        ([5, 5], 100, (16, 10), [16, 10]),
        ([5, 30], 40, (16, 10), [5, 30]),
        ([5, 30], 25, (16, 10), [5, 15]),
        ([40, 30, 6], 40, (), [13, 13, 6]),
        ([40, 30], 5, (), [6, 6]),
    ],
)
def test_widths(natural: list[int], line: int, wished: tuple[int, ...], widths: list[int]) -> None:
    assert fitting(natural, line, wished) == widths
