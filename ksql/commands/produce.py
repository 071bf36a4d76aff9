"""`ksql produce TOPIC`: lines of text into a topic."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import click

from ksql.commands.options import with_config
from ksql.config import Config


@click.command()
@click.argument("topic")
@click.option("--file", metavar="FILE", help="Read this file instead of the standard input.")
@click.option("--key-separator", metavar="TEXT", help="What stands before it in a line is the key.")
@click.option(
    "--null-marker", metavar="TEXT", help="A key or value of just this text is null (a null value deletes in a table)."
)
@click.option(
    "--partitions", type=click.IntRange(1), default=1, show_default=True, help="Partitions, when the topic is created."
)
@with_config
def produce(
    *, config: Config, topic: str, file: str | None, key_separator: str | None, null_marker: str | None, partitions: int
) -> None:
    """Append each line of the standard input, or of a file, to TOPIC as a record. A missing topic is created."""
    from ksql.database import open_log
    from ksql.topics import ensure_topic, produce_lines

    with _source(file) as source:
        log = open_log(config)
        try:
            if ensure_topic(log, topic, partitions):
                click.echo(f"Created topic {topic} with {partitions} partition{'s'[: partitions > 1]}.", err=True)
            count = produce_lines(log, topic, source, key_separator=key_separator, null_marker=null_marker)
        finally:
            log.close()
    click.echo(f"{count:,} records appended to {topic}.", err=True)


def _source(file: str | None) -> BinaryIO | nullcontext[BinaryIO]:
    if file is None or file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise click.ClickException(f"cannot read {file}: {error}") from error
