"""One session at the prompt: runs what was typed, shows what comes back."""

from __future__ import annotations

from ksql.engine.results import Listing
from ksql.errors import KsqlError
from ksql.parser import is_complete, split
from ksql.repl.commands import COMMANDS, CommandError, find_command
from ksql.repl.complete import Names
from ksql.repl.shell_state import ShellState
from ksql.script import Script


class Shell(ShellState):
    """Carries out inputs, and knows what completion may offer."""

    _functions: list[str] | None = None

    def run(self, text: str) -> None:
        """Carry out one input: a command or statements. Errors are shown; Ctrl-C ends the statement only."""
        try:
            found = find_command(text)
            if found is not None:
                command, rest = found
                command.action(self, rest)
            elif text.strip():
                self.run_script(Script(text))
        except KeyboardInterrupt:
            self.say("Ended by Ctrl-C.")
        except CommandError as error:
            self.say(f"Error: {error}")

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
