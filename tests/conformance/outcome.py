"""What judging one case in one mode ended in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.conformance.compare import Mode

#: Why a case failed, coarsely: to see at a glance what to do next.
Cause = Literal[
    "",
    "not supported",  # the engine says that it does not do this yet
    "refused",  # a correct statement was refused
    "not refused",  # a wrong statement was accepted
    "internal error",  # something else than a user-facing error came out of the engine
    "output",  # other records came out
    "sources",  # sources or topics are not as they should be afterwards
    "runner",  # the runner does not speak a format of the case
    "time",  # took too long
    "crash",  # the process died
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`cause` is empty when the case passed; `reason` says more, `detail` may be long (a traceback)."""

    file: str
    name: str
    mode: Mode
    cause: Cause = ""
    reason: str = ""
    detail: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return not self.cause


class CaseFailedError(Exception):
    """Ends the run of a case with a cause."""

    def __init__(self, cause: Cause, reason: str) -> None:
        super().__init__(reason)
        self.cause: Cause = cause
        self.reason = reason
