"""What every implementation of the log promises."""

from __future__ import annotations

import threading

import pyarrow as pa
import pytest

from ksql.log import (
    FETCH_SCHEMA,
    GONE,
    RECORD_SCHEMA,
    CommittedOffset,
    Fetched,
    Log,
    LogError,
    OffsetOutOfRangeError,
    TopicConfig,
    TopicExistsError,
    Transaction,
    UnknownTopicError,
)
from ksql.log.batches import NOTHING
from tests.log.records import append, numbered, numbers, read, records, values


def test_a_new_topic_is_empty(log: Log) -> None:
    log.create_topic("t", TopicConfig(partitions=2, retention_ms=5))
    assert log.topics() == {"t": TopicConfig(partitions=2, retention_ms=5)}
    assert (log.start_offset("t", 1), log.end_offset("t", 1)) == (0, 0)
    assert log.fetch("t", 1, 0).records.schema == FETCH_SCHEMA
    assert log.fetch("t", 1, 0).records.num_rows == 0
    assert log.offset_for_time("t", 1, 0) == 0


def test_records_come_back_as_they_were_appended(log: Log) -> None:
    log.create_topic("t")
    given = records("a", None, "", "ü", start_ms=-3, headers=[("h", b"\x00"), ("h", b"2")])
    assert append(log, "t", given) == 0
    fetched = log.fetch("t", 0, 0).records
    assert fetched.schema == FETCH_SCHEMA
    assert fetched.select(RECORD_SCHEMA.names).equals(given)
    assert fetched.column("offset").to_pylist() == [0, 1, 2, 3]


def test_null_and_empty_keys_differ(log: Log) -> None:
    log.create_topic("t")
    rows = [
        {"key": None, "value": b"", "timestamp": 1, "headers": None},
        {"key": b"", "value": None, "timestamp": 1, "headers": []},
    ]
    given = pa.RecordBatch.from_pylist(rows, schema=RECORD_SCHEMA)
    append(log, "t", given)
    assert log.fetch("t", 0, 0).records.select(RECORD_SCHEMA.names).equals(given)


def test_a_slice_of_a_batch_can_be_appended(log: Log) -> None:
    log.create_topic("t")
    append(log, "t", numbered(0, 100).slice(40, 3))
    assert numbers(log, "t") == [40, 41, 42]


@pytest.mark.parametrize("max_records", [1, 2, 3, 5, 100])
def test_fetch_crosses_batches(log: Log, max_records: int) -> None:
    log.create_topic("t")
    for start, count in [(0, 1), (1, 4), (5, 1), (6, 3)]:
        append(log, "t", numbered(start, count))
    assert numbers(log, "t", max_records=max_records) == list(range(9))
    for offset in range(9):
        fetched = log.fetch("t", 0, offset, max_records)
        assert 1 <= fetched.records.num_rows <= max_records
        assert fetched.records.column("offset").to_pylist() == list(range(offset, fetched.next_offset))
    for offset, most in [(9, max_records), (4, 0)]:
        assert log.fetch("t", 0, offset, most) == Fetched(NOTHING, offset)


def test_records_with_and_without_headers(log: Log) -> None:
    log.create_topic("t")
    given = [records("a"), records("b", headers=[("h", b"1")]), records("c", headers=[]), records("d")]
    for batch in given:
        append(log, "t", batch)
    append(log, "t", *given)
    headers = [None, [{"key": "h", "value": b"1"}], [], None]
    assert log.fetch("t", 0, 0).records.column("headers").to_pylist() == headers * 2
    assert [log.fetch("t", 0, offset, 1).records.column("headers").to_pylist() for offset in range(8)] == [
        [h] for h in headers * 2
    ]


def test_a_batch_larger_than_a_fetch(log: Log) -> None:
    log.create_topic("t")
    append(log, "t", numbered(0, 70_000), numbered(70_000, 70_000))
    assert read(log, "t").column("value").to_pylist() == [str(n).encode() for n in range(140_000)]


@pytest.mark.parametrize("offset", [-1, 4])
def test_fetch_out_of_range(log: Log, offset: int) -> None:
    log.create_topic("t")
    append(log, "t", records("a", "b", "c"))
    assert log.fetch("t", 0, 3).records.num_rows == 0
    with pytest.raises(OffsetOutOfRangeError, match=f"t-0 has no offset {offset}"):
        log.fetch("t", 0, offset)


