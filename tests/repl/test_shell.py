"""The prompt without a terminal: commands, statements, colours."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import to_plain_text

from ksql.config import Config
from ksql.database import Database
from ksql.display import Display
from ksql.engine.errors import StatementError
from ksql.log import MemoryLog
from ksql.repl.prompt_parts import SqlCompleter, SqlLexer, coloured_lines
from ksql.repl.shell import Shell, is_finished
from tests.ksql.fake_engine import FakeEngine, changes, push_of, unchecked


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    unchecked(monkeypatch)
    return FakeEngine()


@pytest.fixture
def shell(engine: FakeEngine) -> Shell:
    db: Any = SimpleNamespace(engine=engine, log=MemoryLog(), config=Config())
    return Shell(cast(Database, db), variables={"v": "1"}, display=Display(io.StringIO()))


def said(shell: Shell) -> str:
    assert isinstance(shell.display.file, io.StringIO)
    text = shell.display.file.getvalue()
    shell.display.file.truncate(0)
    shell.display.file.seek(0)
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("help", "spool FILE|OFF"),
        ("HELP;", "run script FILE"),
        ("version", "ksql "),
        ("output", "Output is TABULAR."),
        ("output xml", "Error: output is TABULAR or JSON, not xml"),
        ("set cli wrap off;", "Wrap is OFF."),
        ("SET CLI WRAP", "Error: usage: set cli wrap ON|OFF"),
        ("SET CLI COLUMN-WIDTH 20", "Column width is 20."),
        ("set cli column-width 2", "Error: usage: set cli column-width N"),
        ("server", "this prompt runs the engine itself"),
        ("server http://elsewhere", "Error: this prompt talks to no other server"),
        ("run script", "Error: usage: run script FILE"),
        ("run script /nowhere/x.sql", "Error: cannot read /nowhere/x.sql"),
        ("spool /nowhere/x.txt", "Error: cannot write /nowhere/x.txt"),
        ("spool off", "Spool is off."),
        ("CREATE STREAM x;", "Stream created"),
        ("NONSENSE;", "unknown statement\nHint: try another"),
        ("SHOW STREAMS;", "Name"),
    ],
)
def test_inputs(shell: Shell, text: str, expected: str) -> None:
    shell.run(text)
    assert expected in said(shell)
    assert not shell.leaving


@pytest.mark.parametrize("text", ["exit", "quit;", "EXIT"])
def test_leaving(shell: Shell, text: str) -> None:
    shell.run(text)
    assert shell.leaving


def test_the_session_has_variables(shell: Shell, engine: FakeEngine) -> None:
    shell.run("SHOW STREAMS;")
    assert engine.executed[-1][1:] == ({}, {"v": "1"})


def test_json_output(shell: Shell) -> None:
    shell.run("output json")
    shell.run("SELECT * FROM T;")
    assert said(shell) == 'Output is JSON.\n{"ID":"a","N":1}\n{"ID":"b","N":null}\n'


def test_script_and_spool(shell: Shell, tmp_path: Path) -> None:
    script, copy = tmp_path / "a script.sql", tmp_path / "copy.txt"
    script.write_text("CREATE STREAM x; NONSENSE; CREATE STREAM y;")
    shell.run(f"spool {copy}")
    shell.run(f"run script '{script}';")
    shell.run("spool off")
    shell.run("CREATE STREAM z;")
    copied = copy.read_text()
    assert copied.count("Stream created") == 1
    assert "unknown statement" in copied


def test_ctrl_c_ends_the_query_only(shell: Shell, engine: FakeEngine) -> None:
    push, engine.answers["SELECT"] = push_of(changes(("a", 1)), cast(Exception, KeyboardInterrupt()))
    push.waiting.put(None)
    original = push.next_changes

    def interrupted(timeout_s: float | None = None) -> Any:
        if push.waiting.qsize() == 2:
            raise KeyboardInterrupt
        return original(timeout_s)

    push.next_changes = interrupted  # type: ignore[method-assign]
    shell.run("SELECT ID FROM S EMIT CHANGES;")
    text = said(shell)
    assert "a" in text
    assert text.rstrip().endswith("Ended by Ctrl-C.")
    assert push.closed
    assert not shell.leaving


def test_a_fault_of_the_program_does_not_end_the_prompt(shell: Shell, engine: FakeEngine) -> None:
    def fail(text: str) -> Any:
        raise ZeroDivisionError(text)

    engine.answers = {"SHOW": fail}
    shell.run("SHOW STREAMS;")
    assert "internal error, please report it: ZeroDivisionError" in said(shell)


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("", True),
        (";", True),
        ("-- c", True),
        ("/* c", False),
        ("help", True),
        ("run script x", True),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT\n", False),
    ],
)
def test_what_enter_does(text: str, finished: bool) -> None:
    assert is_finished(text) is finished


def test_completion_reads_what_exists(shell: Shell) -> None:
    document = Document("SELECT UCA")
    found = list(SqlCompleter(shell.names).get_completions(document, CompleteEvent(completion_requested=True)))
    assert [(completion.text, completion.start_position) for completion in found] == [("UCASE", -3)]
    found = list(SqlCompleter(shell.names).get_completions(Document("DROP TABLE "), CompleteEvent(completion_requested=True)))
    assert found[0].text == "T"


@pytest.mark.parametrize(
    ("text", "asked", "offers"),
    [("SELECT * FROM T\n", False, False), ("SELECT * FROM T\n", True, True), ("SEL", False, True), ("SELECT T.", False, True)],
)
def test_the_menu_opens_unasked_only_for_something_begun(shell: Shell, text: str, asked: bool, offers: bool) -> None:
    event = CompleteEvent(completion_requested=asked, text_inserted=not asked)
    assert bool(list(SqlCompleter(shell.names).get_completions(Document(text), event))) is offers


def test_completion_survives_an_engine_without_functions(shell: Shell, engine: FakeEngine) -> None:
    def refuse(text: str) -> Any:
        raise StatementError("not now", detail=text)

    engine.answers = {"SHOW": refuse}
    assert shell.names().functions == []


@pytest.mark.parametrize(
    ("text", "styles"),
    [
        ("SELECT a", ["class:keyword", "", ""]),
        ("'x' -- c", ["class:string", "", "class:comment"]),
        ("12 `q` ${v}", ["class:number", "", "class:quoted", "", "class:variable"]),
    ],
)
def test_colours(text: str, styles: list[str]) -> None:
    [line] = coloured_lines(text)
    assert [piece[0] for piece in line] == styles


def test_lines_of_colours() -> None:
    text = "SELECT 'a\nb'\n\nFROM x"
    line = SqlLexer().lex_document(Document(text))
    assert [to_plain_text(line(i)) for i in range(5)] == ["SELECT 'a", "b'", "", "FROM x", ""]
