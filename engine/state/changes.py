"""Changes of keyed state as bytes: an Arrow stream that names the operator and the version of its schema."""

from __future__ import annotations

import pyarrow as pa

from ksql.engine.errors import QueryError

SCHEMA_VERSION = 1
_OPERATOR, _VERSION = b"ksql.operator", b"ksql.version"


def encode_changes(operator: str, changes: pa.RecordBatch) -> bytes:
    """`changes` of the operator called `operator`."""
    metadata = {_OPERATOR: operator.encode(), _VERSION: str(SCHEMA_VERSION).encode()}
    batch = changes.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def decode_changes(data: pa.Buffer) -> tuple[str, pa.RecordBatch]:
    """(operator, changes). Raises QueryError when a newer program has written them."""
    with pa.ipc.open_stream(data) as reader:
        metadata = reader.schema.metadata
        batch = reader.read_next_batch()
    if int(metadata[_VERSION]) > SCHEMA_VERSION:
        raise QueryError("the state was written by a newer version of ksql", hint="run it with that version, or newer.")
    return metadata[_OPERATOR].decode(), batch
