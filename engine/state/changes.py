"""Changes of a state as bytes: an Arrow stream that names the state and the version of the plan it belongs to."""

from __future__ import annotations

import pyarrow as pa

from ksql.engine.errors import QueryError

#: Names and schemas of states are those of this version of plans (see `runtime.identity`).
PLAN_VERSION = 2
_STATE, _VERSION = b"ksql.operator", b"ksql.version"


def encode_changes(state: str, changes: pa.RecordBatch) -> pa.Buffer:
    """`changes` of the state called `state`."""
    metadata = {_STATE: state.encode(), _VERSION: str(PLAN_VERSION).encode()}
    batch = changes.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def decode_changes(data: pa.Buffer) -> tuple[str, int, pa.RecordBatch]:
    """(name of the state, version of the plan, changes). Raises QueryError when a newer program has written them."""
    with pa.ipc.open_stream(data) as reader:
        metadata = reader.schema.metadata
        batch = reader.read_next_batch()
    version = int(metadata[_VERSION])
    if version > PLAN_VERSION:
        raise QueryError("the state was written by a newer version of ksql", hint="run it with that version, or newer.")
    return metadata[_STATE].decode(), version, batch
