"""The changelog of a query's states: what restores them after a restart.

One topic per query. Each record is what one batch changed in one state, as an Arrow batch; replayed in order they give the
state. The topic does not grow for ever: when more than half of it is of no use any more, each batch also goes through some of
the oldest records and writes their rows that are in use again; what lies before is deleted. So the work of keeping it small is
spread over the batches, and no batch waits for a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ksql.engine.errors import QueryError
from ksql.engine.runtime import identity
from ksql.engine.runtime.ledger import Ledger
from ksql.engine.state.changes import decode_changes, encode_changes
from ksql.engine.state.stateful import Stateful
from ksql.log.contract import RECORD_SCHEMA, Log, MetadataTransaction, TopicConfig, Transaction, TransactionResult

#: Where an older version kept the number in the topic's name.
GENERATIONS = "query.changelogs"
#: A topic of fewer bytes is left alone.
_AT_LEAST = 4 << 20
#: A batch goes through so many times the bytes of old records that it writes, and at least so many bytes.
_PACE, _STRIDE = 2, 64 << 10
#: Old records are deleted when they are so large a part of the topic.
_DELETED_PART = 0.125
_SEGMENT_BYTES = 16 << 20
_LOST = "restore the data directory from a backup, or drop the query and create it again."


@dataclass(slots=True)
class _Old:
    """The oldest record that was not gone through, and from which row on."""

    offset: int
    state: Stateful
    changes: pa.RecordBatch
    bytes: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class _Written:
    """A record of the transaction under way: rows written again, or (None) what the state has staged."""

    state: Stateful
    again: pa.RecordBatch | None
    rows: int
    bytes: int


class Changelog:
    """Appends the changes of `states`, and restores them. A state that another one depends on comes before it."""

    def __init__(self, log: Log, query_id: str, states: Sequence[Stateful]) -> None:
        self._log = log
        self._query_id = query_id
        self._states = states
        self._by_name = {state.name: state for state in states}
        self._by_old_name = identity.by_old_name(states)
        self.topic = topic_name(log, query_id)
        self._ledger = Ledger()
        self._written: list[_Written] = []
        self._old: _Old | None = None
        #: The record to be gone through when `_old` is done with, and the bytes gone through that are not deleted yet.
        self._next_old = 0
        self._passed = 0.0

    def restore(self) -> None:
        """Replay the changelog into the states. Raises QueryError when it is lost or does not fit them."""
        if not self._states:
            return
        if self.topic not in self._log.topics():
            raise QueryError(f"the changelog {self.topic} is missing", query_id=self._query_id, hint=_LOST)
        identity.restore_old_numbers(self._log, self._query_id, self._states)
        self._next_old = self._log.start_offset(self.topic, 0)
        for record in self._records(self._next_old):
            self._ledger.enter(record.offset, len(record.changes), record.bytes)
            self._ledger.replace(record.state.restore(record.changes, record.offset))
        for state in self._states:
            state.publish(-1)

    def append(self, transaction: Transaction) -> None:
        """Add what the states have staged and, where too much of the topic is of no use, old rows that are in use."""
        staged = [(state, changes) for state in self._states if (changes := state.changes()) is not None]
        encoded = [encode_changes(state.name, changes) for state, changes in staged]
        self._written = []
        values = [*self._write_again(max(_PACE * sum(value.size for value in encoded), _STRIDE)), *encoded]
        for (state, changes), value in zip(staged, encoded, strict=True):
            self._written.append(_Written(state, None, len(changes), value.size))
        if values:
            transaction.append(self.topic, 0, _batch(values))

    def publish(self, result: TransactionResult) -> None:
        """The transaction is committed: what it holds is the state now. What lies before is deleted once it is worth while."""
        offset = result.base_offsets.get((self.topic, 0), -1)
        offsets = {}
        for written in self._written:
            self._ledger.enter(offset, written.rows, written.bytes)
            if written.again is None:
                offsets[written.state.name] = offset
            else:
                self._ledger.replace(written.state.restore(written.again, offset))
            offset += 1
        for state in self._states:
            self._ledger.replace(state.publish(offsets.get(state.name, -1)))
        if self._passed > max(_DELETED_PART * self._ledger.bytes, 1):
            self._delete_old()

    def delete(self, transaction: MetadataTransaction) -> None:
        """Forget everything: the query is gone."""
        if self.topic in self._log.topics():
            transaction.delete_topic(self.topic)
        transaction.put(GENERATIONS, self._query_id, None)
        transaction.put(identity.NUMBERS, self._query_id, None)

    def _write_again(self, budget: float) -> Iterator[pa.Buffer]:
        """Go through about `budget` bytes of old records; their rows that are in use, to be written again."""
        ledger = self._ledger
        while budget > 0 and ledger.bytes > max(_AT_LEAST, 2 * ledger.bytes_in_use):
            old = self._old = self._old or next(self._records(self._next_old, at_most=1))
            part = old.changes.slice(old.row, max(1, int(len(old.changes) * budget / old.bytes)))
            old.row += len(part)
            if old.row == len(old.changes):
                self._old, self._next_old = None, old.offset + 1
            passed = old.bytes * len(part) / len(old.changes)
            budget -= passed
            self._passed += passed
            ledger.remove(passed)
            if len(rows := old.state.in_use(part, old.offset)):
                value = encode_changes(old.state.name, rows)
                self._written.append(_Written(old.state, rows, len(rows), value.size))
                yield value

    def _delete_old(self) -> None:
        before = self._old.offset if self._old else self._next_old
        self._log.delete_records(self.topic, 0, before)
        self._ledger.forget_before(before)
        self._passed = 0.0

    def _records(self, offset: int, at_most: int = 65_536) -> Iterator[_Old]:
        """The records from `offset` on."""
        end = self._log.end_offset(self.topic, 0)
        while offset < end:
            fetched = self._log.fetch(self.topic, 0, offset, at_most)
            records, offset = fetched.records, fetched.next_offset
            for place, value in zip(records.column("offset").to_pylist(), records.column("value"), strict=True):
                data = value.as_buffer()
                name, version, changes = decode_changes(data)
                state = (self._by_old_name if version == 1 else self._by_name).get(name)
                if state is None:
                    raise identity.unknown(self._query_id, name, self._states)
                yield _Old(place, state, identity.adapted(self._query_id, state, version, changes), data.size)


def topic_name(log: Log, query_id: str) -> str:
    generation = log.scan(GENERATIONS).get(query_id, b"0").split()[0].decode()
    return f"_ksql_query_{query_id}-changelog-{generation}"


def create_topic(transaction: MetadataTransaction, log: Log, query_id: str, states: Sequence[Stateful]) -> None:
    """Create the changelog of a query that has something to remember, unless there is one."""
    name = topic_name(log, query_id)
    if states and name not in log.topics():
        transaction.create_topic(name, TopicConfig(segment_bytes=_SEGMENT_BYTES))


def _batch(values: Sequence[pa.Buffer]) -> pa.RecordBatch:
    n = len(values)
    ends = np.cumsum([0, *(value.size for value in values)], dtype=np.int32)
    # Values of megabytes are copied once, not as often as a builder's buffer grows.
    data = pa.py_buffer(np.concatenate([np.frombuffer(value, np.uint8) for value in values]))
    column = pa.Array.from_buffers(pa.binary(), n, [None, pa.py_buffer(ends), data])
    columns = [pa.nulls(n, pa.binary()), column, pa.array([0] * n, pa.int64())]
    return pa.RecordBatch.from_arrays([*columns, pa.nulls(n, RECORD_SCHEMA.field("headers").type)], schema=RECORD_SCHEMA)
