"""The processes cases run in. Apart from other tests, since each of them imports this module."""

from __future__ import annotations

import os
import time

from tests.conformance.cases import Case
from tests.conformance.compare import Mode
from tests.conformance.outcome import Outcome
from tests.conformance.pool import Pool


def misbehave(case: Case, mode: Mode) -> Outcome:
    """Do what the case's name says. Runs in a process of the pool."""
    if case.name == "die":
        os._exit(3)
    if case.name == "hang":
        time.sleep(600)
    return Outcome(case.file, case.name, mode)


def test_the_pool_survives_a_case_that_dies_or_hangs() -> None:
    tasks: list[tuple[Case, Mode]] = [(Case("f", name, ("x",)), "exact") for name in ("a", "die", "b", "hang", "c")]
    with Pool(2, misbehave, timeout_s=3.0) as pool:
        causes = {outcome.name: outcome.cause for outcome in pool.run(tasks)}
    assert causes == {"a": "", "die": "crash", "b": "", "hang": "time", "c": ""}