def test_partitions_are_apart(log: Log) -> None:
    log.create_topic("t", TopicConfig(partitions=3))
    with log.transaction() as transaction:
        transaction.append("t", 2, records("c"))
        transaction.append("t", 0, records("a", "b"))
        transaction.append("t", 2, records("d"))
        result = transaction.commit()
    assert list(result.base_offsets.items()) == [(("t", 2), 0), (("t", 0), 0)]
    assert [values(log, "t", p) for p in range(3)] == [["a", "b"], [], ["c", "d"]]


def test_appending_nothing(log: Log) -> None:
    log.create_topic("t")
    append(log, "t", records("a"))
    assert append(log, "t", records()) == 1
    assert log.end_offset("t", 0) == 1


def test_unknown_topics_and_partitions(log: Log) -> None:
    log.create_topic("t")
    with log.transaction() as transaction:
        for topic, partition in [("u", 0), ("t", 1), ("t", -1)]:
            with pytest.raises(UnknownTopicError):
                transaction.append(topic, partition, records("a"))
            with pytest.raises(UnknownTopicError):
                log.fetch(topic, partition, 0)
            with pytest.raises(UnknownTopicError):
                log.end_offset(topic, partition)
    with pytest.raises(UnknownTopicError):
        log.delete_topic("u")
    with pytest.raises(TopicExistsError):
        log.create_topic("t")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "ü", "a b", "x" * 250])
def test_impossible_topic_names(log: Log, name: str) -> None:
    with pytest.raises(LogError, match="cannot be named"):
        log.create_topic(name)
    for count in (0, 2**31 - 1):
        with pytest.raises(LogError, match=f"1 to 100,000 partitions, not {count:,}"):
            log.create_topic("t", TopicConfig(partitions=count))


def test_records_that_are_none(log: Log) -> None:
    log.create_topic("t")
    without_time = records("a").set_column(2, RECORD_SCHEMA.field(2), pa.nulls(1, pa.int64()))
    with log.transaction() as transaction:
        with pytest.raises(LogError, match="schema"):
            transaction.append("t", 0, pa.RecordBatch.from_pydict({"a": [1]}))
        with pytest.raises(LogError, match="timestamp"):
            transaction.append("t", 0, without_time)
    assert log.end_offset("t", 0) == 0


def test_a_transaction_shows_at_once_or_not_at_all(log: Log) -> None:
    log.create_topic("t", TopicConfig(partitions=2))

    def picture() -> object:
        return log.topics(), [log.end_offset("t", p) for p in (0, 1)], log.committed("g"), log.scan("s"), list(log.groups())

    before = picture()
    for end in ("abort", "commit"):
        transaction = log.change()
        transaction.append("t", 0, records("a"))
        transaction.append("t", 1, records("b"))
        transaction.create_topic("u", TopicConfig())
        transaction.append("u", 0, records("c"))
        transaction.commit_offsets("g", {("t", 0): CommittedOffset(1, "note")})
        transaction.put("s", "k", b"v")
        assert picture() == before
        getattr(transaction, end)()
        transaction.abort()
        assert (picture() == before) == (end == "abort")
    assert values(log, "u") == ["c"]
    assert log.committed("g") == {("t", 0): CommittedOffset(1, "note")}
    assert log.scan("s") == {"k": b"v"}


def test_only_a_change_touches_more_than_records(log: Log) -> None:
    metadata = {"create_topic", "delete_topic", "delete_group", "put"}
    assert metadata.isdisjoint(dir(log.transaction()))
    assert metadata.issubset(dir(log.change()))


def append_and_fail(transaction: Transaction) -> None:
    transaction.append("t", 0, records("a"))
    raise ZeroDivisionError


def test_an_exception_aborts(log: Log) -> None:
    log.create_topic("t")
    transaction = log.transaction()
    with pytest.raises(ZeroDivisionError), transaction:
        append_and_fail(transaction)
    assert log.end_offset("t", 0) == 0
    with pytest.raises(LogError, match="ended"):
        transaction.append("t", 0, records("a"))


def test_open_transactions_keep_commit_order(log: Log) -> None:
    log.create_topic("t")
    first, second = log.transaction(), log.transaction()
    first.append("t", 0, records("first"))
    second.append("t", 0, records("second"))
    assert second.commit().base_offsets == {("t", 0): 0}
    assert first.commit().base_offsets == {("t", 0): 1}
    assert values(log, "t") == ["second", "first"]


def test_a_topic_goes_while_a_transaction_is_open(log: Log) -> None:
    log.create_topic("t")
    transaction = log.change()
    transaction.append("t", 0, records("a"))
    transaction.put("s", "k", b"v")
    log.delete_topic("t")
    with pytest.raises(UnknownTopicError):
        transaction.commit()
    assert log.scan("s") == {}


