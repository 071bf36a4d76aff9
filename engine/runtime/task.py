"""A task: a plan with its position in the log. Processes a micro-batch and commits everything it caused at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ksql.engine.operators.batch import PARTITION, UNREADABLE_RECORD, BatchContext, RecordError
from ksql.engine.operators.tally import READ, UNREADABLE, Tally
from ksql.engine.planning.plan import Plan
from ksql.engine.runtime.changelog import Changelog
from ksql.engine.runtime.cursor import Cursor
from ksql.engine.runtime.idleness import Idleness
from ksql.engine.runtime.reader import Batches, MicroBatch, Reader
from ksql.engine.sql.runner import SqlRunner
from ksql.log.contract import RECORD_SCHEMA, Log, TopicPartition, Transaction

#: So many records are a light batch: some milliseconds.
_LIGHT_RECORDS = 1_000
#: With a backlog of so many records, the next batch is decoded while this one is processed.
_BACKLOG_RECORDS = 8_192

ErrorSink = Callable[[Transaction, str, Sequence[RecordError]], None]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A micro-batch on its way: the errors of its records so far."""

    batch: MicroBatch
    context: BatchContext
    errors: list[RecordError]


class Task:
    """One query at work. Not thread-safe: one worker at a time calls `step`.

    A batch is: compute, commit outputs, changelog and offsets in one transaction, then show the new state to readers. After an
    exception the task must be thrown away; a new one starts from what was committed.

    fold (asked before each batch), spread: see BatchContext. clock: gives the present time, epoch ms. read: makes the reader of
    its batches, where that is no Reader.
    written: is given what a batch wrote, as OUTPUT_SCHEMA, once it is committed.
    """

    def __init__(
        self,
        query_id: str,
        plan: Plan,
        topic: str,
        log: Log,
        sql: SqlRunner,
        *,
        fold: Callable[[], bool],
        report: ErrorSink,
        clock: Callable[[], int],
        latest: bool,
        batch_records: int,
        idle_timeout_ms: int = 0,
        spread: bool = True,
        read: Callable[[Sequence[Cursor]], Batches] | None = None,
        written: Callable[[pa.Table], None] | None = None,
    ) -> None:
        assert plan.sink is not None
        self.query_id = query_id
        self.plan = plan
        self._sink = plan.sink
        self.topic = topic
        self._log = log
        self._sql = sql
        self._fold = fold
        self._report, self._clock = report, clock
        self._changelog = Changelog(log, query_id, plan.states)
        self._changelog.restore()
        self._ahead: Future[_Taken | None] | None = None
        cursors = start_cursors(log, query_id, plan, latest=latest)
        self._reader = read(cursors) if read else Reader(log, cursors, batch_records, clocks=plan.clocks(sql))
        self._spread, self._written = spread, written
        #: What became of records since the task began.
        self.tally = Tally()
        self._idleness = Idleness(plan, clock, idle_timeout_ms)

    def has_more(self) -> bool:
        """Whether there is a record that was not processed, or something comes out without one."""
        return self._ahead is not None or self._reader.has_more() or self.due_in_ms() == 0

    def due_in_ms(self) -> int | None:
        """In how much time something comes out without a record; None: nothing will."""
        return self._idleness.due_in_ms()

    def close(self) -> None:
        """Hear of nothing more from the log; the task has ended."""
        self._reader.close()

    def is_light(self) -> bool:
        """Whether the next batch takes no time to speak of."""
        return self._ahead is None and self._reader.lag() <= _LIGHT_RECORDS

    def step(self) -> int:
        """Process and commit one micro-batch; how many records it had (0: nothing to read, or time has passed)."""
        taken = self._take() if self._ahead is None else self._sql.pool.result(self._ahead)
        self._ahead = None
        if taken is None:
            return 0
        if self._sql.pool.threads and self._reader.lag() >= _BACKLOG_RECORDS:
            self._ahead = self._sql.pool.submit(self._decode_next)
        try:
            self._commit(taken, self._sink.process(taken.context))
        except BaseException:
            for state in self.plan.states:
                state.discard()
            raise
        self._idleness.look()
        return taken.batch.records

    def _take(self) -> _Taken | None:
        """The next micro-batch. The reader has gone on; should this one fail, the whole task is thrown away."""
        batch = self._reader.read() or self._idleness.passed()
        if batch is None:
            return None
        errors = list(batch.errors)
        context = BatchContext(
            self._sql,
            batch.inputs,
            fold=self._fold(),
            spread=self._spread,
            errors=errors.append,
            now_ms=self._clock(),
            idle=self._idleness.of(batch),
            decoded=batch.decoded,
        )
        self._count_read(batch, context.tally)
        return _Taken(batch, context, errors)

    def _decode_next(self) -> _Taken | None:
        """What of the next micro-batch can be done while this one is processed and committed."""
        taken = self._take()
        if taken is not None:
            self._sink.decode(taken.context)
        return taken

    def _commit(self, taken: _Taken, records: pa.Table) -> None:
        with self._log.transaction() as transaction:
            for partition, rows in by_partition(records):
                transaction.append(self.topic, partition, rows)
            self._changelog.append(transaction)
            for cursor, position in taken.batch.positions:
                group = group_name(self.query_id, cursor.source)
                transaction.commit_offsets(group, {cursor.place: position})
            if taken.errors:
                self._report(transaction, self.query_id, sorted(taken.errors, key=lambda error: error.place))
            result = transaction.commit()
        self._changelog.publish(result)
        self.tally.add(taken.context.tally)
        if self._written is not None:
            self._written(records)

    def _count_read(self, batch: MicroBatch, tally: Tally) -> None:
        """Count the records of a batch, and those that were found to be unreadable when they were read."""
        for source in self.plan.inputs:
            wrong = sum(error.kind == UNREADABLE_RECORD and error.source == source.source.name for error in batch.errors)
            rows = batch.inputs.get(source.index, batch.decoded.get(source.index))
            tally.count(source, READ, wrong + (0 if rows is None else rows.num_rows))
            tally.count(source, UNREADABLE, wrong)


