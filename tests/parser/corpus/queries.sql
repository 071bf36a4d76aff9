-- Persistent queries.
CREATE STREAM late AS SELECT * FROM flights WHERE delay > 15;
CREATE STREAM late AS SELECT * FROM flights WHERE delay > 15 EMIT CHANGES;
CREATE OR REPLACE STREAM late AS SELECT id, delay FROM flights;
CREATE STREAM IF NOT EXISTS late AS SELECT id, delay FROM flights;
CREATE OR REPLACE STREAM IF NOT EXISTS late WITH (VALUE_FORMAT = 'AVRO') AS SELECT id FROM flights;
CREATE STREAM late WITH (KAFKA_TOPIC = 'late-flights', PARTITIONS = 4, TIMESTAMP = 'departed') AS SELECT id, departed FROM flights;
CREATE STREAM late WITH () AS SELECT id FROM flights;
CREATE TABLE per_origin AS SELECT origin, COUNT(*) AS n FROM flights GROUP BY origin;
CREATE TABLE per_origin AS SELECT origin, COUNT(*) AS n FROM flights GROUP BY origin EMIT CHANGES;
CREATE OR REPLACE TABLE IF NOT EXISTS per_origin WITH (FORMAT = 'JSON') AS SELECT origin, COUNT(*) n FROM flights GROUP BY origin EMIT CHANGES;
CREATE TABLE big AS SELECT * FROM planes WHERE seats > 100;
CREATE TABLE last_gate AS SELECT id, LATEST_BY_OFFSET(gate) AS gate FROM flights GROUP BY id HAVING COUNT(*) > 1;
CREATE TABLE pairs AS SELECT origin, dest, SUM(delay) FROM flights GROUP BY origin, dest;
CREATE TABLE pairs AS SELECT origin, dest, SUM(delay) FROM flights GROUP BY (origin, dest);
CREATE TABLE initials AS SELECT SUBSTRING(origin, 1, 1) AS initial, MAX(delay) FROM flights GROUP BY SUBSTRING(origin, 1, 1);
CREATE STREAM by_tail AS SELECT * FROM flights PARTITION BY tail;
CREATE STREAM by_two AS SELECT * FROM flights PARTITION BY tail, origin;
CREATE STREAM by_two AS SELECT * FROM flights PARTITION BY (tail, origin) EMIT CHANGES;
CREATE STREAM by_none AS SELECT * FROM flights PARTITION BY NULL;
CREATE STREAM by_part AS SELECT * FROM flights PARTITION BY address->city;
CREATE STREAM exploded AS SELECT id, EXPLODE(seats) AS seat FROM flights;

-- Items, aliases, stars.
SELECT * FROM flights EMIT CHANGES;
SELECT f.* FROM flights f EMIT CHANGES;
SELECT f.*, p.* FROM flights f JOIN planes p ON f.tail = p.tail EMIT CHANGES;
SELECT flights.*, 1 AS one FROM flights EMIT CHANGES;
SELECT address->* FROM flights EMIT CHANGES;
SELECT f.address->* FROM flights f EMIT CHANGES;
SELECT a->b->* FROM flights EMIT CHANGES;
SELECT `f`.`Address`->`Street` AS `street` FROM flights AS `f` EMIT CHANGES;
SELECT id AS ident, delay waited, origin `From Where`, "dest" FROM flights EMIT CHANGES;
SELECT f.id, f.delay AS d FROM flights AS f EMIT CHANGES;
SELECT id day, delay hour, origin date, dest key, tail type FROM flights EMIT CHANGES;
SELECT ROWTIME, ROWPARTITION, ROWOFFSET, id FROM flights EMIT CHANGES;
SELECT id, WINDOWSTART, WINDOWEND FROM hourly EMIT CHANGES;
SELECT emit, final FROM flights EMIT FINAL;
SELECT partition, grace FROM flights PARTITION BY partition EMIT CHANGES;
SELECT id FROM flights LIMIT 10;
SELECT id FROM flights EMIT CHANGES LIMIT 10;
SELECT id FROM flights WHERE delay = 0 LIMIT 0;
SELECT * FROM per_origin WHERE origin = 'JFK';
SELECT * FROM per_origin WHERE origin IN ('JFK', 'LGA') AND n > 3;
SELECT * FROM hourly WHERE origin = 'JFK' AND WINDOWSTART >= '2013-01-01T00:00:00' AND WINDOWEND < 1357002000000;
select id from flights where delay is not null emit changes limit 3;

