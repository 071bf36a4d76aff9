"""`ksql run FILE.sql`: carry out a file of statements and keep its queries running."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

from ksql.commands.execute import parse_variables, script_of
from ksql.commands.options import say_data_directory, with_config
from ksql.config import Config

if TYPE_CHECKING:
    from ksql.database import Database

#: How often a running process looks at the state of its queries, in seconds.
_LOOK_S = 1.0


@click.command()
@click.argument("file", metavar="FILE.sql")
@click.option(
    "--until-idle", is_flag=True, help="End when every query has committed all there is to read; a SELECT waits for that."
)
@click.option("--check", is_flag=True, help="Only say whether the file could be carried out.")
@click.option("-d", "--define", multiple=True, metavar="NAME=VALUE", help="Variable for ${NAME}; may be repeated.")
@with_config
def run(*, config: Config, file: str, until_idle: bool, check: bool, define: tuple[str, ...]) -> None:
    """Carry out FILE.sql and run its queries until stopped.

    Nothing is carried out when something in it is wrong. Started again with the same data directory, it goes on where it
    stopped: statements of the file that were carried out before are not carried out again. '-' reads the statements from the
    standard input.
    """
    script = script_of(file)
    variables = parse_variables(define)
    from ksql.database import Database
    from ksql.display import Display
    from ksql.headless import run_file

    say_data_directory(config)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: leave in order
    with Database(config) as db:
        db.session.variables.update(variables)
        run_file(db, script, Display(), until_idle=until_idle, only_check=check)
        if check:
            return
        if until_idle:
            db.wait_idle()
        else:
            _wait(db)
        failed = failed_queries(db)
        if failed:
            raise click.ClickException(f"stopped by an error: {', '.join(failed)}")


def failed_queries(db: Database) -> list[str]:
    """Ids of the queries that an error has stopped."""
    return [query_id for query_id, query in db.engine.queries.items() if query.state == "ERROR"]


def _wait(db: Database) -> None:
    """Wait for Ctrl-C or SIGTERM; a query that stops by an error is named once."""
    known: set[str] = set()
    count = len(db.engine.queries)
    click.echo(f"{count} {'query' if count == 1 else 'queries'} running; Ctrl-C stops.", err=True)
    stopped = threading.Event()
    try:
        while not stopped.wait(_LOOK_S):
            for query_id in set(failed_queries(db)) - known:
                known.add(query_id)
                click.echo(f"Query {query_id} was stopped by an error. EXPLAIN {query_id}; says more.", err=True)
    except KeyboardInterrupt:
        click.echo("Stopping.", err=True)
