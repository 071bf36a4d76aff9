"""The changelog of a query's keyed state: what restores it after a restart.

One topic per query. Each record is what one batch changed in one operator's state, as an Arrow batch. When the topic has grown
to several times the state it describes, a new generation of it begins with a snapshot, in the transaction of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ksql.engine.state.changes import decode_changes, encode_changes
from ksql.engine.state.operator_state import OperatorState
from ksql.log.contract import RECORD_SCHEMA, Log, TopicConfig, Transaction

GENERATIONS = "query.changelogs"
#: A snapshot is due when the changelog has so many times the bytes of the snapshot it began with, and at least so many bytes:
#: a table of one row is changed 7,000 times until then, and restored from that in about a second.
_GROWTH, _AT_LEAST = 4, 4 << 20


class Changelog:
    """Appends and restores the changes of `states`."""

    def __init__(self, log: Log, query_id: str, states: Sequence[OperatorState]) -> None:
        self._log = log
        self._query_id = query_id
        self._states = {state.name: state for state in states}
        numbers = log.scan(GENERATIONS).get(query_id, b"0 0").split()
        #: The number in the topic's name, and how many bytes of it are the snapshot it began with.
        self._generation, self._snapshot_bytes = map(int, numbers)
        self._bytes = 0

    @property
    def topic(self) -> str:
        return topic_name(self._query_id, self._generation)

    def restore(self) -> None:
        """Replay the changelog into the states."""
        if not self._states or self.topic not in self._log.topics():
            return
        offset, end = self._log.start_offset(self.topic, 0), self._log.end_offset(self.topic, 0)
        while offset < end:
            records = self._log.fetch(self.topic, 0, offset)
            for value in records.column("value"):
                name, changes = decode_changes(value.as_buffer())
                if name in self._states:
                    self._states[name].restore(changes)
                self._bytes += len(value.as_buffer())
            offset = records.column("offset")[-1].as_py() + 1

    def append(self, transaction: Transaction) -> None:
        """Add what the states have staged; when the topic has grown long, to a new one that begins with a snapshot."""
        staged = [(state, changes) for state in self._states.values() if (changes := state.changes()) is not None]
        if not staged:
            return
        if self._generation == 0 and self.topic not in self._log.topics():
            transaction.create_topic(self.topic, TopicConfig())
        encoded = [encode_changes(state.name, changes) for state, changes in staged]
        if self._bytes > max(_AT_LEAST, _GROWTH * self._snapshot_bytes):
            self._begin_generation(transaction)
        self._append(transaction, encoded)

    def delete(self, transaction: Transaction) -> None:
        """Forget everything: the query is gone."""
        if self.topic in self._log.topics():
            transaction.delete_topic(self.topic)
        transaction.put(GENERATIONS, self._query_id, None)

    def _begin_generation(self, transaction: Transaction) -> None:
        """A new topic that begins with all there is without the changes staged."""
        old, self._generation = self.topic, self._generation + 1
        if old in self._log.topics():
            transaction.delete_topic(old)
        transaction.create_topic(self.topic, TopicConfig())
        self._bytes = 0
        for state in self._states.values():
            for rows in state.snapshot():
                self._append(transaction, [encode_changes(state.name, rows)])
        self._snapshot_bytes = self._bytes
        transaction.put(GENERATIONS, self._query_id, f"{self._generation} {self._snapshot_bytes}".encode())

    def _append(self, transaction: Transaction, encoded: Sequence[bytes]) -> None:
        self._bytes += sum(map(len, encoded))
        transaction.append(self.topic, 0, _records(encoded))


def topic_name(query_id: str, generation: int) -> str:
    return f"_ksql_query_{query_id}-changelog-{generation}"


def _records(values: Sequence[bytes]) -> pa.RecordBatch:
    n = len(values)
    columns = [pa.nulls(n, pa.binary()), pa.array(values, pa.binary()), pa.array([0] * n, pa.int64())]
    return pa.RecordBatch.from_arrays([*columns, pa.nulls(n, RECORD_SCHEMA.field("headers").type)], schema=RECORD_SCHEMA)
