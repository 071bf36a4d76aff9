"""Runs one case in one mode on the test driver. Whatever the engine does, the answer is an Outcome, never an exception."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ksql.engine.errors import NotSupportedError, QueryError, StatementError
from ksql.parser import ParseError
from ksql.testing import Record, TestDriver
from tests.conformance import words
from tests.conformance.afterwards import judge_sources, judge_topics
from tests.conformance.cases import Case
from tests.conformance.codec import EncodeError, Serde, UnknownFormatError
from tests.conformance.compare import Judge, Mode
from tests.conformance.outcome import CaseFailedError, Cause, Outcome
from tests.conformance.topics import SourceLike, Topic, expected_record, topic_of, topic_of_case
from tests.conformance.values import INEXACT_FUNCTIONS, INEXACT_TOLERANCE

Json = Any
MakeDriver = Callable[..., Any]

#: Partitions a topic has by declaration where neither case nor statement says a number. (In truth every topic has one.)
DECLARED_PARTITIONS = 4


def run_case(case: Case, mode: Mode, make_driver: MakeDriver = TestDriver) -> Outcome:
    """Run and judge `case`."""
    started = time.perf_counter()
    outcome = Outcome(case.file, case.name, mode)
    try:
        _judge(case, mode, make_driver)
    except CaseFailedError as failure:
        outcome = replace(outcome, cause=failure.cause, reason=failure.reason)
    except Exception as error:  # a crash of the engine is a failure of the case
        outcome = replace(outcome, cause="internal error", reason=_one_line(error), detail=traceback.format_exc())
    return replace(outcome, seconds=time.perf_counter() - started)


def _judge(case: Case, mode: Mode, make_driver: MakeDriver) -> None:
    cache = mode == "batch"
    run = _Run(case, mode, make_driver(properties=case.properties, cache=cache))
    try:
        if run.execute_statements():
            return
        if cache and run.reads_changes_of_a_table():
            run.driver.close()
            run = _Run(case, mode, make_driver(properties=case.properties, cache=False))
            run.execute_statements()
        run.feed_and_judge()
    finally:
        run.driver.close()


class _Run:
    """One case on one driver."""

    def __init__(self, case: Case, mode: Mode, driver: Any) -> None:
        self.case = case
        self.mode = mode
        self.driver = driver
        #: Every source there ever was, so that topics of dropped sources can be read.
        self.sources: dict[str, SourceLike] = {}

    def execute_statements(self) -> bool:
        """Create the topics, execute all statements. True if the last one was to be refused, and was."""
        self._create_topics()
        last = len(self.case.statements) - 1
        for place, statement in enumerate(self.case.statements):
            try:
                self.driver.execute(statement)
            except (StatementError, ParseError) as error:
                refused = self.case.expected_error is not None and place == last and not isinstance(error, NotSupportedError)
                if refused:
                    return True
                raise CaseFailedError(_refusal(error), _one_line(error)) from error
            self.sources.update((source.name, source) for source in self.driver.sources())
        if self.case.expected_error is not None and not self.case.inputs:
            raise CaseFailedError("not refused", f"accepted: {self.case.statements[-1]}")
        return False

    def reads_changes_of_a_table(self) -> bool:
        """True if a stream is declared on a topic that a CREATE TABLE … AS SELECT writes."""
        tables = words.created_tables(self.case.statements)
        topics = {source.topic for source in self.sources.values() if source.name in tables}
        return any(not source.is_table and source.topic in topics for source in self.sources.values())

    def feed_and_judge(self) -> None:
        """Feed the inputs and judge the outputs, the sources and the topics."""
        topics = self._topics()
        try:
            self._feed(topics)
            if self.case.expected_error is not None:
                self._judge_refused_record()
            else:
                self._judge_outputs(topics)
        except QueryError as error:
            if self.case.expected_error is None:
                raise CaseFailedError("refused", f"processing failed: {_one_line(error)}") from error
        except (UnknownFormatError, EncodeError) as error:
            raise CaseFailedError("runner", str(error)) from error
        self._judge_afterwards()

    def _create_topics(self) -> None:
        declared = {topic["name"]: topic.get("partitions") for topic in self.case.topics}
        for topic in filter(None, map(words.declared_topic, self.case.statements)):
            declared[topic.name] = topic.partitions or declared.get(topic.name)
        for name, partitions in declared.items():
            self.driver.create_topic(name, partitions or DECLARED_PARTITIONS)

    def _topics(self) -> dict[str, Topic]:
        """What is known of each topic. Of several sources on one, that which a query writes says most."""
        writers = Counter(words.written_sources(self.case.statements))
        topics = {topic["name"]: topic_of_case(topic) for topic in self.case.topics}
        ordered = sorted(self.sources.values(), key=lambda source: (source.name in writers, source.is_table))
        for source in ordered:
            count = sum(count for name, count in writers.items() if self._topic_name(name) == source.topic)
            topics[source.topic] = topic_of(source, writers=count)
        return topics

    def _topic_name(self, source: str) -> str | None:
        return self.sources[source].topic if source in self.sources else None

    def _feed(self, topics: dict[str, Topic]) -> None:
        existing = set(self.driver.topics())
        for name in {record["topic"] for record in self.case.inputs} - existing:
            self.driver.create_topic(name, DECLARED_PARTITIONS)
        records = [_input_record(record, topics) for record in self.case.inputs]
        self.driver.feed(records, batch=self.mode == "batch")

    def _judge_refused_record(self) -> None:
        """A record that cannot be processed is skipped, so at least one input must have left nothing behind."""
        outputs = {record["topic"] for record in self.case.outputs}
        written = sum(len(self.driver.read(name)) for name in outputs)
        if written >= len(self.case.inputs):
            raise CaseFailedError("not refused", "every input record was processed")

    def _judge_outputs(self, topics: dict[str, Topic]) -> None:
        calls = words.called("\n".join(self.case.statements))
        tolerance = INEXACT_TOLERANCE if calls & INEXACT_FUNCTIONS else 0.0
        existing = set(self.driver.topics())
        for name in dict.fromkeys(record["topic"] for record in self.case.outputs):
            if name not in existing:
                raise CaseFailedError("output", f"there is no topic {name}; there are {', '.join(sorted(existing))}")
            topic = topics.get(name) or topic_of_case({"name": name})
            expected = [expected_record(record) for record in self.case.outputs if record["topic"] == name]
            actual = [topic.decode(record) for record in self.driver.read(name)]
            if difference := Judge(topic, tolerance).judge(expected, actual, self.mode):
                raise CaseFailedError("output", f"topic {name}: {difference}")

    def _judge_afterwards(self) -> None:
        now = self.driver.sources()
        difference = judge_sources(self.case.sources_after, {source.name: source for source in now})
        difference = difference or judge_topics(self.case.topics_after, self.driver.topics(), now)
        if difference:
            raise CaseFailedError("sources", difference)


def _input_record(record: Json, topics: dict[str, Topic]) -> Any:
    name = record["topic"]
    topic = topics.get(name) or Topic(name, Serde("KAFKA"), Serde("JSON"))
    key, value, timestamp, headers = topic.encode(record)
    return Record(name, key, value, timestamp, headers)


def _refusal(error: Exception) -> Cause:
    return "not supported" if isinstance(error, NotSupportedError) else "refused"


def _one_line(error: BaseException) -> str:
    text = " | ".join(line.strip() for line in str(error).splitlines() if line.strip())
    return f"{type(error).__name__}: {text}"[:600]
