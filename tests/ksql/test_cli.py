"""The command line. `produce` and `consume` work for real; what needs the engine gets one that answers from a table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import ksql.database
from ksql.cli import main
from ksql.log import EmbeddedLog
from tests.ksql.fake_engine import FakeEngine, unchecked

Run = Callable[..., Result]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    engine = FakeEngine()
    monkeypatch.setattr(ksql.database, "Engine", lambda *_, **__: engine)
    unchecked(monkeypatch)
    return engine


@pytest.fixture
def run(tmp_path: Path, engine: FakeEngine) -> Run:  # noqa: ARG001
    def run(*arguments: str, text: str | bytes | None = None, data: Path | None = tmp_path / "data") -> Result:
        environ = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "xdg"), "KSQL_DATA": str(data) if data else None}
        return CliRunner(env=environ).invoke(main, arguments, input=text)

    return run


def test_version_and_help(run: Run) -> None:
    assert run("--version").output.startswith("ksql ")
    text = run("-h").output
    assert all(name in text for name in ("run", "server", "produce", "consume", "demo", "--data"))
    assert all("--data" in run(name, "-h").output for name in ("run", "server", "produce", "consume", "demo"))
    assert run("nonsense").exit_code == 2


@pytest.mark.parametrize("output", ["JSON", "json"])
def test_execute_as_json(run: Run, engine: FakeEngine, output: str) -> None:
    result = run("-e", "CREATE STREAM x", "-e", "SELECT * FROM T", "--output", output, "-d", "v=1")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith('{"ID":"a","N":1}\n{"ID":"b","N":null}\n')
    assert engine.executed[-1][2] == {"v": "1"}


def test_execute_a_file_and_the_standard_input(run: Run, tmp_path: Path, engine: FakeEngine) -> None:
    (tmp_path / "x.sql").write_text("CREATE STREAM x;\nSHOW STREAMS;\n")
    assert run("-f", str(tmp_path / "x.sql")).exit_code == 0
    assert run(text="SHOW STREAMS;").exit_code == 0
    assert len(engine.executed) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-e", "NONSENSE"], 1, "Error: unknown statement\nHint: try another"),
        (["-f", "/nowhere.sql"], 1, "cannot read /nowhere.sql"),
        (["-e", "SHOW X", "-d", "novalue"], 2, "expected name=value"),
        (["-e", "SHOW X", "--workers", "0"], 1, "workers '0'"),
        (["--config-file", "/nowhere", "-e", "SHOW X"], 1, "cannot read the properties file"),
        (["run", "/nowhere.sql"], 1, "cannot read /nowhere.sql"),
        (["server", "--listen", "nowhere"], 1, "listener 'nowhere'"),
        (["consume", "nothing", "--from-beginning"], 1, "there is no topic called nothing"),
        (["produce", "t", "--key-separator", ""], 2, "it must not be empty"),
        (["consume", "t", "--max-messages", "2"], 2, "--max-messages needs --from-beginning"),
        (["consume", "t", "--key-separator", ":"], 2, "--key-separator needs --from-beginning"),
        (["-e", "SHOW X", "--data", ""], 1, "the data directory must have a name"),
        (["produce", "t", "--file", "/nowhere"], 1, "cannot read /nowhere: no such file or directory"),
    ],
)
def test_errors_go_to_the_error_stream(run: Run, arguments: list[str], code: int, message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""


def test_produce_and_consume(run: Run, tmp_path: Path) -> None:
    produced = run("produce", "t", "--key-separator", ":", text="a:1\nb:2\n")
    assert produced.exit_code == 0
    assert produced.stderr == "Created topic t with 1 partition.\n2 records appended to t.\n"
    (tmp_path / "more").write_text("c:3")
    assert "Created" not in run("produce", "t", "--key-separator", ":", "--file", str(tmp_path / "more")).stderr
    assert run("consume", "t", "--from-beginning").stdout == "1\n2\n3\n"
    assert run("consume", "t", "--from-beginning", "--max-messages", "2", "--key-separator", "=").stdout == "a=1\nb=2\n"
    assert run("produce", "t", "--key-separator", "\\t", text="d\t4\n").stderr == "1 record appended to t.\n"
    assert run("consume", "t", "--from-beginning", "--key-separator", "\\t").stdout.endswith("d\t4\n")
    assert run("consume", "t").stderr == "t holds 4 records; --from-beginning writes them.\n"


def test_produce_says_what_does_not_fit(run: Run) -> None:
    assert run("produce", "t", "--partitions", "3", text="a\n").exit_code == 0
    other = run("produce", "t", "--partitions", "5", text="a\n")
    assert (other.exit_code, other.stderr.split("\n")[0]) == (1, "Error: topic t exists with 3 partitions, not 5")
    unkeyed = run("produce", "t", "--partitions", "3", "--key-separator", ":", text="a:1\nb\n")
    assert unkeyed.exit_code == 1
    assert "line 2 has no key separator ':': b\n" in unkeyed.stderr
    assert run("consume", "t").stderr.startswith(f"t holds {'1 record' if '0 records' in unkeyed.stderr else '2 records'};")


def test_the_data_directory(run: Run, tmp_path: Path) -> None:
    run("produce", "t", text="x", data=None)
    assert (tmp_path / "xdg" / "ksql").is_dir()
    run("produce", "t", "--data", str(tmp_path / "own"), text="x")
    assert (tmp_path / "own").is_dir()
    run("--data", str(tmp_path / "above"), "produce", "t", text="x")
    assert (tmp_path / "above").is_dir()


def test_a_directory_in_use_names_its_owner(run: Run, tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "data")
    try:
        for arguments in (["-e", "SHOW STREAMS"], ["consume", "t"], ["run", "-"]):
            result = run(*arguments, text="SHOW STREAMS;")
            assert result.exit_code == 1
            assert f"is in use by process {os.getpid()}" in result.stderr
    finally:
        log.close()


def test_run_until_idle(run: Run, engine: FakeEngine) -> None:
    for expected in (2, 1):
        before = len(engine.executed)
        result = run("run", "-", "--until-idle", text="CREATE STREAM S (i INT); SHOW STREAMS;")
        assert result.exit_code == 0, result.stderr
        assert "Data directory: " in result.stderr
        assert len(engine.executed) - before == expected


IMPORTS = """
import json, sys
import ksql
names = ("duckdb", "pyarrow", "sqlglot", "numpy", "rich", "prompt_toolkit", "starlette", "click")
print(json.dumps([name for name in names if name in sys.modules]))
"""


def test_importing_the_package_loads_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_broken_links_say_what_to_do(tmp_path: Path) -> None:
    package = tmp_path / "ksql"
    package.mkdir()
    (package / "__init__.py").write_text(Path(ksql.__file__).read_text())
    (package / "engine").write_text("../engine")
    done = subprocess.run([sys.executable, "-c", "import ksql"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert "git config core.symlinks true" in done.stderr
