"""A query goes on with its own state or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import ksql
from ksql.engine.operators import aggregation
from ksql.engine.state.keyed_state import KeyedState

STATEMENTS = """
    CREATE STREAM s (k STRING KEY, a INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
    SET 'auto.offset.reset' = 'earliest';
    CREATE TABLE t AS SELECT k, SUM(a) AS total FROM s GROUP BY k;
    INSERT INTO s VALUES ('x', 1); INSERT INTO s VALUES ('x', 1); INSERT INTO s VALUES ('x', 1);
"""


def renamed(*args: Any) -> KeyedState:
    return KeyedState("aggregation-1", *args[1:])


def with_another_column(name: str, keys: pa.Schema, rows: pa.Schema) -> KeyedState:
    return KeyedState(name, keys, pa.schema([("other", rows.types[0]), *list(rows)[1:]]))


@pytest.mark.parametrize(
    ("planned", "difference"),
    [
        (renamed, "there is a state aggregation that the plan does not have"),
        (renamed, "the plan has a state aggregation-1 that was never kept"),
        (with_another_column, "state aggregation has the columns"),
    ],
)
def test_another_state_is_refused(
    planned: Callable[..., KeyedState], difference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ksql.connect(tmp_path) as db:
        db.execute(STATEMENTS)
        assert db.wait_idle(30)
    with monkeypatch.context() as patch:
        patch.setattr(aggregation, "KeyedState", planned)
        with ksql.connect(tmp_path) as db:
            db.wait_idle(30)
            (query,) = db.engine.queries.values()
            assert query.state == "ERROR"
            assert difference in query.error
            assert "Hint: " in query.error
    with ksql.connect(tmp_path) as db:  # nothing was lost
        db.execute("INSERT INTO s VALUES ('x', 1);")
        assert db.wait_idle(30)
        assert db.execute("SELECT total FROM t;").fetchall() == [{"TOTAL": 4}]
