"""The `ksql` command."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from typing import Any

import click

from ksql.commands.options import with_config
from ksql.config import Config
from ksql.errors import KsqlError
from ksql.reasons import reason
from ksql.version import version

# NumPy's linear algebra, which nobody here uses, would start threads that spin for a while: 0.05 s of every start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

#: Subcommands, imported when they are asked for: the prompt must not wait for the server's libraries.
_COMMANDS = ("run", "server", "produce", "consume", "demo")


class KsqlGroup(click.Group):
    """Loads subcommands when needed; shows the user's errors as a line on the error stream, exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"ksql.commands.{name}"), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            if sys.stderr.isatty():
                click.echo(err=True)  # the shell's prompt comes on a line of its own
            raise click.exceptions.Exit(130) from None
        except KsqlError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # whoever read the output has enough
            _drop_output()
            raise click.ClickException(f"cannot write the output: {reason(error)}") from error


def _drop_output() -> None:
    """What is still to be written cannot be: do not try again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=KsqlGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-e", "--execute", "sql", multiple=True, metavar="SQL", help="Run statements and end; may be repeated.")
@click.option("-f", "--file", metavar="FILE", help="Run the statements of a file and end; '-' is the standard input.")
@click.option("--check", is_flag=True, help="Only say whether the statements could be carried out.")
@click.option("-d", "--define", multiple=True, metavar="NAME=VALUE", help="Variable for ${NAME}; may be repeated.")
@click.option(
    "--output", type=click.Choice(["TABULAR", "JSON"], case_sensitive=False), default="TABULAR", help="Form of results."
)
@click.version_option(version(), prog_name="ksql", message="%(prog)s %(version)s")
@with_config
@click.pass_context
def main(
    ctx: click.Context,
    *,
    config: Config,
    sql: tuple[str, ...],
    file: str | None,
    check: bool,
    define: tuple[str, ...],
    output: str,
) -> None:
    """ksql: streams and tables in SQL, in one process.

    Without a command it opens a prompt on the data directory.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")  # what an encoding lacks is no reason to stop
    if ctx.invoked_subcommand is not None:
        return
    from ksql.commands.execute import execute, parse_variables, script_of
    from ksql.script import Script

    variables = parse_variables(define)
    form: Any = output.upper()
    scripts = [*map(Script, sql), *([script_of(file)] if file else [])]
    if not scripts and not sys.stdin.isatty():
        scripts = [script_of("-")]
    if scripts:
        execute(config, scripts, variables, form, only_check=check)
        return
    if check:
        raise click.UsageError("--check needs statements: -e, -f, or the standard input")
    from ksql.repl.loop import prompt

    ctx.exit(prompt(config, variables, form))
