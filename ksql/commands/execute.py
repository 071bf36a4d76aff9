"""`ksql -e SQL` and `ksql -f FILE`: run statements and end."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from ksql.commands.options import say_data_directory
from ksql.config import Config
from ksql.display import Display, OutputFormat
from ksql.reasons import reason


def read_script(file: str) -> str:
    """The text of a script, from the standard input when `file` is '-'. Raises click.ClickException."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"cannot read {file}: {reason(error)}") from error


def parse_variables(definitions: tuple[str, ...]) -> dict[str, str]:
    """`name=value` options as session variables."""
    variables = {}
    for definition in definitions:
        name, equals, value = definition.partition("=")
        if not (equals and name):
            raise click.BadParameter(f"expected name=value, found {definition!r}", param_hint="-d")
        variables[name] = value
    return variables


def execute(config: Config, sql: str, variables: Mapping[str, str], output: OutputFormat) -> None:
    """Run `sql` in a session of its own, results to the standard output. Raises what the first that fails raises."""
    from ksql.database import Database
    from ksql.runner import run_statements

    if sys.stderr.isatty():
        say_data_directory(config)
    with Database(config) as db:
        session = db.engine.session(variables=variables)
        run_statements(session, sql, Display(output=output))
