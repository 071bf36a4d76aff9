"""Files of statements: nothing is carried out when something in them is wrong."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import ksql
from ksql.cli import main
from ksql.display import Display
from ksql.repl.shell import Shell
from ksql.runner import run_scripts
from ksql.script import Script

STREAM = "CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);\n"
#: What is wrong in the second or third line, and what is said of it.
WRONG = [
    ("SELEC 1;", "line 2:1: no statement begins with SELEC"),
    ("CREATE STREAM o AS SELECT vv FROM s;", "line 2:27: there is no column VV"),
    ("CREATE STREAM o AS SELECT v + k AS x FROM s;", "line 2:"),
    ("SELECT vv FROM s EMIT CHANGES;", "line 2:8: there is no column VV"),
    ("SELECT frobnicate(v) FROM s ORDER BY 1;", "line 2:8:"),
    ("INSERT INTO s VALUES ('a', 'b');", "line 2:28:"),
    ("CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;\nSELECT m FROM o;", "line 3:8: there is no column M"),
    ("DROP STREAM s;\nINSERT INTO s VALUES ('a', 1);", "line 3:13: there is no stream or table called S"),
    ("SET 'auto.offset.reset' = 'first';", "line 2:27: property"),
    ("DEFINE x = 'vv';\nSELECT ${x} FROM s EMIT CHANGES;", "line 3:8: there is no column VV"),
    ("UNDEFINE x;\nPRINT s; TERMINATE q;", "line 2:10: variable x is not defined"),
    ("ASSERT TOPIC nothing TIMEOUT 9 TIMES;", "line 2:32: expected DAYS"),
]
Way = Callable[[Path, list[str]], str]


def command(folder: Path, *arguments: str, text: str | None = None) -> Result:
    return CliRunner(env={"KSQL_DATA": str(folder / "data")}).invoke(main, arguments, input=text)


def by_file(folder: Path, arguments: list[str]) -> str:
    return command(folder, "-f", "a.sql", *arguments).stderr


def by_run(folder: Path, arguments: list[str]) -> str:
    return command(folder, "run", "a.sql", "--until-idle", *arguments).stderr


def by_server(folder: Path, arguments: list[str]) -> str:
    return command(folder, "server", "a.sql", *arguments).stderr


def by_prompt(folder: Path, arguments: list[str]) -> str:
    assert not arguments
    out = io.StringIO()
    with ksql.connect(folder / "data") as db:
        Shell(db, variables={}, display=Display(out)).run("run script 'a.sql';")
    return f"Error: {out.getvalue()}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def streams(folder: Path) -> set[str]:
    with ksql.connect(folder / "data") as db:
        return set(db.engine.sources) - {"KSQL_PROCESSING_LOG"}


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=[wrong[:25] for wrong, _ in WRONG])
def test_a_wrong_script_does_nothing(folder: Path, wrong: str, message: str) -> None:
    with ksql.connect(folder / "data") as db:
        with pytest.raises(ksql.KsqlError) as refused:
            run_scripts(db.session, [Script(STREAM + wrong, "a.sql")], Display(io.StringIO()))
        assert str(refused.value).startswith(f"a.sql, {message}")
        assert "^" in str(refused.value)
        assert set(db.engine.sources) == {"KSQL_PROCESSING_LOG"}
        assert dict(db.session.variables) == {}
        assert set(db.log.topics()) == {"default_ksql_processing_log"}


@pytest.mark.parametrize("way", [by_file, by_run, by_server, by_prompt])
def test_every_way_checks_first_and_names_the_file(folder: Path, way: Way) -> None:
    (folder / "a.sql").write_text(STREAM + "SELEC 1;")
    assert "Error: a.sql, line 2:1: no statement begins with SELEC\n  SELEC 1;\n  ^\nHint: did you mean" in way(folder, [])
    assert streams(folder) == set()


@pytest.mark.parametrize("way", [by_file, by_run])
def test_only_checked(folder: Path, way: Way) -> None:
    (folder / "a.sql").write_text(STREAM + "INSERT INTO s VALUES ('a', 1); SELECT * FROM s EMIT CHANGES;")
    assert "Error" not in way(folder, ["--check"])
    assert streams(folder) == set()
    (folder / "a.sql").write_text(STREAM + "SELEC 1;")
    assert "line 2:1" in way(folder, ["--check"])


def test_a_check_needs_something(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True)
    assert "--check needs statements" in command(folder, "--check").stderr


def test_several_scripts_are_one(folder: Path) -> None:
    (folder / "a.sql").write_text("SELECT vv FROM s;")
    assert "a.sql, line 1:8: there is no column VV" in command(folder, "-e", STREAM, "-f", "a.sql").stderr
    assert "line 1:8: there is no column VV" in command(folder, "-e", STREAM, "-e", "SELECT vv FROM s").stderr
    assert streams(folder) == set()


def test_what_a_script_does_is_done_once(folder: Path) -> None:
    """The check leaves nothing behind: no record, no variable, no id."""
    queries = "CREATE STREAM o AS SELECT * FROM s; INSERT INTO s VALUES ('a', ${x}); SELECT * FROM s; UNDEFINE x;"
    (folder / "a.sql").write_text(f"{STREAM} DEFINE x = '5'; {queries} SHOW QUERIES;")
    done = command(folder, "-f", "a.sql")
    assert (done.exit_code, "1 row\n" in done.stdout, "CSAS_O_0" in done.stdout) == (0, True, True), done.output
    assert streams(folder) == {"S", "O"}


def test_a_script_that_runs_others(folder: Path) -> None:
    (folder / "a.sql").write_text("DEFINE name = 'b';\nRUN SCRIPT '${name}.sql';\nINSERT INTO s VALUES ('a', 1);\n")
    (folder / "b.sql").write_text(STREAM)
    assert command(folder, "-f", "a.sql").exit_code == 0
    assert streams(folder) == {"S"}
    (folder / "b.sql").write_text("\nSELEC 1;")
    assert "Error: b.sql, line 2:1: no statement begins with SELEC" in command(folder, text="RUN SCRIPT 'a.sql';").stderr
    (folder / "b.sql").write_text("RUN SCRIPT 'a.sql';")
    assert "b.sql, line 1:1: the script a.sql would run itself" in command(folder, "-f", "a.sql").stderr
    assert "line 1:1: cannot read nothing.sql: no such file" in command(folder, "-e", "RUN SCRIPT 'nothing.sql';").stderr


def test_a_script_that_leaves(folder: Path) -> None:
    """What the prompt understands ends a script, too: ksqlDB's users pipe it in."""
    done = command(folder, text=f"{STREAM} exit ;\nSELEC 1;")
    assert (done.exit_code, "Stream created" in done.stdout) == (0, True), done.output
    assert streams(folder) == {"S"}


def test_a_file_run_again_with_scripts_in_it(folder: Path) -> None:
    (folder / "a.sql").write_text("RUN SCRIPT 'b.sql'; RUN SCRIPT 'c.sql'; SELECT count(*) AS n FROM s;")
    (folder / "b.sql").write_text(STREAM)
    (folder / "c.sql").write_text("INSERT INTO s VALUES ('a', 1); INSERT INTO s VALUES ('a', 1);")
    for _ in range(2):
        done = command(folder, "run", "a.sql", "--until-idle")
        assert (done.exit_code, done.stdout.split()[-3:]) == (0, ["2", "1", "row"]), done.output


def test_what_records_decide_is_no_reason_to_refuse(folder: Path) -> None:
    failed = command(folder, "-e", STREAM + "CREATE STREAM o AS SELECT * FROM s; ASSERT TOPIC nothing TIMEOUT 0 SECONDS;")
    assert "topic nothing does not exist" in failed.stderr
    assert streams(folder) == {"S", "O"}
