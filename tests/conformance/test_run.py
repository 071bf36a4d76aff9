"""A whole case on a driver that only pretends to be an engine, and the report of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ksql.engine.errors import NotSupportedError, QueryError, StatementError
from tests.conformance.cases import Case
from tests.conformance.compare import MODES, Mode
from tests.conformance.outcome import Outcome
from tests.conformance.report import Report
from tests.conformance.run import run_case
from tests.conformance.test_cases import FakeSource

CREATE = "CREATE STREAM S (K STRING KEY, A INT) WITH (kafka_topic='s', value_format='JSON');"
QUERY = "CREATE STREAM O AS SELECT * FROM S;"
CASE = Case(
    file="f",
    name="n",
    statements=(CREATE, QUERY),
    inputs=({"topic": "s", "key": "k", "value": {"A": 1}, "timestamp": 7},),
    outputs=({"topic": "O", "key": "k", "value": {"A": 1}, "timestamp": 7},),
)


class CopyingDriver:
    """Copies every record of topic s to topic O. Statements that are exceptions' names raise them."""

    raises: Mapping[str, BaseException] = {}

    def __init__(self, properties: Mapping[str, str], cache: bool) -> None:
        self.properties = properties
        self.cache = cache
        self.batch = False
        self._topics: dict[str, int] = {}
        self._records: list[Any] = []

    def create_topic(self, name: str, partitions: int = 1) -> None:
        self._topics[name] = partitions

    def execute(self, sql: str) -> list[Any]:
        if sql in self.raises:
            raise self.raises[sql]
        return []

    def feed(self, records: list[Any], batch: bool) -> None:
        self._topics["O"] = 1
        self._records += records
        self.batch = batch
        if "feed" in self.raises:
            raise self.raises["feed"]

    def read(self, topic: str) -> list[Any]:
        return [replace(record, topic=topic) for record in self._records]

    def sources(self) -> list[FakeSource]:
        return [FakeSource(), FakeSource(name="O", topic="O")]

    def topics(self) -> dict[str, int]:
        return self._topics

    def close(self) -> None:
        pass


def run(case: Case, mode: Mode = "exact", **raises: BaseException) -> Outcome:
    """The outcome of `case` where executing `create` or `query`, or `feed`, raises an error."""
    renamed = {"create": CREATE, "query": QUERY}
    raised = {renamed.get(name, name): error for name, error in raises.items()}
    return run_case(case, mode, type("Driver", (CopyingDriver,), {"raises": raised}))


@pytest.mark.parametrize("mode", MODES)
def test_a_right_answer_passes(mode: Mode) -> None:
    outcome = run(CASE, mode)
    assert outcome.passed, outcome


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"outputs": ()}, ""),
        ({"outputs": CASE.outputs * 2}, "output"),
        ({"outputs": ({"topic": "O", "key": "k", "value": {"A": 2}},)}, "output"),
        ({"outputs": ({"topic": "P", "key": "k", "value": {"A": 1}},)}, "output"),
        ({"sources_after": ({"name": "O", "type": "table"},)}, "sources"),
        ({"topics_after": ({"name": "Q"},)}, "sources"),
    ],
)
def test_a_wrong_answer_fails(change: dict[str, Any], cause: str) -> None:
    assert run(replace(CASE, **change)).cause == cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (StatementError("no"), "refused"),
        (NotSupportedError("later"), "not supported"),
        (KeyError("x"), "internal error"),
        (AssertionError(), "internal error"),
    ],
)
def test_what_the_engine_raises_is_the_case_s_failure(error: BaseException, cause: str) -> None:
    assert run(CASE, query=error).cause == cause


EXPECTED_ERROR = Case("f", "n", (CREATE, QUERY), expected_error={"type": "E", "message": "m"})


@pytest.mark.parametrize(
    ("raises", "cause"),
    [
        ({"query": StatementError("no")}, ""),
        ({"query": NotSupportedError("later")}, "not supported"),
        ({"query": KeyError("x")}, "internal error"),
        ({"create": StatementError("too early")}, "refused"),
        ({}, "not refused"),
    ],
)
def test_an_expected_error_is_a_refusal_of_the_last_statement(raises: dict[str, BaseException], cause: str) -> None:
    assert run(EXPECTED_ERROR, "exact", **raises).cause == cause


def test_an_expected_error_may_come_from_processing() -> None:
    case = replace(CASE, expected_error={"type": "E"})
    assert run(case).cause == "not refused"
    assert run(case, feed=QueryError("cannot write")).passed
    assert run(CASE, feed=QueryError("cannot write")).cause == "refused"
    assert run(replace(case, inputs=CASE.inputs * 2, outputs=())).passed


def test_a_stream_over_the_changes_of_a_table_is_judged_with_the_cache_off() -> None:
    caches: list[bool] = []

    class Driver(CopyingDriver):
        def __init__(self, properties: Mapping[str, str], cache: bool) -> None:
            super().__init__(properties, cache)
            caches.append(cache)

        def sources(self) -> list[FakeSource]:
            return [FakeSource(name="T", topic="O", is_table=True), FakeSource(name="O", topic="O")]

    case = replace(CASE, statements=(CREATE, "CREATE TABLE T AS SELECT 1;", "CREATE STREAM O (A INT) WITH (kafka_topic='O');"))
    run_case(case, "batch", Driver)
    assert caches == [True, False]


def test_report() -> None:
    report = Report(("exact",), {"f": 1, "g": 0})
    report.outcomes += [Outcome("f", "a", "exact"), Outcome("f", "b", "exact", "output", "record 0: value")]
    assert report.last_line == "1 passed, 1 failed, 1 skipped"
    assert report.passed_percent == 50.0
    assert "failures: 1 output" in report.table()
    assert "f/b (exact): record 0: value" in report.details()
