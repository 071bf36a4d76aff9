"""ksql: a SQL streaming engine in one process.

    import ksql

    with ksql.connect("data") as db:
        db.execute("CREATE STREAM s (id INT KEY, name STRING) WITH (kafka_topic='s', value_format='JSON', partitions=1)")
        db.execute("INSERT INTO s VALUES (?, ?)", [1, "Ada"])
        print(db.execute("SELECT * FROM s").fetchall())

Importing it loads nothing else; the names below arrive when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksql.database import Answer, Database, connect
    from ksql.engine.errors import EngineClosedError, NotSupportedError, QueryError, StatementError
    from ksql.errors import ConfigError, KsqlError
    from ksql.log.contract import LogError, LogLockedError
    from ksql.parser import ParseError

    __version__: str

_HOME = {
    "connect": "ksql.database",
    "Database": "ksql.database",
    "Answer": "ksql.database",
    "KsqlError": "ksql.errors",
    "ConfigError": "ksql.errors",
    "StatementError": "ksql.engine.errors",
    "NotSupportedError": "ksql.engine.errors",
    "QueryError": "ksql.engine.errors",
    "EngineClosedError": "ksql.engine.errors",
    "ParseError": "ksql.parser",
    "LogError": "ksql.log.contract",
    "LogLockedError": "ksql.log.contract",
}

__all__ = [
    "Answer",
    "ConfigError",
    "Database",
    "EngineClosedError",
    "KsqlError",
    "LogError",
    "LogLockedError",
    "NotSupportedError",
    "ParseError",
    "QueryError",
    "StatementError",
    "connect",
]


def _check_links(folder: Path) -> None:
    """Raise ImportError where git wrote the links to the inner folders as plain files (Windows without the right to link)."""
    broken = [name for name in ("engine", "parser", "log", "repl") if (folder / name).is_file()]
    if broken:
        raise ImportError(
            f"{', '.join(str(folder / name) for name in broken)}: should be symbolic links to folders, but this checkout has "
            "plain files. Allow symbolic links and check out again (git config core.symlinks true; git checkout -- ksql), "
            "or install the package: pip install ."
        )


_check_links(Path(__file__).parent)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from ksql.version import version

        return version()
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'ksql' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
