"""Lines into topics and back."""

from __future__ import annotations

import io

import pytest

from ksql.log import MemoryLog, UnknownTopicError
from ksql.topics import consume_lines, ensure_topic, produce_lines, record_count


def produce(log: MemoryLog, text: bytes, **options: str) -> int:
    return produce_lines(log, "t", io.BytesIO(text), clock=lambda: 5, **options)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (b"a\nb\r\n\nc", {}, ["null|a", "null|b", "null|c"]),
        (b"k:v\nk2:v:w\nnokey\n:empty\n", {"key_separator": ":"}, ["k|v", "k2|v:w", "null|nokey", "|empty"]),
        (b"k=>NIL\nNIL=>v\n", {"key_separator": "=>", "null_marker": "NIL"}, ["k|null", "null|v"]),
        (b"\xff\n", {}, ["null|\\xff"]),
        (b"", {}, []),
    ],
)
def test_lines_there_and_back(text: bytes, options: dict[str, str], expected: list[str]) -> None:
    log = MemoryLog()
    assert ensure_topic(log, "t")
    assert produce(log, text, **options) == len(expected)
    assert list(consume_lines(log, "t", key_separator="|")) == expected
    assert record_count(log, "t") == len(expected)
    assert log.fetch("t", 0, 0).column("timestamp").to_pylist() == [5] * len(expected)


def test_a_key_keeps_its_partition_and_null_keys_move_on() -> None:
    log = MemoryLog()
    ensure_topic(log, "t", 3)
    produce(log, b"a:1\na:2\nb:3\n", key_separator=":")
    produce(log, b"x\ny\n")
    assert record_count(log, "t") == 5
    ends = [log.end_offset("t", p) for p in range(3)]
    produce(log, b"a:4\n", key_separator=":")
    [moved] = [p for p in range(3) if log.end_offset("t", p) > ends[p]]
    assert b"a" in log.fetch("t", moved, 0).column("key").to_pylist()


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
