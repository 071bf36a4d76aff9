"""Changes as bytes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ksql.engine.errors import QueryError
from ksql.engine.state import changes as changelog


def test_round_trip() -> None:
    batch = pa.record_batch({"k": ["a", None], "v": pa.array([[1], None], pa.list_(pa.int64()))})
    name, decoded = changelog.decode_changes(pa.py_buffer(changelog.encode_changes("join.table", batch)))
    assert name == "join.table"
    assert decoded.equals(batch)


def test_a_newer_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelog, "SCHEMA_VERSION", 2)
    data = changelog.encode_changes("o", pa.record_batch({"k": [1]}))
    monkeypatch.setattr(changelog, "SCHEMA_VERSION", 1)
    with pytest.raises(QueryError, match="newer version"):
        changelog.decode_changes(pa.py_buffer(data))
