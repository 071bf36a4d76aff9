"""Which partition a record lands in: that of its key as the topic's own format writes it, without the window; those without a
key are spread, and yet keep their order. (That batches and restarts make no difference is tested in `test_restart`.)
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

import pytest

from ksql.engine import Engine, Session
from ksql.log import MemoryLog, partition_key

PARTITIONS = 3
PROPERTIES = {"auto.offset.reset": "earliest", "cache.max.bytes.buffering": "0"}
SOURCE = f"""
CREATE STREAM S (K STRING KEY, A INT, B STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS={PARTITIONS});
CREATE TABLE T (ID INT PRIMARY KEY, V STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS={PARTITIONS});
"""


class World:
    """An engine at work, and its topics partition by partition."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.engine = Engine(self.log)
        self.engine.start()
        self.session: Session = self.engine.session(properties=PROPERTIES)

    def execute(self, sql: str) -> None:
        for _ in self.session.execute(sql):
            pass
        assert self.engine.wait_idle(60.0)

    def keys(self, topic: str) -> list[list[bytes | None]]:
        partitions = range(self.log.topics()[topic].partitions)
        return [self.log.fetch(topic, partition, 0).records.column("key").to_pylist() for partition in partitions]

    def counts(self, topic: str) -> list[int]:
        return [len(keys) for keys in self.keys(topic)]

    def close(self) -> None:
        self.engine.close()


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def check(world: World, topic: str, *, window_bytes: int = 0) -> None:
    """Every key lies in its partition, and there are some in each."""
    partitions = world.keys(topic)
    assert all(partitions)
    for partition, keys in enumerate(partitions):
        for key in keys:
            assert key is not None
            assert partition_key(key[: len(key) - window_bytes], len(partitions)) == partition, key


ROWS = "".join(f"INSERT INTO S (ROWTIME, K, A, B) VALUES ({i * 700}, 'k{i % 7}', {i}, 'b{i % 9}');" for i in range(24))


@pytest.mark.parametrize(
    ("query", "window_bytes"),
    [
        ("CREATE STREAM O AS SELECT * FROM S PARTITION BY A", 0),
        ("CREATE STREAM O WITH (KEY_FORMAT='JSON') AS SELECT * FROM S PARTITION BY A", 0),
        ("CREATE STREAM O WITH (KEY_FORMAT='JSON') AS SELECT * FROM S", 0),
        ("CREATE STREAM O WITH (KEY_FORMAT='JSON') AS SELECT * FROM S PARTITION BY A, B", 0),
        ("CREATE STREAM O WITH (KEY_FORMAT='DELIMITED', KEY_DELIMITER='|') AS SELECT * FROM S PARTITION BY B, A", 0),
        ("CREATE STREAM O WITH (PARTITIONS=5) AS SELECT * FROM S PARTITION BY A", 0),
        ("CREATE STREAM O AS SELECT T.ID AS ID, B, V FROM S LEFT JOIN T ON S.A = T.ID", 0),
        ("CREATE TABLE O AS SELECT A, COUNT(*) AS N FROM S GROUP BY A", 0),
        ("CREATE TABLE O WITH (KEY_FORMAT='JSON') AS SELECT A, B, COUNT(*) AS N FROM S GROUP BY A, B", 0),
        ("CREATE TABLE O AS SELECT K, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 5 SECONDS) GROUP BY K", 8),
        ("CREATE TABLE O AS SELECT A, COUNT(*) AS N FROM S WINDOW HOPPING (SIZE 6 SECONDS, ADVANCE BY 2 SECONDS) "
         "GROUP BY A", 8),
        ("CREATE TABLE O WITH (PARTITIONS=2, KEY_FORMAT='JSON') AS SELECT K, B, COUNT(*) AS N FROM S WINDOW TUMBLING "
         "(SIZE 1 SECONDS) GROUP BY K, B HAVING COUNT(*) > 0", 8),
    ],
)  # fmt: skip
def test_a_sink_s_record_lies_where_its_key_belongs(world: World, query: str, window_bytes: int) -> None:
    world.execute(SOURCE + ROWS + query + ";")
    check(world, "s")
    check(world, "O", window_bytes=window_bytes)


