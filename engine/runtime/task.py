"""A task: a plan with its position in the log. Processes a micro-batch and commits everything it caused at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.operators.batch import PARTITION, BatchContext, RecordError
from ksql.engine.operators.sql import SqlRunner
from ksql.engine.plan import Plan
from ksql.engine.runtime.changelog import Changelog
from ksql.engine.runtime.reader import Cursor, MicroBatch, Reader
from ksql.log.contract import RECORD_SCHEMA, Log, Transaction

NUMBERS = "query.numbers"

ErrorSink = Callable[[Transaction, str, Sequence[RecordError]], None]


class Task:
    """One query at work. Not thread-safe: one worker at a time calls `step`.

    A batch is: compute, commit outputs, changelog, numbers and offsets in one transaction, then show the new rows to
    readers. After
    an exception the task must be thrown away; a new one starts from what was committed.
    """

    def __init__(
        self,
        query_id: str,
        plan: Plan,
        topic: str,
        log: Log,
        sql: SqlRunner,
        *,
        fold: bool,
        report: ErrorSink,
        latest: bool,
        batch_records: int,
    ) -> None:
        self.query_id = query_id
        self.plan = plan
        self.topic = topic
        self._log = log
        self._sql = sql
        self._fold = fold
        self._report = report
        self._changelog = Changelog(log, query_id, plan.states)
        self._changelog.restore()
        self._restore_numbers()
        self.reader = Reader(log, start_cursors(log, query_id, plan, latest=latest), batch_records)

    def step(self) -> int:
        """Process and commit one micro-batch; how many records it had (0: nothing to read)."""
        batch = self.reader.read()
        if batch is None:
            return 0
        errors: list[RecordError] = []
        context = BatchContext(self._sql, batch.inputs, fold=self._fold, errors=errors.append)
        assert self.plan.sink is not None
        records = self.plan.sink.process(context)
        self._commit(batch, records, errors)
        return batch.records

    def _commit(self, batch: MicroBatch, records: pa.Table, errors: Sequence[RecordError]) -> None:
        with self._log.transaction() as transaction:
            for partition, rows in by_partition(records):
                transaction.append(self.topic, partition, rows)
            self._changelog.append(transaction)
            self._put_numbers(transaction)
            for cursor, position in batch.positions:
                group = group_name(self.query_id, cursor.source)
                transaction.commit_offsets(group, {(cursor.topic, cursor.partition): position})
            if errors:
                self._report(transaction, self.query_id, errors)
        for state in self.plan.states:
            state.publish()
        self.reader.advance(batch)

    def _put_numbers(self, transaction: Transaction) -> None:
        if self.plan.clocks:
            numbers = {clock.name: clock.numbers() for clock in self.plan.clocks}
            transaction.put(NUMBERS, self.query_id, json.dumps(numbers).encode())

    def _restore_numbers(self) -> None:
        text = self._log.scan(NUMBERS).get(self.query_id)
        numbers = json.loads(text) if text else {}
        for clock in self.plan.clocks:
            clock.set_numbers(numbers.get(clock.name, {}))


def group_name(query_id: str, source: int) -> str:
    """Consumer group of one source of a query."""
    return f"_ksql_query_{query_id}" if source == 0 else f"_ksql_query_{query_id}.{source}"


def start_cursors(log: Log, query_id: str, plan: Plan, *, latest: bool) -> list[Cursor]:
    """Where each partition is read from: the committed offset; else tables from the start, and streams from the start or
    end.
    """
    cursors = []
    for source in plan.inputs:
        topic = source.source.topic
        committed = log.committed(group_name(query_id, source.index)) if query_id else {}
        for partition in range(log.topics()[topic].partitions):
            position = committed.get((topic, partition))
            if position is not None:
                cursors.append(Cursor(source.index, topic, partition, position.offset, int(position.metadata or -1)))
            else:
                at_end = latest and not source.source.is_table
                offset = log.end_offset(topic, partition) if at_end else log.start_offset(topic, partition)
                cursors.append(Cursor(source.index, topic, partition, offset))
    return cursors


def by_partition(records: pa.Table) -> list[tuple[int, pa.RecordBatch]]:
    """Output records split by partition, as RECORD_SCHEMA."""
    if records.num_rows == 0:
        return []
    partitions = pc.unique(records.column(PARTITION)).to_pylist()
    split = []
    for partition in partitions:
        rows = records if len(partitions) == 1 else records.filter(pc.equal(records.column(PARTITION), partition))
        batch = rows.select(RECORD_SCHEMA.names).combine_chunks().to_batches()[0]
        split.append((partition, pa.RecordBatch.from_arrays(batch.columns, schema=RECORD_SCHEMA)))
    return split
