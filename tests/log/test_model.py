"""Random transactions against a plain model, on every implementation; the embedded log is closed and opened in between."""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksql.log import RECORD_SCHEMA, CommittedOffset, EmbeddedLog, Log, MemoryLog, MetadataTransaction, TopicConfig
from tests.log.records import read

TOPICS = st.sampled_from(["t", "u"])
GROUPS = st.sampled_from(["g", "h"])
RECORD = st.tuples(st.none() | st.binary(max_size=3), st.none() | st.binary(max_size=300), st.integers(-5, 20))
STEP = st.one_of(
    st.tuples(st.just("append"), TOPICS, st.integers(0, 1), st.lists(RECORD, max_size=8)),
    st.tuples(st.just("append"), TOPICS, st.integers(0, 1), st.lists(RECORD, max_size=8)),
    st.tuples(st.just("offset"), TOPICS, GROUPS, st.integers(0, 9)),
    st.tuples(st.just("put"), st.sampled_from("ab"), st.none() | st.binary(max_size=3)),
    st.tuples(st.just("create"), TOPICS),
    st.tuples(st.just("delete"), TOPICS),
)
END = st.sampled_from(["commit", "commit", "commit", "abort", "reopen"]) | st.integers(0, 9)
TRANSACTION = st.tuples(st.lists(STEP, max_size=6), END)
CONFIG = TopicConfig(partitions=2, segment_bytes=3_000)


@dataclass
class Model:
    topics: dict[str, list[list[tuple[bytes | None, bytes | None, int]]]] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)  # of partition 0
    groups: dict[str, dict[tuple[str, int], int]] = field(default_factory=dict)
    entries: dict[str, bytes] = field(default_factory=dict)


def take_step(step: tuple, model: Model, transaction: MetadataTransaction) -> None:  # type: ignore[type-arg]
    """Do one step in both, if it is possible."""
    match step:
        case ("append", topic, partition, rows) if topic in model.topics:
            names = ("key", "value", "timestamp")
            batch = pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=RECORD_SCHEMA)
            transaction.append(topic, partition, batch)
            model.topics[topic][partition] += rows
        case ("offset", topic, group, offset) if topic in model.topics:
            transaction.commit_offsets(group, {(topic, 0): CommittedOffset(offset)})
            model.groups.setdefault(group, {})[topic, 0] = offset
        case ("put", key, value):
            transaction.put("s", key, value)
            model.entries.pop(key, None)
            model.entries |= {} if value is None else {key: value}
        case ("create", topic) if topic not in model.topics:
            transaction.create_topic(topic, CONFIG)
            model.topics[topic] = [[], []]
        case ("delete", topic) if topic in model.topics:
            transaction.delete_topic(topic)
            del model.topics[topic]
            model.starts.pop(topic, None)
            model.groups = {g: {p: o for p, o in at.items() if p[0] != topic} for g, at in model.groups.items()}


def delete_records(log: Log, model: Model, before: int) -> None:
    for topic, (rows, _) in model.topics.items():
        before = min(before, len(rows))
        log.delete_records(topic, 0, before)
        model.starts[topic] = max(before, model.starts.get(topic, 0))


def check(log: Log, model: Model) -> None:
    assert log.topics() == dict.fromkeys(model.topics, CONFIG)
    assert log.scan("s") == dict(sorted(model.entries.items()))
    groups = {g: at for g, at in model.groups.items() if at}
    assert {g: {p: c.offset for p, c in log.committed(g).items()} for g in log.groups()} == groups
    for topic, partitions in model.topics.items():
        for number, rows in enumerate(partitions):
            start = 0 if number else model.starts.get(topic, 0)
            assert (log.start_offset(topic, number), log.end_offset(topic, number)) == (start, len(rows))
            for max_records in (3, 65_536):
                found = read(log, topic, number, max_records)
                columns = [found.column(name).to_pylist() for name in ("key", "value", "timestamp")]
                assert list(zip(*columns, strict=True)) == rows[start:]
                assert found.column("offset").to_pylist() == list(range(start, len(rows)))
            for time in (-6, 0, 7, 21):
                later = (offset for offset, row in enumerate(rows) if offset >= start and row[2] >= time)
                expected = next(later, len(rows))
                assert log.offset_for_time(topic, number, time) == expected


@pytest.mark.parametrize("implementation", ["memory", "embedded"])
@settings(max_examples=60)
@given(transactions=st.lists(TRANSACTION, max_size=12))
def test_the_log_is_what_its_transactions_say(
    implementation: str,
    transactions: list[tuple[list[tuple], str | int]],  # type: ignore[type-arg]
) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as directory:
        log: Log = MemoryLog() if implementation == "memory" else EmbeddedLog(Path(directory), durability="os")
        for steps, end in transactions:
            transaction, wanted = log.change(), copy.deepcopy(model)
            for step in steps:
                take_step(step, wanted, transaction)
            if end == "abort":
                transaction.abort()
            else:
                transaction.commit()
                model = wanted
            if isinstance(end, int):
                delete_records(log, model, end)
            if end == "reopen" and implementation == "embedded":
                log.close()
                log = EmbeddedLog(Path(directory), durability="os")
            check(log, model)
        log.close()