@pytest.mark.parametrize(("kind", "window_bytes"), [("TUMBLING', WINDOW_SIZE='5 SECONDS", 8), ("SESSION", 16)])
def test_a_windowed_stream_keeps_all_windows_of_a_key_together(world: World, kind: str, window_bytes: int) -> None:
    world.execute("CREATE STREAM RAW (K BYTES KEY, A INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', PARTITIONS=1);")
    keys = [f"k{i % 7}".encode() + struct.pack(">qq", i * 10_000, i * 5_000)[-window_bytes:] for i in range(30)]
    world.execute("".join(f"INSERT INTO RAW VALUES (TO_BYTES('{key.hex()}', 'hex'), 1);" for key in keys))
    world.execute(f"""
        CREATE STREAM W (K STRING KEY, A INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', WINDOW_TYPE='{kind}');
        CREATE STREAM O WITH (PARTITIONS=3) AS SELECT * FROM W;
    """)
    check(world, "O", window_bytes=window_bytes)


@pytest.mark.parametrize(
    ("columns", "key_format", "values"),
    [
        ("ID INT KEY", "KAFKA", "{i}"),
        ("ID BIGINT KEY", "JSON", "{i}"),
        ("ID STRING KEY", "JSON", "'x{i}'"),
        ("ID DOUBLE KEY", "DELIMITED", "{i}.5"),
        ("ID INT KEY, ID2 STRING KEY", "JSON", "{i}, 'x{i}'"),
        ("ID STRING KEY, ID2 DECIMAL(6, 2) KEY", "DELIMITED", "'x{i}', {i}.25"),
    ],
)
@pytest.mark.parametrize("at_once", [False, True])
def test_inserted_rows_lie_where_their_key_belongs(
    world: World, columns: str, key_format: str, values: str, at_once: bool
) -> None:
    options = f"KAFKA_TOPIC='i', KEY_FORMAT='{key_format}', VALUE_FORMAT='JSON', PARTITIONS={PARTITIONS}"
    world.execute(f"CREATE STREAM I ({columns}, A INT) WITH ({options});")
    statements = [f"INSERT INTO I VALUES ({values.format(i=i)}, {i});" for i in range(12)]
    if at_once:
        assert world.session.insert_all(statements) == (12, None)
    else:
        world.execute("".join(statements))
    check(world, "i")


@pytest.mark.parametrize("key_format", ["KAFKA", "JSON", "DELIMITED"])
def test_stream_time_is_that_of_the_partition_the_group_belongs_to(world: World, key_format: str) -> None:
    """A late record is dropped where an earlier one of its new partition has closed the window, and only there."""
    groups = [f"b{i}" for i in range(12)]
    home = {g: partition_key(f'"{g}"'.encode() if key_format == "JSON" else g.encode(), PARTITIONS) for g in groups}
    world.execute(f"""
        CREATE STREAM S (K STRING KEY, B STRING)
            WITH (KAFKA_TOPIC='s', KEY_FORMAT='{key_format}', VALUE_FORMAT='JSON', PARTITIONS={PARTITIONS});
        CREATE TABLE O WITH (KEY_FORMAT='KAFKA') AS SELECT B, COUNT(*) AS N
            FROM S WINDOW TUMBLING (SIZE 1 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY B;
        INSERT INTO S (ROWTIME, K, B) VALUES (100000, 'k', 'b0');
    """)
    world.execute("".join(f"INSERT INTO S (ROWTIME, K, B) VALUES (0, '{g}', '{g}');" for g in groups))
    written = {key[:-8].decode() for keys in world.keys("O") for key in keys if key}
    assert written == {"b0"} | {g for g in groups if home[g] != home["b0"]}
    assert len(set(home.values())) == PARTITIONS


NOTHING = "CAST(NULL AS STRING)"


