"""One session at the prompt: runs what was typed, shows what comes back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from ksql.database import Database
from ksql.display import Display, OutputFormat
from ksql.engine.errors import KsqlError
from ksql.engine.results import Listing
from ksql.error_text import user_error_text
from ksql.parser import is_complete, split
from ksql.repl.commands import COMMANDS, CommandError, find_command
from ksql.repl.complete import Names
from ksql.runner import run_statements


class Shell:
    """State of the prompt between two inputs. `leaving` turns true when the user wants to go."""

    def __init__(
        self, db: Database, *, variables: Mapping[str, str], output: OutputFormat = "TABULAR", display: Display | None = None
    ) -> None:
        self.db = db
        self.session = db.engine.session(properties=db.config.properties, variables=variables)
        self.display = display or Display(output=output)
        self.leaving = False
        self.past: Iterable[str] = ()
        self._functions: list[str] | None = None

    def run(self, text: str) -> None:
        """Carry out one input: a command or statements. Errors are shown; Ctrl-C ends the statement only."""
        try:
            found = find_command(text)
            if found is not None:
                command, rest = found
                command.action(self, rest)
            elif text.strip():
                self.run_sql(text)
        except KeyboardInterrupt:
            self.say("Ended by Ctrl-C.")
        except CommandError as error:
            self.say(f"Error: {error}")

    def run_sql(self, sql: str) -> None:
        """Carry out statements up to the first that fails, whose error is shown."""
        try:
            run_statements(self.session, sql, self.display)
        except Exception as error:
            text = user_error_text(error)
            if text is None:
                text = f"internal error, please report it: {type(error).__name__}: {error}"
            self.display.error(text)

    def say(self, text: str) -> None:
        """Show lines of text."""
        self.display.line(text)

    def clear(self) -> None:
        """Clear the screen."""
        if sys.stdout.isatty():
            sys.stdout.write("\x1b[2J\x1b[H")
            sys.stdout.flush()

    def history(self) -> list[str]:
        """Inputs of this and earlier sessions, oldest first."""
        return list(self.past)

    def end_spool(self) -> None:
        """Close the file that results are copied to, if there is one."""
        copy, self.display.copy = self.display.copy, None
        if copy is not None:
            copy.file.close()

    def names(self) -> Names:
        """What completion may offer now."""
        sources = self.db.engine.sources
        return Names(
            streams={name: source.columns for name, source in sources.items() if not source.is_table},
            tables={name: source.columns for name, source in sources.items() if source.is_table},
            functions=self._function_names(),
            topics=sorted(self.db.log.topics()),
            queries=sorted(self.db.engine.queries),
            commands=list(COMMANDS),
        )

    def _function_names(self) -> list[str]:
        """Read once; without them completion still has all the rest."""
        if self._functions is None:
            try:
                results = [result for result in self.session.execute("SHOW FUNCTIONS;") if isinstance(result, Listing)]
            except KsqlError:
                return []
            self._functions = [row[0] for result in results for _, headers, rows in result.sections if headers for row in rows]
        return self._functions


def is_finished(text: str) -> bool:
    """Whether Enter should carry the input out: a command, nothing but comments, or complete statements."""
    return find_command(text) is not None or not split(text) or is_complete(text)
