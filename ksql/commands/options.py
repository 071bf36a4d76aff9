"""Options that every command takes, and what they mean."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ksql.config import Config, load_config

T = TypeVar("T")

_OPTIONS = (
    click.option("--data", metavar="DIR", help="Data directory (environment: KSQL_DATA)."),
    click.option("--config-file", metavar="FILE", help="Properties file (environment: KSQL_CONFIG_FILE)."),
    click.option(
        "--durability", type=click.Choice(["fsync", "os"]), help="What a commit survives: power loss (fsync) or a crash (os)."
    ),
    click.option("--workers", type=int, metavar="N", help="Threads that work on queries (default: one per core, at most 4)."),
)
_NAMES = ("data", "config_file", "durability", "workers", "listen")


def with_config(command: Callable[..., T]) -> Callable[..., T]:
    """Give a command the options above, and hand it one `config` instead; those of `ksql` itself count where it has none."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> T:
        own: dict[str, Any] = {name: kwargs.pop(name, None) for name in _NAMES}
        above = click.get_current_context().find_root().params
        given: dict[str, Any] = {name: value if value is not None else above.get(name) for name, value in own.items()}
        return command(*args, config=load_config(**given), **kwargs)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def separator(ctx: click.Context, option: click.Parameter, text: str | None) -> str | None:  # noqa: ARG001
    """A separator as it was meant: shells make it hard to type a tab."""
    if text == "":
        raise click.BadParameter("it must not be empty")
    return text and text.replace("\\t", "\t")


def say_data_directory(config: Config) -> None:
    """Name the data directory on the error stream, so that it never mixes with results."""
    click.echo(f"Data directory: {config.data}", err=True)
