"""`ksql produce TOPIC`: lines of text into a topic."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from ksql.commands.options import separator, with_config
from ksql.config import Config
from ksql.reasons import reason

if TYPE_CHECKING:
    from ksql.log.contract import Log


@click.command()
@click.argument("topic")
@click.option("--file", metavar="FILE", help="Read this file instead of the standard input.")
@click.option(
    "--key-separator",
    metavar="TEXT",
    callback=separator,
    help="What stands before it in a line is the key; a line without it is an error. \\t is a tab.",
)
@click.option(
    "--null-marker", metavar="TEXT", help="A key or value of just this text is null (a null value deletes in a table)."
)
@click.option(
    "--partitions",
    type=click.IntRange(1),
    metavar="N",
    help="Partitions of the topic: one that is created has 1 by default, one that exists must have as many.",
)
@with_config
def produce(
    *, config: Config, topic: str, file: str | None, key_separator: str | None, null_marker: str | None, partitions: int | None
) -> None:
    """Append each line of the standard input, or of a file, to TOPIC as a record. A missing topic is created."""
    from ksql.database import open_log
    from ksql.topics import ensure_topic

    with _source(file) as source:
        log = open_log(config)
        try:
            if ensure_topic(log, topic, partitions):
                count = partitions or 1
                click.echo(f"Created topic {topic} with {count} partition{'s'[: count > 1]}.", err=True)
            _append(log, topic, source, key_separator, null_marker)
        finally:
            log.close()


def _append(log: Log, topic: str, source: BinaryIO, key_separator: str | None, null_marker: str | None) -> None:
    """Append the lines; say how many there were, also when Ctrl-C or an error ends it."""
    from ksql.topics import produce_lines, record_count

    before = record_count(log, topic)
    try:
        produce_lines(log, topic, source, key_separator=key_separator, null_marker=null_marker)
    except KeyboardInterrupt:
        click.echo(err=True)
        raise click.exceptions.Exit(130) from None
    finally:
        count = record_count(log, topic) - before
        click.echo(f"{count:,} record{'s'[: count != 1]} appended to {topic}.", err=True)


def _source(file: str | None) -> BinaryIO | nullcontext[BinaryIO]:
    if file is None or file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise click.ClickException(f"cannot read {file}: {reason(error)}") from error