def group_name(query_id: str, source: int) -> str:
    """Consumer group of one source of a query."""
    return f"_ksql_query_{query_id}" if source == 0 else f"_ksql_query_{query_id}.{source}"


def start_cursors(log: Log, query_id: str, plan: Plan, *, latest: bool) -> list[Cursor]:
    """Where each partition is read from: the committed offset; else tables from the start, and streams from the start or
    end.
    """
    topics = log.topics()
    places = [(s, (s.source.topic, p)) for s in plan.inputs for p in range(topics[s.source.topic].partitions)]
    ends = end_offsets(log, [place for _, place in places])
    loaded = plan.loaded_first
    cursors = []
    for source, place in places:
        committed = log.committed(group_name(query_id, source.index)).get(place) if query_id else None
        if committed is not None:
            cursors.append(Cursor.resumed(source.index, place, committed))
        else:
            offset = ends[place] if latest and not source.source.is_table else log.start_offset(*place)
            cursors.append(Cursor(source.index, *place, offset, ends[place] if source.index in loaded else 0))
    return cursors


def end_offsets(log: Log, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
    """The ends of partitions, at one moment."""
    ends: dict[TopicPartition, int] = {}
    log.follow(places, ends.update)()
    return ends


def by_partition(records: pa.Table) -> list[tuple[int, pa.RecordBatch]]:
    """What a sink writes, split by partition, as RECORD_SCHEMA."""
    if records.num_rows == 0:
        return []
    partitions = records.column(PARTITION).to_numpy()
    starts = [0, *np.flatnonzero(partitions[1:] != partitions[:-1]) + 1]
    split = []
    for start, end in pairwise([*starts, records.num_rows]):
        rows = records.slice(start, end - start).select(RECORD_SCHEMA.names)
        batch = rows.combine_chunks().to_batches()[0]
        split.append((int(partitions[start]), pa.RecordBatch.from_arrays(batch.columns, schema=RECORD_SCHEMA)))
    return split