def test_two_transactions_create_one_topic(log: Log) -> None:
    first, second = log.change(), log.change()
    first.create_topic("t", TopicConfig())
    second.create_topic("t", TopicConfig(partitions=2))
    first.commit()
    with pytest.raises(TopicExistsError):
        second.commit()
    assert log.topics() == {"t": TopicConfig()}


def test_a_topic_replaced_in_one_transaction(log: Log) -> None:
    log.create_topic("t")
    append(log, "t", records("old"))
    with log.change() as transaction:
        transaction.append("t", 0, records("lost"))
        transaction.delete_topic("t")
        with pytest.raises(UnknownTopicError):
            transaction.append("t", 0, records("nowhere"))
        transaction.create_topic("t", TopicConfig(partitions=2))
        transaction.append("t", 1, records("new"))
    assert [values(log, "t", p) for p in (0, 1)] == [[], ["new"]]


def test_a_topic_created_and_deleted_in_one_transaction(log: Log) -> None:
    with log.change() as transaction:
        transaction.create_topic("t", TopicConfig())
        transaction.append("t", 0, records("a"))
        transaction.delete_topic("t")
    assert log.topics() == {}


def test_groups(log: Log) -> None:
    for topic in ("t", "u"):
        log.create_topic(topic)
    with log.transaction() as transaction:
        transaction.commit_offsets("g", {("t", 0): CommittedOffset(1)})
        transaction.commit_offsets("g", {("u", 0): CommittedOffset(2, "x"), ("t", 0): CommittedOffset(3)})
        transaction.commit_offsets("h", {("t", 0): CommittedOffset(9)})
    assert log.committed("g") == {("t", 0): CommittedOffset(3), ("u", 0): CommittedOffset(2, "x")}
    assert list(log.groups()) == ["g", "h"]
    log.delete_topic("t")
    assert log.committed("g") == {("u", 0): CommittedOffset(2, "x")}
    assert list(log.groups()) == ["g"]
    with log.change() as transaction:
        transaction.commit_offsets("g", {("u", 0): CommittedOffset(4)})
        transaction.delete_group("g")
        transaction.delete_group("unknown")
    assert (log.committed("g"), list(log.groups())) == ({}, [])


def test_metadata_is_ordered_by_key(log: Log) -> None:
    with log.change() as transaction:
        for key in ("b", "a", "c", "d"):
            transaction.put("s", key, key.encode())
        transaction.put("other", "z", b"")
        transaction.put("s", "d", None)
    with log.change() as transaction:
        transaction.put("s", "b", None)
        transaction.put("s", "unknown", None)
        transaction.put("s", "A", b"1")
    assert list(log.scan("s").items()) == [("A", b"1"), ("a", b"a"), ("c", b"c")]
    assert log.scan("other") == {"z": b""}
    assert log.scan("unknown") == {}


def test_offset_for_time(log: Log) -> None:
    log.create_topic("t")
    times = [50, 10, 30, 90, 20, 90, 95, 60]
    for start in (0, 3, 6):
        rows = [{"key": None, "value": b"", "timestamp": t, "headers": None} for t in times[start : start + 3]]
        append(log, "t", pa.RecordBatch.from_pylist(rows, schema=RECORD_SCHEMA))
    for wanted in range(0, 100, 5):
        expected = next((offset for offset, time in enumerate(times) if time >= wanted), len(times))
        assert log.offset_for_time("t", 0, wanted) == expected


def test_deleted_records_are_gone(log: Log) -> None:
    log.create_topic("t", TopicConfig(partitions=2))
    for start, count in [(0, 3), (3, 3), (6, 1)]:
        append(log, "t", numbered(start, count))
    for before, start in [(0, 0), (1, 1), (4, 4), (2, 4), (-1, 4), (6, 6)]:
        log.delete_records("t", 0, before)
        assert (log.start_offset("t", 0), log.end_offset("t", 0)) == (start, 7)
        assert numbers(log, "t", max_records=2) == list(range(start, 7))
        if start:
            with pytest.raises(OffsetOutOfRangeError, match=f"t-0 has no offset {start - 1}"):
                log.fetch("t", 0, start - 1)
        assert [log.offset_for_time("t", 0, 10 * n) for n in range(8)] == [max(n, start) for n in range(8)]
    with pytest.raises(OffsetOutOfRangeError, match="t-0 has no offset 8"):
        log.delete_records("t", 0, 8)
    with pytest.raises(UnknownTopicError):
        log.delete_records("t", 2, 0)


