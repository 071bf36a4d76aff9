"""The end of a query: rows become records of a topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ksql.engine.formats.contract import Encoder
from ksql.engine.kernels.distinct import row_groups
from ksql.engine.kernels.versions import last_of_each
from ksql.engine.operators.batch import (
    DELETED,
    HEADERS,
    PARTITION,
    PLACE,
    RAW_KEY,
    RAW_VALUE,
    SUSPECT,
    TIMESTAMP,
    BatchContext,
    Node,
    as_bytes,
)
from ksql.engine.operators.final_windows import Grouped
from ksql.engine.operators.stage import Stage
from ksql.engine.operators.steps import Form
from ksql.engine.operators.tally import LATER_CHANGE, WRITTEN
from ksql.engine.state.stateful import Stateful
from ksql.engine.types.sql_types import BIGINT, BYTES, quote_duckdb
from ksql.log.contract import HEADERS_TYPE
from ksql.log.partitioner import partition_keys

#: What a batch writes: place of the cause, partition of the sink, and the record.
OUTPUT_SCHEMA = pa.schema(
    [
        (PLACE, pa.int64()),
        (PARTITION, pa.int32()),
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("timestamp", pa.int64()),
        ("headers", HEADERS_TYPE),
    ]
)


@dataclass(frozen=True, slots=True)
class Encode:
    """Key and value columns as the bytes of a record; the step before the log."""

    keys: Sequence[str]
    values: Sequence[str]
    key_encoder: Encoder
    value_encoder: Encoder
    kept: Sequence[str] = ()
    #: A key of several columns, all NULL, is no key at all.
    keeps_key: bool = False

    def sql(self, inner: str, form: Form) -> str:
        keys = [quote_duckdb(ref) for ref in self.keys]
        key = self.key_encoder.sql(keys) if keys else "NULL::BLOB"
        if len(keys) == 1 or (keys and self.keeps_key):
            key = f"CASE WHEN {' AND '.join(f'{name} IS NULL' for name in keys)} THEN NULL ELSE {key} END"
        value = self.value_encoder.sql([quote_duckdb(ref) for ref in self.values])
        skipped = f'"{DELETED}" OR "{SUSPECT}"' if form.suspects else f'"{DELETED}"'
        value = f"CASE WHEN {skipped} THEN NULL ELSE {value} END"
        kept = "".join(f", {quote_duckdb(ref)}" for ref in self.kept)
        return f'SELECT {form.meta_sql()}, {key} AS "{RAW_KEY}", {value} AS "{RAW_VALUE}"{kept} FROM ({inner})'


class Sink:
    """Encodes what `input` makes and chooses partitions.

    `fold` (a table with the cache on): only the last change of each key of a batch is written; an aggregation has seen to that
    itself. `window` is the ref of the window start (and end, for sessions) that follows the key's bytes. `partitions`: those of
    the topic, and of the one that rows without a key came from.
    """

    def __init__(
        self, input_: Node, encode: Encode, partitions: tuple[int, int], *, is_table: bool, window: Sequence[str] = ()
    ) -> None:
        self.encode = encode
        self.partitions, self._source_partitions = partitions
        self.window = tuple(window)
        self.inputs = (input_,)
        self.states: Sequence[Stateful] = ()
        columns = {RAW_KEY: BYTES, RAW_VALUE: BYTES, **dict.fromkeys(self.window, BIGINT)}
        self._folds = is_table and not (isinstance(input_, Stage) and isinstance(input_.input, Grouped))
        if isinstance(input_, Stage) and not self._folds:
            # Nothing happens between the input and the encoding: one statement does both.
            self._stage = Stage(input_.input, [*input_.steps, encode], columns, ordered=False)
        else:
            self._stage = Stage(_Folded(input_, self) if self._folds else input_, [encode], columns)
        self._stage.counted_for = input_ if isinstance(input_, Stage) and not self._folds else self

    def describe(self) -> str:
        columns = ", ".join([*self.encode.keys, *self.window, *self.encode.values])
        return f"Sink: {columns} → {self.partitions} partition(s)"

    def decode(self, context: BatchContext) -> None:
        """See `Node.decode`."""
        self._stage.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        """Records to write, as OUTPUT_SCHEMA, by partition and in order."""
        records = self._records(self._stage.process(context), spread=context.spread and self.partitions > 1)
        context.tally.count(self, WRITTEN, records.num_rows)
        return records

    def last_changes(self, rows: pa.Table) -> pa.Table:
        columns = [*self.encode.keys, *self.window]
        if rows.num_rows < 2 or not columns:
            return rows
        return rows.take(pa.array(last_of_each(row_groups(rows.select(columns))[0])))

    def _records(self, rows: pa.Table, *, spread: bool) -> pa.Table:
        key = as_bytes(rows.column(RAW_KEY))
        partition = self._partitions(rows, key) if spread else np.zeros(rows.num_rows, dtype=np.int32)
        for ref in self.window:
            key = pc.binary_join_element_wise(key, _eight_bytes(rows.column(ref)), b"")
        headers = rows.column(HEADERS) if HEADERS in rows.column_names else pa.nulls(rows.num_rows, HEADERS_TYPE)
        value = as_bytes(rows.column(RAW_VALUE))
        records = [rows.column(PLACE), pa.array(partition), key, value, rows.column(TIMESTAMP), headers]
        return _by_partition(pa.table(records, OUTPUT_SCHEMA))

    def _partitions(self, rows: pa.Table, keys: pa.ChunkedArray) -> np.ndarray:
        """The partition of each row; that of its key without the window, so that all windows of a key stay together."""
        partitions = partition_keys(keys.combine_chunks(), self.partitions)
        if keys.null_count:
            keyless = np.flatnonzero(keys.is_null())
            partitions[keyless] = self._keyless_partitions(rows.select([PARTITION, TIMESTAMP]).take(pa.array(keyless)))
        return partitions

    def _keyless_partitions(self, rows: pa.Table) -> np.ndarray:
        """Rows that never had a key stay in the partition they came from, and so in order: whoever wrote them has spread them.
        Those that lost theirs, and all if the sink has more partitions, are spread by chance, those of a timestamp together, as
        a producer would send them. Neither the size of batches nor a restart makes a difference.
        """
        places: np.ndarray = rows.column(PARTITION).to_numpy()
        if not self.encode.keeps_key or self.partitions > self._source_partitions:
            places = places + partition_keys(_eight_bytes(rows.column(TIMESTAMP)).combine_chunks(), self.partitions)
        return places % np.int32(self.partitions)


def _by_partition(records: pa.Table) -> pa.Table:
    """Records sorted by partition, then place. Those that stay in the partition they came from are so already."""
    sorted_by = records.column(PARTITION).to_numpy().astype(np.int64) << 32 | records.column(PLACE).to_numpy()
    if (sorted_by[1:] >= sorted_by[:-1]).all():
        return records
    return records.take(pa.array(np.argsort(sorted_by, kind="stable")))


@dataclass(frozen=True, slots=True)
class _Folded:
    """What `input` makes; when the context asks for it, only the last changes."""

    input: Node
    sink: Sink

    @property
    def inputs(self) -> Sequence[Node]:
        return (self.input,)

    @property
    def states(self) -> Sequence[Stateful]:
        return ()

    def describe(self) -> str:
        return "Last change of each key"

    def decode(self, context: BatchContext) -> None:
        self.input.decode(context)

    def process(self, context: BatchContext) -> pa.Table:
        rows = self.input.process(context)
        if not context.fold:
            return rows
        last = self.sink.last_changes(rows)
        context.tally.count(self.sink, LATER_CHANGE, rows.num_rows - last.num_rows)
        return last


def _eight_bytes(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    data = pc.fill_null(numbers, 0).to_numpy().astype(">i8").tobytes()
    fixed = pa.Array.from_buffers(pa.binary(8), len(numbers), [None, pa.py_buffer(data)])
    return pa.chunked_array([fixed.cast(pa.binary())])
