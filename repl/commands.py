"""The prompt's own commands, each declared by a decorator. Everything else typed at the prompt is SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ksql.display import OUTPUT_FORMATS, Display
from ksql.errors import ConfigError
from ksql.reasons import reason
from ksql.repl.shell_state import ShellState
from ksql.script import read_script
from ksql.tables import LEAST_WIDTH
from ksql.version import version

Action = Callable[[ShellState, str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """`usage` begins with the command's words; `action` gets what follows them."""

    words: str
    usage: str
    summary: str
    action: Action


class CommandError(Exception):
    """A command that cannot be carried out. The message is for the user."""


COMMANDS: dict[str, Command] = {}


def command(usage: str, summary: str, *, words: str = "") -> Callable[[Action], Action]:
    """Declare a command. `words` is what it begins with, by default the first word of `usage`."""

    def declare(action: Action) -> Action:
        name = words or usage.split(maxsplit=1)[0]
        COMMANDS[name] = Command(name, usage, summary, action)
        return action

    return declare


def find_command(text: str) -> tuple[Command, str] | None:
    """The command that `text` is, and what follows its words; None when it is SQL. Case and a final ';' do not matter."""
    typed = text.strip().rstrip(";").strip()
    lowered = " ".join(typed.lower().split())
    for name, found in COMMANDS.items():
        if lowered == name or lowered.startswith(name + " "):
            return found, typed.split(None, len(name.split()))[-1] if lowered != name else ""
    return None


@command("help", "this list")
def show_help(shell: ShellState, rest: str) -> None:  # noqa: ARG001
    width = max(len(found.usage) for found in COMMANDS.values())
    lines = [f"  {found.usage:<{width}}  {found.summary}" for found in COMMANDS.values()]
    shell.say("\n".join(["Commands:", *lines, "", *_HINTS]))


_HINTS = (
    "Everything else is SQL and ends with ;  For example:",
    "  SHOW STREAMS;  SHOW TABLES;  SHOW TOPICS;  SHOW QUERIES;  SHOW FUNCTIONS;",
    "  DESCRIBE name;  DESCRIBE FUNCTION name;  EXPLAIN statement;  PRINT topic FROM BEGINNING;",
    "  SELECT … ;               a pull query: what is there now",
    "  SELECT … EMIT CHANGES;   a push query: every change from now on; Ctrl-C ends it",
    "Tab completes, the arrow keys and Ctrl-R search the history, Ctrl-D leaves.",
)


@command("clear", "clear the screen")
def clear(shell: ShellState, rest: str) -> None:  # noqa: ARG001
    shell.clear()


@command("exit", "leave; queries go on at the next start")
def leave(shell: ShellState, rest: str) -> None:  # noqa: ARG001
    shell.leaving = True


@command("quit", "leave")
def leave_too(shell: ShellState, rest: str) -> None:
    leave(shell, rest)


@command("version", "the version of this program")
def show_version(shell: ShellState, rest: str) -> None:  # noqa: ARG001
    shell.say(f"ksql {version()}")


@command("history", "what was typed before")
def show_history(shell: ShellState, rest: str) -> None:  # noqa: ARG001
    shell.say("\n".join(shell.history()))


@command("output [TABULAR|JSON]", "show or set the form of results")
def output(shell: ShellState, rest: str) -> None:
    if rest:
        chosen = next((form for form in OUTPUT_FORMATS if form == rest.upper()), None)
        if chosen is None:
            raise CommandError(f"output is {' or '.join(OUTPUT_FORMATS)}, not {rest}")
        shell.display.output = chosen
    shell.say(f"Output is {shell.display.output}.")


@command("set cli wrap ON|OFF", "fold text that is too wide for its column, or cut it", words="set cli wrap")
def wrap(shell: ShellState, rest: str) -> None:
    if rest.upper() not in ("ON", "OFF"):
        raise CommandError("usage: set cli wrap ON|OFF")
    shell.display.tables.wrap = rest.upper() == "ON"
    shell.say(f"Wrap is {rest.upper()}.")


@command("set cli column-width N", "the most characters of a column; 0: what fits on the screen", words="set cli column-width")
def column_width(shell: ShellState, rest: str) -> None:
    if not rest.isdecimal() or 0 < int(rest) < LEAST_WIDTH:
        raise CommandError(f"usage: set cli column-width N, where N is 0 or at least {LEAST_WIDTH}")
    shell.display.tables.column_width = int(rest)
    shell.say(f"Column width is {int(rest) or 'what fits'}.")


@command("server", "which server this prompt talks to")
def server(shell: ShellState, rest: str) -> None:
    if rest:
        raise CommandError("this prompt talks to no other server; curl or a client of the REST API does")
    shell.say(f"None: this prompt runs the engine itself, on {shell.db.config.data or 'memory'}. `ksql server` serves others.")


@command("run script FILE", "carry out the statements of a file", words="run script")
def run_script(shell: ShellState, rest: str) -> None:
    try:
        script = read_script(str(_path(rest, "run script FILE")))
    except ConfigError as error:
        raise CommandError(str(error)) from error
    shell.run_script(script)


@command("spool FILE|OFF", "copy all results to a file")
def spool(shell: ShellState, rest: str) -> None:
    shell.end_spool()
    if rest.upper() == "OFF":
        shell.say("Spool is off.")
        return
    path = _path(rest, "spool FILE|OFF")
    try:
        shell.display.copy = Display(path.open("a", encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"cannot write {path}: {reason(error)}") from error
    shell.say(f"Spool goes to {path}.")


def _path(rest: str, usage: str) -> Path:
    name = rest.strip().strip("'\"")
    if not name:
        raise CommandError(f"usage: {usage}")
    return Path(name).expanduser()
