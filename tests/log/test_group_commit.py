"""Transactions that meet while another one commits share one commit, but not each other's faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from ksql.log import EmbeddedLog, LogError, LogWriteError, TopicConfig, UnknownTopicError
from ksql.log.embedded.database import Database
from tests.log.records import append, numbered, numbers
from tests.log.test_failures import no_file_beyond


class Gate:
    """Holds the first commit to the database until it is opened, and counts all of them."""

    def __init__(self) -> None:
        self.commits = 0
        self.reached, self.opened = threading.Event(), threading.Event()

    def commit(self, database: Database) -> None:
        self.commits += 1
        self.reached.set()
        self.opened.wait()
        real_commit(database)


real_commit = Database.commit


@pytest.fixture
def gate(embedded: EmbeddedLog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    embedded.create_topic("t", TopicConfig(partitions=4))
    gate = Gate()

    def commit(database: Database) -> None:
        gate.commit(database)

    monkeypatch.setattr(Database, "commit", commit)
    yield gate
    gate.opened.set()


def meet(log: EmbeddedLog, gate: Gate, actions: list[Callable[[], object]]) -> list[BaseException | None]:
    """Run each action in a thread of its own, all queued behind the first one's commit; returns their errors."""
    errors: list[BaseException | None] = [None] * len(actions)

    def run(number: int) -> None:
        try:
            actions[number]()
        except LogError as error:
            errors[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(actions))]
    for waiting, thread in enumerate(threads):
        thread.start()
        gate.reached.wait()
        while len(log._queue) < waiting:
            pass
    gate.opened.set()
    for thread in threads:
        thread.join()
    return errors


def appending(log: EmbeddedLog, partition: int, batch: pa.RecordBatch) -> Callable[[], object]:
    return lambda: append(log, "t", batch, partition=partition)


def test_waiting_transactions_share_a_commit(embedded: EmbeddedLog, gate: Gate) -> None:
    actions = [appending(embedded, n % 2, numbered(n // 2, 1)) for n in range(8)]
    assert meet(embedded, gate, actions) == [None] * 8
    assert gate.commits == 2
    assert [numbers(embedded, "t", p) for p in (0, 1)] == [[0, 1, 2, 3]] * 2


def test_one_that_fails_fails_alone(embedded: EmbeddedLog, gate: Gate) -> None:
    actions = [appending(embedded, p, numbered(0, 10 if p != 2 else 100, size=20_000 if p == 2 else 0)) for p in range(4)]
    with no_file_beyond(1_000_000):
        errors = meet(embedded, gate, actions)
    assert [type(error) for error in errors] == [type(None), type(None), LogWriteError, type(None)]
    assert [embedded.end_offset("t", p) for p in range(4)] == [10, 10, 0, 10]


def test_changes_of_topics_go_alone(embedded: EmbeddedLog, gate: Gate) -> None:
    actions: list[Callable[[], object]] = [
        appending(embedded, 0, numbered(0, 1)),
        appending(embedded, 1, numbered(0, 1)),
        lambda: embedded.delete_topic("t"),
        appending(embedded, 0, numbered(1, 1)),
    ]
    errors = meet(embedded, gate, actions)
    assert [type(error) for error in errors] == [type(None)] * 3 + [UnknownTopicError]
    assert gate.commits == 3
    assert embedded.topics() == {}
