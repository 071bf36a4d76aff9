"""The loop of the prompt: read, run, again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from ksql.config import Config
from ksql.database import Database
from ksql.display import OutputFormat
from ksql.repl.prompt_parts import STYLE, SqlCompleter, SqlLexer
from ksql.repl.shell import Shell, is_finished
from ksql.version import version


def prompt(config: Config, variables: Mapping[str, str], output: OutputFormat) -> int:
    """Run the prompt on the configured data directory until the user leaves; the exit code."""
    with Database(config) as db:
        shell = Shell(db, variables=variables, output=output)
        session = prompt_session(shell, _history(config.data))
        shell.past = session.history.get_strings()
        shell.say(banner(db))
        try:
            while not shell.leaving:
                _one_input(shell, session)
        except EOFError:
            pass
        finally:
            shell.end_spool()
    return 0


def banner(db: Database) -> str:
    """The lines at the start."""
    queries = len(db.engine.queries)
    running = f", {queries} {'query' if queries == 1 else 'queries'} running" if queries else ""
    return (
        f"ksql {version()}: streams and tables in SQL\n"
        f"Data directory: {db.config.data or 'none, all in memory'}{running}\n"
        "Statements end with ;  help lists commands, Ctrl-D leaves.\n"
    )


def prompt_session(shell: Shell, history: History) -> PromptSession[str]:
    """The editor: Enter runs a finished input and else begins a new line."""
    return PromptSession(
        [("class:prompt", "ksql> ")],
        style=STYLE,
        lexer=SqlLexer(),
        completer=SqlCompleter(shell.names),
        complete_while_typing=True,
        history=history,
        multiline=True,
        prompt_continuation=_continuation,
        key_bindings=_keys(),
    )


def _one_input(shell: Shell, session: PromptSession[str]) -> None:
    try:
        text = session.prompt()
    except KeyboardInterrupt:
        return
    shell.past = session.history.get_strings()
    shell.run(text)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None  # takes what is chosen in the menu
        elif is_finished(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


def _continuation(width: int, line_number: int, wrapped: int) -> StyleAndTextTuples:  # noqa: ARG001
    return [("class:prompt", f"{'...> ':>{width}}")]


def _history(data: Path | None) -> History:
    """Kept with the data, so that each directory has its own."""
    return InMemoryHistory() if data is None else FileHistory(str(data / "history"))
