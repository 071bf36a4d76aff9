"""What has fallen due is looked for at most so often by the engine's clock, where a setting says so; else with every record."""

from __future__ import annotations

from contextlib import closing

import pytest

from ksql.testing import Record, TestDriver

WINDOWS = """
    CREATE TABLE O AS SELECT K, COUNT(*) AS C FROM L WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 0 SECONDS)
        GROUP BY K EMIT FINAL;
"""
JOIN = """
    CREATE STREAM O AS SELECT L.K AS K, L.N, R.N
        FROM L LEFT JOIN R WITHIN 999 MILLISECONDS GRACE PERIOD 0 SECONDS ON L.K = R.K;
"""
SETTINGS = {
    WINDOWS: "__emit.interval.ms.kstreams.windowed.aggregation__",
    JOIN: "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__",
}


@pytest.mark.parametrize(("interval", "seen"), [("0", [0, 1, 2, 3, 4]), ("100", [0, 1, 1, 1, 4])])
@pytest.mark.parametrize("query", [WINDOWS, JOIN])
def test_looks_wait_for_the_clock(query: str, interval: str, seen: list[int]) -> None:
    """Rows come a second of their own time apart, 50 ms of the clock's, and each lets out the one before it."""
    with closing(TestDriver({SETTINGS[query]: interval}, cache=False)) as driver:
        for topic in "lr":
            driver.create_topic(topic)
            driver.execute(f"CREATE STREAM {topic} (K STRING KEY, N INT) WITH (KAFKA_TOPIC='{topic}', VALUE_FORMAT='JSON');")
        driver.execute(query)
        found = []
        for second, elapsed in enumerate([0, 50, 50, 49, 1]):
            driver.pass_time(elapsed)
            driver.feed([Record("l", b"a", b'{"N":1}', second * 1000)])
            found.append(len(driver.read("O")))
    assert found == seen
