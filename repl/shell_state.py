"""What the prompt's commands work on: the session, the display, and how statements are run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from ksql.database import Database
from ksql.display import Display, OutputFormat
from ksql.errors import KsqlError
from ksql.runner import run_scripts
from ksql.script import Script


class ShellState:
    """State of the prompt between two inputs. `leaving` turns true when the user wants to go."""

    def __init__(
        self, db: Database, *, variables: Mapping[str, str], output: OutputFormat = "TABULAR", display: Display | None = None
    ) -> None:
        self.db = db
        self.session = db.engine.session(variables=variables)
        self.display = display or Display(output=output)
        self.leaving = False
        self.past: Iterable[str] = ()

    def run_script(self, script: Script) -> None:
        """Carry out statements up to the first that fails, whose error is shown."""
        try:
            run_scripts(self.session, [script], self.display)
        except KsqlError as error:
            self.display.error(str(error))
        except Exception as error:
            self.display.error(f"internal error, please report it: {type(error).__name__}: {error}")

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
