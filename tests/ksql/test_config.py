"""Where settings come from, and which wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksql.config import ConfigError, default_data_dir, default_workers, load_config, parse_listener, read_properties


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"HOME": "/home/ada"}, "/home/ada/.local/share/ksql"),
        ("linux", {"HOME": "/home/ada", "XDG_DATA_HOME": "/data"}, "/data/ksql"),
        ("darwin", {"HOME": "/Users/ada"}, "/Users/ada/Library/Application Support/ksql"),
        ("win32", {"USERPROFILE": "/u/ada", "LOCALAPPDATA": "/u/ada/AppData/Local"}, "/u/ada/AppData/Local/ksql"),
    ],
)
def test_default_data_directory(platform: str, environ: dict[str, str], expected: str) -> None:
    assert default_data_dir(platform, environ) == Path(expected)


@pytest.mark.parametrize(
    ("given", "variable", "in_file", "expected"),
    [
        ("/a", "/b", "/c", "/a"),
        (None, "/b", "/c", "/b"),
        (None, None, "/c", "/c"),
        (None, "", "/c", "/c"),
        (None, None, None, "/home/ada/.local/share/ksql"),
    ],
)
def test_order_of_precedence(
    given: str | None, variable: str | None, in_file: str | None, expected: str, tmp_path: Path
) -> None:
    environ = {"HOME": "/home/ada"}
    if variable is not None:
        environ["KSQL_DATA"] = variable
    file = tmp_path / "ksql.properties"
    file.write_text(f"ksql.data.dir={in_file}\n" if in_file else "")
    assert load_config(data=given, config_file=file, environ=environ).data == Path(expected)


def test_a_worker_per_core() -> None:
    assert 1 <= default_workers() <= 4
    assert load_config(environ={"HOME": "/h"}).workers == default_workers()
    assert load_config(environ={"HOME": "/h", "KSQL_WORKERS": "7"}).workers == 7


def test_everything_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ksql.properties"
    file.write_text(
        "# comment\n! too\n\nlisteners = http://0.0.0.0:9000,http://other:1\nksql.durability=os\nksql.workers = 3\n"
        "ksql.streams.auto.offset.reset=earliest\nksql.service.id=a\\\nb\n"
    )
    config = load_config(environ={"HOME": "/h", "KSQL_CONFIG_FILE": str(file)})
    assert (config.host, config.port, config.durability, config.workers) == ("0.0.0.0", 9000, "os", 3)  # noqa: S104
    assert config.properties == {"auto.offset.reset": "earliest", "ksql.service.id": "ab"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"durability": "maybe"}, "durability 'maybe'"),
        ({"workers": 0}, "workers '0'"),
        ({"listen": "localhost"}, "listener 'localhost'"),
        ({"listen": "host:99999"}, "listener 'host:99999'"),
        ({"listen": "https://host:1"}, "TLS"),
        ({"config_file": "/nowhere/ksql.properties"}, "cannot read the properties file"),
    ],
)
def test_wrong_settings(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(environ={"HOME": "/h"}, **settings)  # type: ignore[arg-type]


def test_a_line_without_value(tmp_path: Path) -> None:
    file = tmp_path / "p"
    file.write_text("a=b\nnonsense\n")
    with pytest.raises(ConfigError, match="line 2"):
        read_properties(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("8088", ("127.0.0.1", 8088)), (":80", ("127.0.0.1", 80)), ("[::1]:80", ("::1", 80)), ("http://h:1/", ("h", 1))],
)
def test_listeners(text: str, expected: tuple[str, int]) -> None:
    assert parse_listener(text) == expected
