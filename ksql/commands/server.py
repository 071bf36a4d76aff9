"""`ksql server`: the REST API over one engine."""

from __future__ import annotations

import signal

import click

from ksql.commands.execute import script_of
from ksql.commands.options import say_data_directory, with_config
from ksql.config import Config


@click.command()
@click.argument("file", metavar="[FILE.sql]", required=False)
@click.option("--listen", metavar="HOST:PORT", help="Where to listen (environment: KSQL_LISTEN; default 127.0.0.1:8088).")
@with_config
def server(config: Config, file: str | None) -> None:
    """Serve ksqlDB's REST API until stopped, after carrying out FILE.sql as `ksql run` does."""
    script = script_of(file) if file else None
    from ksql.database import Database
    from ksql.display import Display
    from ksql.headless import run_file
    from ksql.server.serve import serve

    say_data_directory(config)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: leave in order
    with Database(config) as db:
        if script is not None:
            run_file(db, script, Display(), until_idle=True)
        serve(db, config.host, config.port, ready=lambda url: click.echo(f"Listening on {url}; Ctrl-C stops it.", err=True))