-- Windows.
SELECT origin, COUNT(*) FROM flights WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW TUMBLING (SIZE 90 MINUTES, RETENTION 2 DAYS) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW TUMBLING (SIZE 30 SECONDS, GRACE PERIOD 10 SECONDS) GROUP BY origin EMIT FINAL;
SELECT origin, COUNT(*) FROM flights WINDOW TUMBLING (SIZE 1 DAY, RETENTION 7 DAYS, GRACE PERIOD 0 SECONDS) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 10 MINUTES) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW HOPPING (SIZE 1 HOURS, ADVANCE BY 1 MINUTE, RETENTION 3 HOURS) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW HOPPING (SIZE 500 MILLISECONDS, ADVANCE BY 1 MILLISECOND, RETENTION 1 DAY, GRACE PERIOD 12 HOURS) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW SESSION (30 MINUTES) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW SESSION (1 SECOND, RETENTION 1 HOUR) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW SESSION (1 SECOND, RETENTION 1 HOUR, GRACE PERIOD 5 SECONDS) GROUP BY origin EMIT FINAL;
SELECT origin, COUNT(*) FROM flights WINDOW hourly TUMBLING (SIZE 1 HOUR) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*) FROM flights WINDOW session SESSION (1 HOUR) GROUP BY origin EMIT CHANGES;
SELECT origin, COUNT(*), SUM(delay) FROM flights WINDOW TUMBLING (SIZE 1 HOUR) WHERE delay > 0 GROUP BY origin HAVING COUNT(*) > 10 EMIT CHANGES LIMIT 100;
SELECT f.id FROM flights f WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY f.id EMIT CHANGES;

-- Joins.
SELECT f.id, p.model FROM flights f JOIN planes p ON f.tail = p.tail EMIT CHANGES;
SELECT f.id, p.model FROM flights f INNER JOIN planes p ON f.tail = p.tail EMIT CHANGES;
SELECT f.id, p.model FROM flights AS f LEFT JOIN planes AS p ON f.tail = p.tail EMIT CHANGES;
SELECT f.id, p.model FROM flights f LEFT OUTER JOIN planes p ON f.tail = p.tail WHERE p.model IS NULL EMIT CHANGES;
SELECT a.x, b.y FROM a RIGHT JOIN b ON a.x = b.x EMIT CHANGES;
SELECT a.x, b.y FROM a RIGHT OUTER JOIN b ON a.x = b.x EMIT CHANGES;
SELECT ROWKEY, a.x, b.y FROM a FULL JOIN b ON a.x = b.x EMIT CHANGES;
SELECT a.x, b.y FROM a FULL OUTER JOIN b ON a.x = b.x EMIT CHANGES;
SELECT a.x, b.y FROM a JOIN b WITHIN 1 HOUR ON a.x = b.x EMIT CHANGES;
SELECT a.x, b.y FROM a LEFT JOIN b WITHIN 10 MINUTES GRACE PERIOD 1 MINUTE ON a.x = b.x EMIT CHANGES;
SELECT a.x, b.y FROM a JOIN b WITHIN (1 HOUR, 2 HOURS) ON a.x = b.x EMIT CHANGES;
SELECT a.x, b.y FROM a FULL OUTER JOIN b WITHIN (0 SECONDS, 5 DAYS) GRACE PERIOD 24 HOURS ON a.x = b.x EMIT CHANGES;
SELECT * FROM a JOIN b ON a.k = b.k JOIN c ON a.k = c.k LEFT JOIN d ON b.k = d.k EMIT CHANGES;
SELECT * FROM a JOIN b WITHIN 1 DAY ON a.k = b.k JOIN c WITHIN 2 DAYS ON a.k = c.k EMIT CHANGES;
SELECT * FROM a JOIN b ON (a.k = b.k) EMIT CHANGES;
SELECT * FROM a JOIN b ON UCASE(a.k) = CAST(b.k AS STRING) PARTITION BY a.z EMIT CHANGES;
SELECT * FROM a JOIN b ON a.s->k = b.k + 1 EMIT CHANGES;
CREATE STREAM joined AS SELECT f.id id, p.model model FROM flights f JOIN planes p ON f.tail = p.tail PARTITION BY p.model EMIT CHANGES;
CREATE TABLE joined AS SELECT a.k, a.v + b.v AS total FROM a JOIN b ON a.k = b.k EMIT CHANGES;

-- Inserts.
INSERT INTO late SELECT * FROM flights WHERE delay > 60;
INSERT INTO late WITH (QUERY_ID = 'very_late') SELECT * FROM flights WHERE delay > 600 EMIT CHANGES;
INSERT INTO `late` SELECT f.id, p.model FROM flights f JOIN planes p ON f.tail = p.tail PARTITION BY f.id;
INSERT INTO flights VALUES ('AA1', 'JFK', 12);
INSERT INTO flights (id, delay) VALUES ('AA1', 12);
INSERT INTO flights (ROWTIME, id, `gate`) VALUES (1357002000000, 'it''s', NULL);
INSERT INTO flights (id, delay) VALUES ('AA' || '1', - 3 + 4 * 2);
INSERT INTO flights (id, seats, props, spot) VALUES ('x', ARRAY[1, 2], MAP('a' := 1), STRUCT(x := 1.5, y := TRUE));
INSERT INTO flights (id) VALUES (CAST(UUID() AS STRING));
INSERT INTO source (date, key) VALUES ('2020-01-01', FROM_DAYS(3));
