"""What a stage keeps from batch to batch."""

from __future__ import annotations

import gc
from contextlib import closing

import pytest

from ksql.engine.formats import json_format
from ksql.engine.operators import stage
from ksql.engine.operators.stage import Stage
from ksql.testing import Record, TestDriver


def test_statements_for_ever_other_shapes_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "_STATEMENTS", 3)
    monkeypatch.setattr(json_format, "_COMMON", 1)
    with closing(TestDriver()) as driver:
        driver.create_topic("s")
        driver.execute("CREATE STREAM s (a INT) WITH (kafka_topic = 's', value_format = 'JSON');")
        driver.execute("CREATE STREAM o AS SELECT a FROM s;")
        for i in range(6):
            driver.feed([Record("s", None, b'{"A":%d,"x%d":0}' % (i, i))] * 100)
        assert [record.value for record in driver.read("O")[::100]] == [b'{"A":%d}' % i for i in range(6)]
        kept = [len(found._statements) for found in gc.get_objects() if isinstance(found, Stage)]
        assert max(kept) <= 3
