"""What was done to every data directory kept here: a windowed table, a join, a chain, and state of every type."""

from __future__ import annotations

from ksql.database import Database

STATEMENTS = """
CREATE TYPE place AS STRUCT<lat DOUBLE, lon DOUBLE>;
CREATE STREAM readings (sensor STRING KEY, room STRING, celsius DOUBLE, price DECIMAL(10, 2), born DATE, clock TIME,
    seen TIMESTAMP, n INT, big BIGINT, ok BOOLEAN, tags ARRAY<STRING>, counts MAP<STRING, INT>, place place, raw BYTES)
    WITH (kafka_topic = 'readings', value_format = 'JSON', partitions = 2);
CREATE TABLE rooms (room STRING PRIMARY KEY, floor INT, name STRING)
    WITH (kafka_topic = 'rooms', value_format = 'JSON', partitions = 2);
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM by_room_stream AS SELECT room, sensor, celsius, price, n FROM readings PARTITION BY room EMIT CHANGES;
CREATE STREAM placed AS SELECT s.room AS room, s.celsius AS celsius, r.floor AS floor, r.name AS name
    FROM by_room_stream s LEFT JOIN rooms r ON s.room = r.room EMIT CHANGES;
CREATE TABLE by_room AS SELECT room, COUNT(*) AS readings, SUM(n) AS total, AVG(celsius) AS average, MAX(price) AS highest,
    LATEST_BY_OFFSET(born) AS born, COLLECT_LIST(n) AS ns, SUM(price) AS price FROM readings GROUP BY room EMIT CHANGES;
CREATE TABLE by_minute AS SELECT room, COUNT(*) AS readings, SUM(n) AS total, AVG(celsius) AS average FROM readings
    WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 2 HOURS, GRACE PERIOD 10 MINUTES) GROUP BY room EMIT CHANGES;
CREATE TABLE by_sensor AS SELECT sensor, MIN(n) AS least, MAX(n) AS most FROM readings
    WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 20 SECONDS) GROUP BY sensor EMIT CHANGES;
CREATE TABLE often AS SELECT room, COUNT(*) AS readings FROM readings WINDOW TUMBLING (SIZE 3 MINUTES)
    GROUP BY room HAVING COUNT(*) > 1 EMIT CHANGES;
CREATE TABLE busy AS SELECT room, COUNT(*) AS readings FROM readings GROUP BY room HAVING COUNT(*) > 2 EMIT CHANGES;
CREATE TABLE upper_rooms AS SELECT * FROM rooms WHERE floor > 0 EMIT CHANGES;
CREATE TABLE everything AS SELECT sensor, LATEST_BY_OFFSET(tags) AS tags, LATEST_BY_OFFSET(counts) AS counts,
    LATEST_BY_OFFSET(place) AS place, LATEST_BY_OFFSET(raw) AS raw, LATEST_BY_OFFSET(clock) AS clock,
    LATEST_BY_OFFSET(seen) AS seen, LATEST_BY_OFFSET(ok) AS ok, SUM(big) AS big FROM readings GROUP BY sensor EMIT CHANGES;
CREATE STREAM floors AS SELECT room, celsius, floor FROM placed WHERE floor IS NOT NULL EMIT CHANGES;
CREATE TABLE by_floor AS SELECT floor, COUNT(*) AS readings, AVG(celsius) AS average FROM floors
    GROUP BY floor EMIT CHANGES;
"""
TABLES = ("by_room", "by_minute", "by_sensor", "often", "busy", "upper_rooms", "everything", "by_floor")
STREAMS = ("placed", "floors")
_ROOMS = {"kitchen": 0, "attic": 2, "office": 1, "cellar": -1}


def feed(db: Database, first: int, last: int) -> None:
    """Write the readings from number `first` to before `last`; before the first one, the rooms."""
    if first == 0:
        for i, (room, floor) in enumerate(_ROOMS.items()):
            values = f"({i}, '{room}', {floor}, '{room.title()}')"
            db.execute(f"INSERT INTO rooms (ROWTIME, room, floor, name) VALUES {values};")
        db.wait_idle()
    rooms = [*_ROOMS, "hall"]
    for i in range(first, last):
        values = f"""{1_700_000_000_000 + i * 9_000}, 's{i % 6}', '{rooms[i * 7 % 5]}', {i * 0.75 - 3}, {i}.{i % 100:02d},
            '2024-01-{i % 28 + 1:02d}', '10:{i % 60:02d}:00', '2024-02-0{i % 9 + 1}T01:02:03', {i - 5}, {i * 10_000_000_000},
            {"TRUE" if i % 2 else "FALSE"}, ARRAY['a{i}', 'b'], MAP('x' := {i}), STRUCT(lat := {i}.5, lon := {-i}.25),
            TO_BYTES('{i:02x}ff', 'hex')"""
        columns = "ROWTIME, sensor, room, celsius, price, born, clock, seen, n, big, ok, tags, counts, place, raw"
        db.execute(f"INSERT INTO readings ({columns}) VALUES ({values});")


def shown(db: Database) -> dict[str, list[str]]:
    """The rows of all tables, and how many records the streams have."""
    rows = {name: sorted(map(repr, db.execute(f"SELECT * FROM {name};").arrow().to_pylist())) for name in TABLES}
    return rows | {name: [str(len(db.execute(f"SELECT * FROM {name};").arrow()))] for name in STREAMS}
