"""Runs cases in processes that outlive a case, and survives a case that hangs or kills its process."""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from tests.conformance.cases import Case
from tests.conformance.compare import Mode
from tests.conformance.outcome import Outcome

Task = tuple[Case, Mode]
RunTask = Callable[[Case, Mode], Outcome]

# How often late cases are looked for.
_CHECK_EVERY_S = 0.5


class Pool:
    """`jobs` processes. `run_task` must be importable, for it is called in them."""

    def __init__(self, jobs: int, run_task: RunTask, timeout_s: float = 120.0) -> None:
        self._run_task = run_task
        self._timeout_s = timeout_s
        self._workers = [_Worker(run_task) for _ in range(jobs)]

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """The outcome of every task, as they come."""
        waiting = deque(tasks)
        while waiting or any(worker.task for worker in self._workers):
            for worker in self._workers:
                if waiting and worker.task is None:
                    worker.start(waiting.popleft())
            busy = {worker.connection: worker for worker in self._workers if worker.task}
            ready = wait(list(busy), _CHECK_EVERY_S)
            answers = (busy[connection].receive() for connection in busy if connection in ready)
            yield from (outcome for outcome in answers if outcome is not None)
            yield from (worker.give_up(self._timeout_s) for worker in self._workers if worker.is_late(self._timeout_s))

    def close(self) -> None:
        """End the processes. Safe to call twice."""
        for worker in self._workers:
            worker.stop()
        self._workers = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Worker:
    """One process and the task it is at."""

    def __init__(self, run_task: RunTask) -> None:
        self._run_task = run_task
        self.task: Task | None = None
        self._launch()

    def _launch(self) -> None:
        # When the process began with its task; None until it has imported what it needs, which is no case's time.
        self._since: float | None = None
        self._is_up = False
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._run_task), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, task: Task) -> None:
        self.task = task
        self._since = time.monotonic() if self._is_up else None
        with suppress(ConnectionError):  # a process that died at its start is found by `finish`
            self.connection.send(task)

    def receive(self) -> Outcome | None:
        """Take the answer, or None if the process only said that it is up. If it died over the task, replace it."""
        try:
            answer: Outcome | None = self.connection.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            code = self._process.exitcode
            case, mode = self._take_task()
            self._relaunch()
            return Outcome(case.file, case.name, mode, "crash", f"the process died (exit code {code})")
        if answer is None:
            self._is_up, self._since = True, time.monotonic()
        else:
            self._take_task()
        return answer

    def is_late(self, timeout_s: float) -> bool:
        return self._since is not None and self.task is not None and time.monotonic() - self._since > timeout_s

    def give_up(self, timeout_s: float) -> Outcome:
        """Kill the process over its task and replace it."""
        case, mode = self._take_task()
        self._relaunch()
        return Outcome(case.file, case.name, mode, "time", f"not done after {timeout_s:g} s", seconds=timeout_s)

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()

    def _take_task(self) -> Task:
        assert self.task is not None
        task, self.task = self.task, None
        return task

    def _relaunch(self) -> None:
        self.stop()
        self._launch()


def _serve(connection: Connection[Any, Any], run_task: RunTask) -> None:
    connection.send(None)
    while True:
        try:
            case, mode = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        connection.send(run_task(case, mode))
