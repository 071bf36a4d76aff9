"""Small facts about record batches that every log needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ksql.log.contract import FETCH_SCHEMA, RECORD_SCHEMA

NOTHING = pa.RecordBatch.from_pylist([], schema=FETCH_SCHEMA)
_OFFSET = FETCH_SCHEMA.get_field_index("offset")
_TIMESTAMP = RECORD_SCHEMA.get_field_index("timestamp")


def with_offsets(records: pa.RecordBatch, base_offset: int) -> pa.RecordBatch:
    """Records of RECORD_SCHEMA, numbered from `base_offset` on: a batch of FETCH_SCHEMA that shares their memory."""
    return pa.RecordBatch.from_arrays([*records.columns, offsets_from(base_offset, records.num_rows)], schema=FETCH_SCHEMA)


def offsets_from(base_offset: int, count: int) -> pa.Array:
    return pa.array(np.arange(base_offset, base_offset + count, dtype=np.int64))


def earliest_timestamp(records: pa.RecordBatch) -> int:
    return int(records.column(_TIMESTAMP).to_numpy().min())


def latest_timestamp(records: pa.RecordBatch) -> int:
    return int(records.column(_TIMESTAMP).to_numpy().max())


def since(records: pa.RecordBatch, offset: int) -> pa.RecordBatch:
    """Those of the records of FETCH_SCHEMA that do not lie before `offset`."""
    return records.slice(int(np.searchsorted(records.column(_OFFSET).to_numpy(), offset)))


def joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """One batch of FETCH_SCHEMA; a single one stays as it is."""
    return pa.concat_batches(batches) if len(batches) > 1 else (batches or [NOTHING])[0]


def first_at_or_after(records: pa.RecordBatch, timestamp_ms: int) -> int | None:
    """Index of the first record whose timestamp is not before `timestamp_ms`; None when there is none."""
    found = np.flatnonzero(records.column(_TIMESTAMP).to_numpy() >= timestamp_ms)
    return int(found[0]) if len(found) else None
