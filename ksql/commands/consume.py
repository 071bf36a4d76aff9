"""`ksql consume TOPIC`: a topic as lines of text."""

from __future__ import annotations

import click

from ksql.commands.options import separator, with_config
from ksql.config import Config


@click.command()
@click.argument("topic")
@click.option(
    "--from-beginning", is_flag=True, help="Begin at the oldest record (else nothing but a note of where the topic ends)."
)
@click.option("--max-messages", type=click.IntRange(1), metavar="N", help="End after N records.")
@click.option(
    "--key-separator", metavar="TEXT", callback=separator, help="Write the key too, and this text between key and value."
)
@with_config
def consume(config: Config, topic: str, from_beginning: bool, max_messages: int | None, key_separator: str | None) -> None:
    """Write the records of TOPIC to the standard output, one per line, and end.

    It owns the data directory while it runs, so nobody can append and there is nothing to wait for; to watch a topic, use
    PRINT in the process that runs the queries.
    """
    for option, given in (("--max-messages", max_messages), ("--key-separator", key_separator)):
        if given is not None and not from_beginning:
            raise click.UsageError(f"{option} needs --from-beginning: without it no record is written")
    from ksql.database import open_log
    from ksql.topics import consume_lines, record_count

    log = open_log(config)
    try:
        if not from_beginning:
            count = record_count(log, topic)
            click.echo(f"{topic} holds {count:,} record{'s'[: count != 1]}; --from-beginning writes them.", err=True)
            return
        for line in consume_lines(log, topic, key_separator=key_separator, max_messages=max_messages):
            click.echo(line)
    finally:
        log.close()
