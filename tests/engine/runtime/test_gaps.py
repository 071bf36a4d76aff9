"""Queries over topics whose offsets have gaps: they come to an end, and answer as without."""

from __future__ import annotations

import pytest

from ksql.engine import Engine
from ksql.log import Log, MemoryLog
from tests.log.gaps import GappyLog
from tests.log.records import values

TIMEOUT_S = 30.0
STATEMENTS = """
    CREATE STREAM s (k STRING KEY, a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=2);
    CREATE TABLE t AS SELECT k, COUNT(*) AS c, SUM(a) AS sa FROM s GROUP BY k;
    CREATE STREAM o AS SELECT k, a + 1 AS b FROM s;
"""
INSERTS = "".join(f"INSERT INTO s (rowtime, k, a) VALUES ({n}, 'k{n % 3}', {n});" for n in range(7))


def _answers(log: Log) -> tuple[object, list[list[str | None]]]:
    """What two engines, one after the other, make of INSERTS in each."""
    rows: object = None
    for statements in (STATEMENTS + INSERTS, INSERTS):
        engine = Engine(log, config={"auto.offset.reset": "earliest", "ksql.streams.cache.max.bytes.buffering": "0"})
        engine.start()
        session = engine.session()
        list(session.execute(statements))
        assert engine.wait_idle(TIMEOUT_S)
        [answer] = session.execute("SELECT * FROM t ORDER BY k;")
        rows = answer.table.to_pylist()  # type: ignore[union-attr]
        engine.close()
    return rows, [sorted(map(str, values(log, topic, p))) for topic in ("T", "O") for p in (0, 1)]


@pytest.mark.parametrize("gaps", [[1, 0], [0, 1], [3, 0, 2, 0]])
def test_answers_are_the_same(gaps: list[int]) -> None:
    rows, records = _answers(GappyLog(gaps))
    assert rows == [{"K": f"k{n}", "C": c, "SA": sa} for n, c, sa in [(0, 6, 18), (1, 4, 10), (2, 4, 14)]]
    assert records == _answers(MemoryLog())[1]


def test_offsets_without_a_record_are_looked_at_once() -> None:
    log = GappyLog([0])
    engine = Engine(log, config={"auto.offset.reset": "earliest"})
    list(engine.session().execute(STATEMENTS))
    log.skip("s", 1_000, partition=1)
    engine.start()
    assert engine.wait_idle(TIMEOUT_S)
    tasks = [query.task for query in engine.queries.values()]
    assert [task.has_more() for task in tasks if task is not None] == [False, False]
    engine.close()
