"""Where the data lies and how the engine runs: by command line, environment, properties file, default.

| setting            | option          | environment       | key in the file   | default                        |
|--------------------|-----------------|-------------------|-------------------|--------------------------------|
| data directory     | --data          | KSQL_DATA         | ksql.data.dir     | the platform's user data folder|
| properties file    | --config-file   | KSQL_CONFIG_FILE  |                   | none                           |
| durability         | --durability    | KSQL_DURABILITY   | ksql.durability   | fsync                          |
| workers            | --workers       | KSQL_WORKERS      | ksql.workers      | one per core, at most 4        |
| listener           | --listen        | KSQL_LISTEN       | listeners         | 127.0.0.1:8088                 |

Every other key of the file is a property of the engine and of its sessions, as a SET would make it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from ksql.engine.settings import checked
from ksql.errors import ConfigError
from ksql.reasons import reason

Durability = Literal["fsync", "os"]
DEFAULT_LISTEN = "127.0.0.1:8088"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a process needs to open its engine. `data` None keeps the topics in memory only."""

    data: Path | None = None
    durability: Durability = "fsync"
    workers: int = 1
    host: str = "127.0.0.1"
    port: int = 8088
    properties: Mapping[str, str] = field(default_factory=dict)


def default_data_dir(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder for a user's data where the platform's users look for it."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "ksql"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "ksql"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "ksql"


def default_workers() -> int:
    """One worker per core this process may use. More than four gain little: one batch of a query follows the other."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(4, cores)


def load_config(
    *,
    data: str | Path | None = None,
    config_file: str | Path | None = None,
    durability: str | None = None,
    workers: int | None = None,
    listen: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Resolve all settings; arguments are what the command line gave. Raises ConfigError."""
    file = Path(config_file or environ.get("KSQL_CONFIG_FILE") or "")
    properties = read_properties(file) if file.name else {}

    def setting(given: object, variable: str, key: str, default: object) -> str:
        from_file = properties.pop(key, None)
        return str(next(value for value in (given, environ.get(variable) or None, from_file, default) if value is not None))

    directory = setting(data, "KSQL_DATA", "ksql.data.dir", default_data_dir(environ=environ))
    host, port = parse_listener(setting(listen, "KSQL_LISTEN", "listeners", DEFAULT_LISTEN))
    return Config(
        data=data_directory(directory),
        durability=checked_durability(setting(durability, "KSQL_DURABILITY", "ksql.durability", "fsync")),
        workers=checked_workers(setting(workers, "KSQL_WORKERS", "ksql.workers", default_workers())),
        host=host,
        port=port,
        properties=_of_engine(properties, file),
    )


def _of_engine(properties: Mapping[str, str], file: Path) -> dict[str, str]:
    """What is left of a file for the engine, checked as SET checks it."""
    try:
        return checked(properties, of_session=False)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error.message}", hint=error.hint) from None


def read_properties(path: Path) -> dict[str, str]:
    """A properties file: `key = value` per line, # and ! begin a comment, a line ending in a backslash goes on."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the properties file {path}: {reason(error)}") from error
    properties = {}
    for number, line in enumerate(text.replace("\\\n", "").splitlines(), 1):
        entry = line.strip()
        if not entry or entry[0] in "#!":
            continue
        key, equals, value = entry.partition("=")
        if not equals:
            raise ConfigError(f"{path}, line {number}: expected key = value, found {entry!r}")
        properties[key.strip()] = value.strip()
    return properties


def data_directory(name: str | Path) -> Path:
    """The absolute path of a data directory. Raises ConfigError for what cannot be one."""
    text = str(name)
    if not text:
        raise ConfigError("the data directory must have a name; '.' is the directory you are in")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", text):
        raise ConfigError(
            f"{text} is a server, and connecting to one is not supported yet",
            hint="name a data directory; curl, or a client of ksqlDB, talks to a server.",
        )
    return Path(text).expanduser().absolute()


def parse_listener(text: str) -> tuple[str, int]:
    """'host:port', ':port', 'port' or 'http://host:port' as (host, port); only the first of several listeners counts."""
    address = text.partition(",")[0].strip().removeprefix("http://").rstrip("/")
    if address.startswith("https://"):
        raise ConfigError(f"listener {text!r}: TLS is not supported; put a proxy in front")
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) < 65536:
        raise ConfigError(f"listener {text!r}: expected host:port, for example {DEFAULT_LISTEN}")
    return host.strip("[]") or "127.0.0.1", int(port)


def checked_durability(text: str) -> Durability:
    """Raises ConfigError when it is none."""
    if text not in ("fsync", "os"):
        raise ConfigError(f"durability {text!r}: expected fsync (survives power loss) or os (survives a crash of the process)")
    return cast(Durability, text)


def checked_workers(text: str) -> int:
    """A number of threads. Raises ConfigError when it is none."""
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"workers {text!r}: expected a number of threads, 1 or more")
    return int(text)
