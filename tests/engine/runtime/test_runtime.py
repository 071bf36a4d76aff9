"""Workers take queries in turns, and light batches never wait for heavy ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

from ksql.engine.catalog.definitions import QueryInfo
from ksql.engine.runtime.runtime import RunningQuery, Runtime
from ksql.engine.runtime.task import Task
from ksql.log import MemoryLog
from ksql.log.contract import UnknownTopicError

TIMEOUT_S = 30.0


@dataclass
class FakeTask:
    """Has so many batches; `work` is called for each."""

    batches: int
    light: bool
    work: Callable[[], None]

    def has_more(self) -> bool:
        return self.batches > 0

    def due_in_ms(self) -> None:
        return None

    def is_light(self) -> bool:
        return self.light

    def close(self) -> None:
        pass

    def step(self) -> int:
        self.work()
        self.batches -= 1
        return 1


def _query(name: str, task: FakeTask) -> RunningQuery:
    info = QueryInfo(id=name, statement="", sources=(), sink="")
    return RunningQuery(info, lambda: cast(Task, task), task=cast(Task, task))


def test_queries_take_turns() -> None:
    order: list[str] = []
    runtime = Runtime(MemoryLog(), workers=1)
    for name in "abc":
        runtime.add(_query(name, FakeTask(3, False, partial(order.append, name))))
    runtime.add(_query("idle", FakeTask(0, True, lambda: order.append("idle"))))
    runtime.start()
    assert runtime.wait_idle(TIMEOUT_S)
    runtime.close()
    assert order == list("abcabcabc")


def test_a_light_batch_does_not_wait_for_a_heavy_one() -> None:
    light_done, waited = threading.Event(), []
    runtime = Runtime(MemoryLog(), workers=1)
    runtime.add(_query("heavy", FakeTask(1, False, lambda: waited.append(light_done.wait(TIMEOUT_S)))))
    runtime.add(_query("light", FakeTask(1, True, light_done.set)))
    runtime.start()
    assert runtime.wait_idle(TIMEOUT_S)
    runtime.close()
    assert waited == [True]


def test_a_heavy_batch_is_left_to_the_workers() -> None:
    threads: list[str] = []
    runtime = Runtime(MemoryLog(), workers=1)
    runtime.add(_query("heavy", FakeTask(4, False, lambda: threads.append(threading.current_thread().name))))
    runtime.start()
    assert runtime.wait_idle(TIMEOUT_S)
    runtime.close()
    assert set(threads) == {"ksql-worker-0"}


def test_a_query_that_cannot_be_asked_fails_alone() -> None:
    class Broken(FakeTask):
        def has_more(self) -> bool:
            raise UnknownTopicError("there is no topic t")

    runtime = Runtime(MemoryLog(), workers=1)
    broken, sound = _query("broken", Broken(1, False, lambda: None)), FakeTask(2, False, lambda: None)
    runtime.add(broken)
    runtime.add(_query("sound", sound))
    runtime.start()
    assert runtime.wait_idle(TIMEOUT_S)
    runtime.close()
    assert (sound.batches, broken.state, broken.error) == (0, "ERROR", "UnknownTopicError: there is no topic t")
