"""Lines into topics and back."""

from __future__ import annotations

import io

import pytest

from ksql import topics
from ksql.errors import KsqlError
from ksql.log import MemoryLog, TopicExistsError, UnknownTopicError
from ksql.topics import consume_lines, ensure_topic, produce_lines, record_count


def produce(log: MemoryLog, text: bytes, **options: str) -> int:
    return produce_lines(log, "t", io.BytesIO(text), clock=lambda: 5, **options)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (b"a\nb\r\n\nc", {}, ["null|a", "null|b", "null|c"]),
        (b"k:v\nk2:v:w\n:empty\nlast:\r", {"key_separator": ":"}, ["k|v", "k2|v:w", "|empty", "last|"]),
        (b"k=>NIL\nNIL=>v\n", {"key_separator": "=>", "null_marker": "NIL"}, ["k|null", "null|v"]),
        (b"\xff\n", {}, ["null|\\xff"]),
        (b"k\xffv\n", {"key_separator": "\udcff"}, ["k|v"]),
        (b"", {}, []),
    ],
)
def test_lines_there_and_back(text: bytes, options: dict[str, str], expected: list[str]) -> None:
    log = MemoryLog()
    assert ensure_topic(log, "t")
    assert produce(log, text, **options) == len(expected)
    assert list(consume_lines(log, "t", key_separator="|")) == expected
    assert record_count(log, "t") == len(expected)
    assert log.fetch("t", 0, 0).records.column("timestamp").to_pylist() == [5] * len(expected)


def test_a_key_keeps_its_partition_and_null_keys_move_on() -> None:
    log = MemoryLog()
    ensure_topic(log, "t", 3)
    produce(log, b"a:1\na:2\nb:3\n", key_separator=":")
    produce(log, b"x\ny\n")
    assert record_count(log, "t") == 5
    ends = [log.end_offset("t", p) for p in range(3)]
    produce(log, b"a:4\n", key_separator=":")
    [moved] = [p for p in range(3) if log.end_offset("t", p) > ends[p]]
    assert b"a" in log.fetch("t", moved, 0).records.column("key").to_pylist()


def test_batches_without_keys_go_to_the_shortest_partition() -> None:
    log = MemoryLog()
    ensure_topic(log, "t", 3)
    for _ in range(4):
        produce(log, b"x\ny\n")
    assert sorted(log.end_offset("t", p) for p in range(3)) == [2, 2, 4]


class Pipe(io.BytesIO):
    """Can be read once only."""

    def seekable(self) -> bool:
        return False


TEXT = b"a:1\n\nb:2\nno key\nc:3\nneither\n"


@pytest.mark.parametrize(("source", "appended"), [(io.BytesIO(TEXT), []), (Pipe(TEXT), ["a|1", "b|2"])])
def test_a_line_without_the_separator_is_named(source: io.BytesIO, appended: list[str]) -> None:
    log = MemoryLog()
    ensure_topic(log, "t")
    with pytest.raises(KsqlError, match="line 4 has no key separator ':': no key"):
        produce_lines(log, "t", source, key_separator=":")
    assert list(consume_lines(log, "t", key_separator="|")) == appended


@pytest.mark.parametrize(("batch", "read"), [(2, 1 << 20), (65_536, 7)])
def test_lines_are_counted_over_batches(batch: int, read: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_BATCH_RECORDS", batch)
    monkeypatch.setattr(topics, "_READ_BYTES", read)
    log = MemoryLog()
    ensure_topic(log, "t")
    with pytest.raises(KsqlError, match="line 4 "):
        produce_lines(log, "t", Pipe(TEXT), key_separator=":")
    assert record_count(log, "t") == 2


def test_another_number_of_partitions_is_refused() -> None:
    log = MemoryLog()
    assert ensure_topic(log, "t", 3)
    assert not ensure_topic(log, "t")
    assert not ensure_topic(log, "t", 3)
    with pytest.raises(TopicExistsError, match="topic t exists with 3 partitions, not 5"):
        ensure_topic(log, "t", 5)


def test_at_most_so_many() -> None:
    log = MemoryLog()
    assert ensure_topic(log, "t")
    assert not ensure_topic(log, "t")
    produce(log, b"1\n2\n3\n")
    assert list(consume_lines(log, "t", max_messages=2)) == ["1", "2"]


def test_an_unknown_topic_names_its_neighbours() -> None:
    log = MemoryLog()
    ensure_topic(log, "flights")
    with pytest.raises(UnknownTopicError, match="no topic called flight") as caught:
        list(consume_lines(log, "flight"))
    assert "flights" in caught.value.hint
