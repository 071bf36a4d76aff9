"""Definitions survive a restart; those of a newer version are refused, not misread."""

from __future__ import annotations

from pathlib import Path

import pytest

import ksql
from ksql.engine.catalog import definition_json


def test_definitions_come_back(tmp_path: Path) -> None:
    with ksql.connect(tmp_path) as db:
        db.execute("""
            CREATE STREAM s (k STRING KEY, d DECIMAL(5, 2), p STRUCT<x INT, l ARRAY<MAP<STRING, DATE>>>, h BYTES HEADER('h'))
                WITH (kafka_topic='s', key_format='JSON', value_format='JSON', partitions=2);
            CREATE STREAM o WITH (timestamp='d2') AS SELECT k, CAST(d AS BIGINT) AS d2 FROM s;
        """)
        sources, queries = dict(db.engine.catalog.sources), dict(db.engine.catalog.queries)
    with ksql.connect(tmp_path) as db:
        assert dict(db.engine.catalog.sources) == sources
        assert dict(db.engine.catalog.queries) == queries


@pytest.mark.parametrize("statement", ["", "CREATE STREAM o AS SELECT * FROM s;"])
def test_a_newer_version_is_refused(statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ksql.connect(tmp_path) as db:
        monkeypatch.setattr(definition_json, "FORMAT", definition_json.FORMAT + 1)
        db.execute(
            "CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);" + statement
        )
    monkeypatch.undo()
    with pytest.raises(ksql.KsqlError, match="newer version of ksql"):
        ksql.connect(tmp_path)