def test_a_partition_goes_on_after_all_its_records_were_deleted(log: Log) -> None:
    log.create_topic("t")
    append(log, "t", numbered(0, 3))
    for end in (3, 5):
        log.delete_records("t", 0, end)
        assert (log.start_offset("t", 0), log.end_offset("t", 0)) == (end, end)
        assert log.fetch("t", 0, end).records.num_rows == 0
        assert log.offset_for_time("t", 0, 0) == end
        assert append(log, "t", numbered(end, 2)) == end
        assert numbers(log, "t") == [end, end + 1]


def test_a_time_that_only_deleted_records_had(log: Log) -> None:
    log.create_topic("t")
    append(log, "t", records("a", "b", start_ms=100))
    append(log, "t", records("c", start_ms=50))
    log.delete_records("t", 0, 1)
    assert [log.offset_for_time("t", 0, time) for time in (100, 101, 102)] == [1, 1, 3]
    log.delete_records("t", 0, 2)
    assert [log.offset_for_time("t", 0, time) for time in (50, 51, 100)] == [2, 3, 3]


def test_subscribers_hear_of_commits(log: Log) -> None:
    seen: list[int] = []
    unsubscribe = log.subscribe(lambda: seen.append(log.end_offset("t", 0) if "t" in log.topics() else -1))
    log.create_topic("t")
    append(log, "t", records("a", "b"))
    log.transaction().abort()
    unsubscribe()
    unsubscribe()
    append(log, "t", records("c"))
    assert seen == [0, 2]


def test_followers_are_told_of_ends(log: Log) -> None:
    told: list[dict[tuple[str, int], int]] = []
    for name in ("t", "u"):
        log.create_topic(name, TopicConfig(partitions=2))
    append(log, "t", records("a", "b"), partition=1)
    unfollow = log.follow([("t", 0), ("t", 1), ("u", 0)], lambda ends: told.append(dict(ends)))
    with log.transaction() as transaction:
        for topic, partition in [("t", 1), ("u", 0), ("u", 1)]:
            transaction.append(topic, partition, records("c"))
        transaction.append("t", 0, records())
    log.transaction().abort()
    append(log, "u", records("d"), partition=1)
    log.delete_records("t", 1, 2)
    log.delete_topic("t")
    log.create_topic("t", TopicConfig(partitions=1))
    append(log, "t", records("e"))
    unfollow()
    unfollow()
    append(log, "t", records("f"))
    first, *moves = told
    assert first == {("t", 0): 0, ("t", 1): 2, ("u", 0): 0}
    assert {**first, **moves[0]} == {("t", 0): 0, ("t", 1): 3, ("u", 0): 1}
    assert moves[1:] == [{("t", 0): GONE, ("t", 1): GONE}, {("t", 0): 0}, {("t", 0): 1}]
    with pytest.raises(UnknownTopicError):
        log.follow([("t", 0), ("t", 1)], told.append)  # type: ignore[arg-type]


def test_a_commit_is_told_before_subscribers_are_woken(log: Log) -> None:
    log.create_topic("t")
    seen: list[object] = []
    log.follow([("t", 0)], lambda ends: seen.append(ends["t", 0]))
    log.subscribe(lambda: seen.append("woken"))
    append(log, "t", records("a"))
    assert seen == [0, 1, "woken"]


def test_a_closed_log_takes_nothing(log: Log) -> None:
    log.create_topic("t")
    transaction = log.transaction()
    transaction.append("t", 0, records("a"))
    log.close()
    log.close()
    with pytest.raises(LogError, match="closed"):
        transaction.commit()


def test_many_threads(log: Log) -> None:
    """Every commit lands once, whole, and in the order its thread made it, while readers see only whole commits."""
    log.create_topic("t", TopicConfig(partitions=2))
    torn: list[object] = []

    def write(name: int) -> None:
        for number in range(40):
            with log.transaction() as transaction:
                for partition in (0, 1):
                    transaction.append("t", partition, records(f"{name} {number}"))
                transaction.commit_offsets(f"g{name}", {("t", 0): CommittedOffset(number)})

    def watch() -> None:
        for _ in range(200):
            first, second = log.end_offset("t", 0), log.end_offset("t", 1)
            if second < first:
                torn.append((first, second))

    told: list[dict[tuple[str, int], int]] = []
    log.follow([("t", 0), ("t", 1)], lambda ends: told.append(dict(ends)))
    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)] + [threading.Thread(target=watch)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not torn
    assert told == sorted(told, key=lambda ends: ends["t", 0])
    assert all(ends["t", 0] == ends["t", 1] for ends in told)
    found = [[str(value).split() for value in values(log, "t", p)] for p in (0, 1)]
    assert found[0] == found[1]
    for name in range(4):
        assert [int(n) for writer, n in found[0] if writer == str(name)] == list(range(40))
        assert log.committed(f"g{name}") == {("t", 0): CommittedOffset(39)}
