"""Changes as bytes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ksql.engine.errors import QueryError
from ksql.engine.state import changes
from ksql.engine.state.changes import decode_changes, encode_changes


def test_round_trip() -> None:
    batch = pa.record_batch({"k": ["a", None], "v": pa.array([[1], None], pa.list_(pa.int64()))})
    name, version, decoded = decode_changes(pa.py_buffer(encode_changes("join.table", batch)))
    assert (name, version) == ("join.table", changes.PLAN_VERSION)
    assert decoded.equals(batch)


def test_a_newer_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "PLAN_VERSION", changes.PLAN_VERSION + 1)
    data = encode_changes("o", pa.record_batch({"k": [1]}))
    monkeypatch.undo()
    with pytest.raises(QueryError, match="newer version"):
        decode_changes(pa.py_buffer(data))
