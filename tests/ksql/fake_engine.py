"""An engine that answers from a table instead of working: what a test of the ways in needs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from ksql import headless, runner
from ksql.engine.catalog.definitions import Source
from ksql.engine.errors import StatementError
from ksql.engine.formats.contract import FormatOptions
from ksql.engine.results import Changes, Listing, Message, PushQuery, Result, Rows
from ksql.engine.types.sql_types import BIGINT, STRING, Column
from ksql.parser import Piece, split

COLUMNS = (Column("ID", STRING), Column("N", BIGINT))


def table(*rows: tuple[str | None, int | None]) -> pa.Table:
    return pa.table({"ID": pa.array([r[0] for r in rows], pa.string()), "N": pa.array([r[1] for r in rows], pa.int64())})


def source(name: str, *, is_table: bool, windowed: str | None = None) -> Source:
    return Source(
        name=name,
        is_table=is_table,
        key_columns=COLUMNS[:1],
        value_columns=COLUMNS[1:],
        topic=name,
        key_format="KAFKA",
        value_format="JSON",
        key_options=FormatOptions(is_key=True),
        value_options=FormatOptions(is_key=False),
        windowed=windowed,
    )


class FakePush:
    """Gives the changes put into it; None in the queue is the end (a LIMIT was reached)."""

    def __init__(self, *changes: Changes | Exception | None, statement: str = "", query_id: str = "push_1") -> None:
        self.statement = statement
        self.query_id = query_id
        self.columns = COLUMNS
        self.ended = threading.Event()
        self.limit_reached = False
        self.waiting: queue.Queue[Changes | Exception | None] = queue.Queue()
        for change in changes:
            self.waiting.put(change)

    def __iter__(self) -> Iterator[Changes]:
        while True:
            try:
                changes = self.next_changes(None)
            except StopIteration:
                return
            if changes is not None:
                yield changes

    def next_changes(self, timeout_s: float | None = None) -> Changes | None:
        try:
            change = self.waiting.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(change, Exception):
            raise change
        self.limit_reached = change is None and not self.closed
        if change is None or self.closed:
            raise StopIteration
        return change

    @property
    def closed(self) -> bool:
        return self.ended.is_set()

    def close(self) -> None:
        self.ended.set()
        self.waiting.put(None)


Answer = Callable[[str], Result]


class FakeSession:
    def __init__(self, engine: FakeEngine, properties: Mapping[str, str], variables: Mapping[str, str]) -> None:
        self._engine = engine
        self.properties = dict(properties)
        self.variables = dict(variables)

    @property
    def engine(self) -> FakeEngine:
        return self._engine

    def execute(self, text: str, *, parameters: Sequence[Any] = ()) -> Iterator[Result]:  # noqa: ARG002
        return map(self.run, split(text))

    def run(self, piece: Piece, *, note: tuple[str, str] | None = None) -> Result:  # noqa: ARG002
        self._engine.executed.append((piece.text, dict(self.properties), dict(self.variables)))
        for beginning, answer in self._engine.answers.items():
            if piece.text.upper().startswith(beginning):
                return answer(piece.text)
        raise StatementError("unknown statement", hint="try another")

    def insert_all(self, texts: Iterable[str]) -> tuple[int, None]:
        return sum(len(list(self.execute(text))) for text in texts), None


class FakeEngine:
    """`answers` maps the beginning of a statement to what it gives; `executed` is what was asked, with the session of it."""

    def __init__(self) -> None:
        self.pull_database: Any = SimpleNamespace(interrupt=lambda _: None)
        self.answers: dict[str, Answer] = {
            "CREATE": self._create,
            "INSERT": lambda text: Message(text, "inserted", {"@type": "insert"}),
            "SET": lambda text: Message(text, "set", {"@type": "properties"}),
            "SHOW FUNCTIONS": lambda text: Listing(text, [("", ["Name", "Type"], [["UCASE", "SCALAR"], ["SUM", "AGGREGATE"]])]),
            "SHOW": lambda text: Listing(text, [("", ["Name"], [["S"]])], {"@type": "streams", "streams": [{"name": "S"}]}),
            "SELECT * FROM T": lambda text: Rows(text, "q1", COLUMNS, table(("a", 1), ("b", None))),
        }
        self.config: dict[str, str] = {}
        self.executed: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.sources: dict[str, Source] = {"S": source("S", is_table=False), "T": source("T", is_table=True)}
        self.queries: dict[str, object] = {}

    def _create(self, text: str) -> Message:
        status = {"status": "SUCCESS", "message": "Stream created", "queryId": ""}
        return Message(
            text, "Stream created", {"@type": "currentStatus", "commandId": "stream/X/create", "commandStatus": status}
        )

    def session(
        self, *, properties: Mapping[str, str] | None = None, variables: Mapping[str, str] | None = None
    ) -> FakeSession:
        return FakeSession(self, properties or {}, variables or {})

    def start(self) -> None: ...

    def wait_idle(self, timeout_s: float | None = None) -> bool:  # noqa: ARG002
        return True

    def close(self) -> None: ...


def changes(*rows: tuple[str | None, int | None], deleted: bool = False) -> Changes:
    return Changes(table(*rows), [deleted] * len(rows))


def push_of(*parts: Changes | Exception | None) -> tuple[FakePush, Answer]:
    push = FakePush(*parts)

    def answer(text: str) -> PushQuery:
        push.statement = text
        return push

    return push, answer


def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts are run without a check before it, which needs an engine that works."""
    for module in (runner, headless):
        monkeypatch.setattr(module, "check", lambda session, to_do: None)  # noqa: ARG005
