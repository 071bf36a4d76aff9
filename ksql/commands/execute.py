"""`ksql -e SQL` and `ksql -f FILE`: run statements and end."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from ksql.commands.options import say_data_directory
from ksql.config import Config
from ksql.display import Display, OutputFormat

if TYPE_CHECKING:
    from ksql.script import Script


def script_of(file: str) -> Script:
    """The script in a file, from the standard input when `file` is '-'. Raises ConfigError."""
    from ksql.script import Script, read_script

    return Script(sys.stdin.read()) if file == "-" else read_script(file)


def parse_variables(definitions: tuple[str, ...]) -> dict[str, str]:
    """`name=value` options as session variables."""
    variables = {}
    for definition in definitions:
        name, equals, value = definition.partition("=")
        if not (equals and name):
            raise click.BadParameter(f"expected name=value, found {definition!r}", param_hint="-d")
        variables[name] = value
    return variables


def execute(
    config: Config, scripts: Sequence[Script], variables: Mapping[str, str], output: OutputFormat, *, only_check: bool
) -> None:
    """Run scripts in a session of their own, results to the standard output. Raises KsqlError."""
    from ksql.database import Database
    from ksql.runner import run_scripts

    if sys.stderr.isatty():
        say_data_directory(config)
    with Database(config) as db:
        run_scripts(db.engine.session(variables=variables), scripts, Display(output=output), only_check=only_check)
