"""Results on a screen."""

from __future__ import annotations

import io

from ksql.display import Display, OutputFormat, result_text
from ksql.engine.results import Listing, Message, Rows
from tests.ksql.fake_engine import COLUMNS, FakePush, changes, table


def shown(result: Message | Listing | Rows, output: OutputFormat = "TABULAR") -> list[str]:
    file = io.StringIO()
    Display(file, output).show(result)
    return [line.rstrip() for line in file.getvalue().splitlines() if line.strip()]


def test_a_message() -> None:
    assert shown(Message("s", "[not markup] done")) == ["[not markup] done"]
    assert shown(Message("s", "done", {"@type": "x"}), "JSON") == ["{", '  "@type": "x"', "}"]


def test_a_listing() -> None:
    listing = Listing("s", [("Title", ["Name", "What"], [["a", "[b]"]]), ("", [], [["free\ntext"]])])
    lines = shown(listing)
    assert lines[0] == "Title"
    assert lines[1].split() == ["Name", "What"]
    assert lines[3].split() == ["a", "[b]"]
    assert lines[4:] == ["free", "text"]


def test_rows() -> None:
    lines = shown(Rows("s", "q", COLUMNS, table(("a" * 200, 1), ("b", None))))
    assert lines[0].split() == ["ID", "N"]
    assert lines[2].split() == ["a" * 200, "1"]
    assert lines[3].split() == ["b", "null"]
    assert lines[4] == "2 rows"


def test_changes_keep_one_header() -> None:
    file = io.StringIO()
    display = Display(file).changes(COLUMNS)
    display.show(changes(("a", 1)))
    display.show(changes(("b", 22)))
    display.show(changes(("c", None), deleted=True))
    lines = [line for line in file.getvalue().splitlines() if line.strip()]
    assert [line.split() for line in lines if "─" not in line] == [["ID", "N"], ["a", "1"], ["b", "22"], ["c", "<deleted>"]]
    assert len({line.index(mark) for line, mark in zip(lines[2:4], ("1", "22"), strict=True)}) == 2
    assert len({len(line.rstrip()) for line in lines[2:4]}) == 1


def test_changes_as_json_lines() -> None:
    file = io.StringIO()
    display = Display(file, "JSON").changes(COLUMNS)
    display.show(changes(("a", 1)))
    display.show(changes(("c", None), deleted=True))
    assert file.getvalue().splitlines() == ['{"ID":"a","N":1}', '{"ID":"c","N":null,"@deleted":true}']


def test_a_copy_gets_everything() -> None:
    file, copy = io.StringIO(), io.StringIO()
    display = Display(file)
    display.copy = Display(copy)
    display.show(Message("s", "one"))
    display.line("two")
    display.error("three\nfour")
    display.changes(COLUMNS).show(changes(("five", 1)))
    assert file.getvalue() == copy.getvalue()
    assert all(word in copy.getvalue() for word in ("one", "two", "three", "four", "five"))


def test_results_as_text() -> None:
    assert result_text(Message("s", "done")) == "done"
    assert "push_1" in result_text(FakePush())