@pytest.mark.parametrize(
    ("source", "sink", "query"),
    [
        (3, 3, "CREATE STREAM O AS SELECT * FROM N"),
        (3, 2, "CREATE STREAM O WITH (PARTITIONS=2) AS SELECT * FROM N"),
        (3, 5, "CREATE STREAM O WITH (PARTITIONS=5) AS SELECT * FROM N"),
        (1, 4, "CREATE STREAM O WITH (PARTITIONS=4) AS SELECT * FROM N"),
        (1, 2, "CREATE STREAM O WITH (PARTITIONS=2) AS SELECT *, EXPLODE(ARRAY[A, A + 1]) AS X FROM N"),
        (3, 3, f"CREATE STREAM O AS SELECT {NOTHING} AS K, A FROM N PARTITION BY {NOTHING}"),
    ],
)
def test_rows_without_a_key_are_spread(world: World, source: int, sink: int, query: str) -> None:
    world.execute(f"CREATE STREAM N (A INT) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON', PARTITIONS={source});")
    world.execute("".join(f"INSERT INTO N (ROWTIME, A) VALUES ({i * 1000}, {i});" for i in range(30)) + query + ";")
    assert world.counts("n") == [30 // source] * source
    assert len(world.counts("O")) == sink
    assert all(world.counts("O"))


def test_rows_that_lost_their_key_are_spread(world: World) -> None:
    world.execute(SOURCE + "".join(f"INSERT INTO S (ROWTIME, K, A) VALUES ({i * 1000}, 'k', {i});" for i in range(30)))
    world.execute("CREATE STREAM O AS SELECT * FROM S PARTITION BY NULL;")
    assert sorted(world.counts("s")) == [0, 0, 30]
    assert all(world.counts("O"))


def test_a_batch_without_keys_stays_together_and_the_next_goes_elsewhere(world: World) -> None:
    world.execute(SOURCE + "CREATE STREAM O AS SELECT K, EXPLODE(ARRAY[A, A + 1]) AS X FROM S;")
    for time in (1, 2):
        world.session.insert_all([f"INSERT INTO S (ROWTIME, A) VALUES ({time}, {i});" for i in range(5)])
        assert world.engine.wait_idle(60.0)
    assert sorted(world.counts("s")) == [0, 5, 5]
    assert sorted(world.counts("O")) == [0, 10, 10]


def test_rows_without_a_key_keep_their_order(world: World) -> None:
    world.execute(SOURCE + "".join(f"INSERT INTO S (ROWTIME, A) VALUES ({90 - i}, {i});" for i in range(30)))
    world.execute("CREATE STREAM O AS SELECT K, A FROM S;")
    for partition in range(PARTITIONS):
        values = [json.loads(v)["A"] for v in world.log.fetch("O", partition, 0).records.column("value").to_pylist()]
        assert values == [*range(partition, 30, PARTITIONS)]


@pytest.mark.parametrize(
    "joined",
    [
        # The keys of A and B have other names, or are written in another way, than those that they are joined by.
        "A JOIN B WITHIN 1 HOUR ON A.K = B.X AND A.J = B.Y",
        "A LEFT JOIN B WITHIN 1 HOUR GRACE PERIOD 0 SECONDS ON B.Y = A.J AND A.K = B.X AND A.V <= B.V",
        "C JOIN J ON C.K = J.K JOIN D WITHIN 1 HOUR ON C.K = D.K",
        "A JOIN M ON A.K = M.K AND A.J = M.J JOIN B WITHIN 1 HOUR ON A.K = B.X AND A.J = B.Y",
    ],
)
def test_equal_keys_meet_however_they_are_written(world: World, joined: str) -> None:
    made = f"VALUE_FORMAT='JSON', PARTITIONS={PARTITIONS});"
    world.execute(
        f"CREATE STREAM A (K INT KEY, J INT KEY, V INT) WITH (KAFKA_TOPIC='a', KEY_FORMAT='JSON', {made}"
        f"CREATE STREAM B (X INT KEY, Y INT KEY, V INT) WITH (KAFKA_TOPIC='b', KEY_FORMAT='JSON', {made}"
        f"CREATE STREAM C (K INT KEY, V INT) WITH (KAFKA_TOPIC='c', KEY_FORMAT='KAFKA', {made}"
        f"CREATE STREAM D (K INT KEY, V INT) WITH (KAFKA_TOPIC='d', KEY_FORMAT='JSON', {made}"
        f"CREATE TABLE J (K INT PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='j', KEY_FORMAT='JSON', {made}"
        f"CREATE TABLE M (K INT PRIMARY KEY, J INT PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='m', KEY_FORMAT='JSON', {made}"
    )
    for i in range(12):
        rows = {"J": f"{i}, {i}", "M": f"{i}, {i % 5}, {i}"}
        rows |= {"A": f"{i}, {i % 5}, {i}", "B": f"{i}, {i % 5}, {i}", "C": f"{i}, {i}", "D": f"{i}, {i}"}
        world.execute("".join(f"INSERT INTO {name} VALUES ({values});" for name, values in rows.items()))
    world.execute("SET 'ksql.join.table.load.first' = 'true';")
    left = joined[0]
    key = "A.K AS K, A.J AS J" if left == "A" else "C.K AS K"
    world.execute(f"CREATE STREAM O WITH (KEY_FORMAT='JSON') AS SELECT {key}, {left}.V AS V FROM {joined};")
    assert sum(world.counts("O")) == 12
