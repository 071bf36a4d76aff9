"""What is past its retention goes: the state of a query that runs on is as large as what its windows hold, and no larger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ksql.engine.state import columns, foreign_keys, store
from ksql.engine.state.stateful import Stateful
from ksql.testing import Record, TestDriver

STREAMS = "".join(
    f"CREATE STREAM {name} (K STRING KEY, N INT) WITH (KAFKA_TOPIC='{name}', VALUE_FORMAT='JSON', PARTITIONS=1);"
    for name in "ST"
)
JOIN = "CREATE STREAM O AS SELECT {}, S.N, T.N FROM S {} JOIN T WITHIN 1 MINUTE GRACE PERIOD 1 MINUTE ON S.K = T.K;"
COUNT = "CREATE TABLE O AS SELECT K, COUNT(*) AS C FROM S WINDOW {} GROUP BY K{};"
QUERIES = {
    **{f"{kind} join": JOIN.format("S.K", kind) for kind in ("INNER", "LEFT", "RIGHT")},
    "FULL join": JOIN.format("ROWKEY", "FULL"),
    "tumbling": COUNT.format("TUMBLING (SIZE 1 MINUTE, RETENTION 3 MINUTES, GRACE PERIOD 1 MINUTE)", ""),
    "hopping": COUNT.format("HOPPING (SIZE 1 MINUTE, ADVANCE BY 20 SECONDS, RETENTION 3 MINUTES, GRACE PERIOD 0 SECONDS)", ""),
    "final": COUNT.format("TUMBLING (SIZE 1 MINUTE, RETENTION 3 MINUTES, GRACE PERIOD 1 MINUTE)", " EMIT FINAL"),
    "session": COUNT.format("SESSION (10 SECONDS, RETENTION 3 MINUTES, GRACE PERIOD 1 MINUTE)", ""),
}
WINDOWS = COUNT.format("TUMBLING (SIZE 1 MINUTE, RETENTION 3 MINUTES, GRACE PERIOD 1 MINUTE)", "").partition(" AS ")[2][:-1]
SESSIONS = COUNT.format("SESSION (10 SECONDS, RETENTION 3 MINUTES, GRACE PERIOD 1 MINUTE)", "").partition(" AS ")[2][:-1]
QUERIES |= {
    "windows of a table": f"CREATE TABLE O AS SELECT * FROM ({WINDOWS}) WHERE C > 0;",
    "sessions of a table": f"CREATE TABLE O AS SELECT * FROM ({SESSIONS}) WHERE C > 0;",
    "windows in groups": f"CREATE TABLE O AS SELECT C, COUNT(*) AS N FROM ({WINDOWS}) GROUP BY C;",
}
WINDOWS_OF_T = WINDOWS.replace("FROM S", "FROM T")
SESSIONS_OF_T = SESSIONS.replace("FROM S", "FROM T")
QUERIES |= {
    "windows joined": f"CREATE TABLE O AS SELECT * FROM ({WINDOWS}) A LEFT JOIN ({WINDOWS_OF_T}) B ON A.K = B.K;",
    "sessions joined": f"CREATE TABLE O AS SELECT * FROM ({SESSIONS}) A JOIN ({SESSIONS_OF_T}) B ON A.K = B.K;",
    "windows joined, and joined": f"CREATE TABLE O AS SELECT * FROM ({WINDOWS}) A JOIN ({WINDOWS_OF_T}) B ON A.K = B.K"
    f" JOIN ({WINDOWS}) C ON A.K = C.K;",
}
#: In a round each stream has so many new keys, half of which the other has too, in so much time.
KEYS, ROUND_MS, ROUNDS = 40, 30_000, 60


def records(number: int) -> Iterator[Record]:
    for i in range(KEYS):
        time = number * ROUND_MS + i * ROUND_MS // KEYS
        yield Record("S", f"{number}-{i}".encode(), b'{"N": 1}', time)
        yield Record("T", f"{number}-{i if i % 2 else -i}".encode(), b'{"N": 2}', time)


def held_bytes(thing: Any) -> int:
    """What arrays a state has hold, and its lists and dicts by their entries."""
    if isinstance(thing, np.ndarray | pa.Array | pa.ChunkedArray):
        return int(thing.nbytes)
    if isinstance(thing, dict):
        return 8 * len(thing) + sum(held_bytes(value) for value in thing.values())
    if isinstance(thing, list | tuple | set):
        return 8 * len(thing) + sum(map(held_bytes, thing))
    inner = [value for name in getattr(type(thing), "__slots__", ()) if (value := getattr(thing, name, None)) is not None]
    if type(thing).__module__.startswith("ksql."):
        inner += list(getattr(thing, "__dict__", {}).values())
        return sum(map(held_bytes, inner))
    return 0


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few dead rows are enough to make room."""
    for module in (store, columns, foreign_keys):
        monkeypatch.setattr(module, "_DEAD_AT_LEAST", 16)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_state_does_not_grow_while_stream_time_moves_on(query: str) -> None:
    with closing(TestDriver()) as driver:
        driver.execute(STREAMS + query)
        sizes = []
        for number in range(ROUNDS):
            driver.feed(list(records(number)))
            sizes.append({state.name: held_bytes(state) for state in states_of(driver)})
    for name in sizes[0]:
        early, late = (max(size[name] for size in part) for part in (sizes[10 : ROUNDS // 2], sizes[ROUNDS // 2 :]))
        assert late <= early * 1.1, f"{name} had {early} bytes at most, then {late}"


def states_of(driver: TestDriver) -> list[Stateful]:
    (query,) = driver.engine.queries.values()
    assert query.task is not None
    return query.task.plan.states
